/** Golden packets of tagged ports. A kernel may have no VLAN devices: other ones of their names carry the routes. */
import { type Device, PacketGateway } from '../kit/datapath.ts';
import { suite } from '../kit/suite.ts';
import { devices, tierTests } from './packets.ts';

const [lan, uplink] = devices as readonly [Device, Device];
const config = `version: 1
interfaces:
  lan: {device: lan}
  uplink: {device: uplink}
  v100: {link: lan, vlan: 100, role: inside, addresses: ["2001:db8:1::1/64"]}
  v200: {link: uplink, vlan: 200, role: outside, addresses: [198.51.100.2/24]}
routes:
  - {to: default, via: 198.51.100.1}
nat64:
  main:
    pool6: 64:ff9b::/96
    pool4: [{addresses: 198.51.100.10, ports: 2000-2000}]
    limits: {sessions: 4096}
`;

const test = suite('nat64: tagged packets');
tierTests(test, ['nat64/vlan'], () =>
  PacketGateway.open(config, [
    { name: 'lan', mac: lan.mac },
    { name: 'uplink', mac: uplink.mac },
    { ...lan, name: 'v100' },
    { ...uplink, name: 'v200' },
  ]),
);
test.run();
