/** Golden packets between links of different MTU. */
import { type Device, PacketGateway } from '../kit/datapath.ts';
import { suite } from '../kit/suite.ts';
import { devices, tierTests } from './packets.ts';

const small: Device = {
  name: 'small',
  mac: '02:00:00:00:00:05',
  neighbours: { '2001:db8:2::2': '02:00:00:00:00:06' },
};
const config = `version: 1
interfaces:
  lan: {device: lan, role: inside, addresses: ["2001:db8:1::1/64"]}
  small: {device: small, role: inside, mtu: 1280, addresses: ["2001:db8:2::1/64"]}
  uplink: {device: uplink, role: outside, mtu: 1400, addresses: [198.51.100.2/24]}
routes:
  - {to: default, via: 198.51.100.1}
nat64:
  main:
    pool6: 64:ff9b::/96
    pool4: [{addresses: 198.51.100.10, ports: 2000-2000}]
    limits: {sessions: 4096}
`;

const test = suite('nat64: sizes');
tierTests(test, ['nat64/size'], () => PacketGateway.open(config, [...devices, small]));
test.run();
