/** Golden packets with options, extension headers and fragments, and frames that lie, at every tier. */
import { PacketGateway } from '../kit/datapath.ts';
import { suite } from '../kit/suite.ts';
import { config, devices, tierTests } from './packets.ts';

const test = suite('nat64: options, fragments, malformed packets');
tierTests(test, ['nat64/options', 'nat64/fragment', 'nat64/malformed', 'nat64/neighbour'], () =>
  PacketGateway.open(config, devices),
);
test.run();
