/** Golden packets of ports in generic mode, where the kernel completes checksums. */
import { PacketGateway } from '../kit/datapath.ts';
import { suite } from '../kit/suite.ts';
import { config, devices, tierTests } from './packets.ts';

const generic = config.replaceAll('{device:', '{xdp: generic, device:');

const test = suite('nat64: generic mode');
tierTests(test, ['nat64/generic', 'nat64/tcp', 'nat64/header'], () => PacketGateway.open(generic, devices));
test.run();
