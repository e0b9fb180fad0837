/** Golden packets of established and opening flows, at every tier. */
import { PacketGateway } from '../kit/datapath.ts';
import { suite } from '../kit/suite.ts';
import { config, devices, tierTests } from './packets.ts';

const test = suite('nat64: packets');
tierTests(test, ['nat64/tcp', 'nat64/udp', 'nat64/echo', 'nat64/header'], () => PacketGateway.open(config, devices));
test.run();
