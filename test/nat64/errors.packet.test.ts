/** Golden packets: ICMP errors in both directions, at every tier. */
import { PacketGateway } from '../kit/datapath.ts';
import { suite } from '../kit/suite.ts';
import { config, devices, tierTests } from './packets.ts';

const test = suite('nat64: ICMP errors');
tierTests(test, ['nat64/errors-4to6', 'nat64/errors-6to4'], () => PacketGateway.open(config, devices));
test.run();
