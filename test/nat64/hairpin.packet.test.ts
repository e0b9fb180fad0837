/** Golden packets: two clients that meet at pool addresses. */
import { PacketGateway } from '../kit/datapath.ts';
import { suite } from '../kit/suite.ts';
import { devices, interfaces, tierTests } from './packets.ts';

const config = `${interfaces}
nat64:
  main:
    pool6: 64:ff9b::/96
    pool4: [{addresses: 198.51.100.10-198.51.100.11, ports: 2000-2000}]
    limits: {sessions: 4096}
`;

const test = suite('nat64: hairpin packets');
tierTests(test, ['nat64/hairpin'], () => PacketGateway.open(config, devices));
test.run();
