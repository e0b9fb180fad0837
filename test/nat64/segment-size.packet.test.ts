/** The first SYN of a flow is clamped to both links, whether the next hop is resolved yet or not. */
import { parseMac } from '../../appliance/model/address.ts';
import { decodePacket } from '../../appliance/trace/decode.ts';
import { encodePacket, frameOf } from '../../appliance/trace/frame.ts';
import { parsePacket } from '../../appliance/trace/parse.ts';
import { type Device, PacketGateway } from '../kit/datapath.ts';
import { assert, suite } from '../kit/suite.ts';
import { devices } from './packets.ts';

const [lan, uplink] = devices as readonly [Device, Device];
const config = `version: 1
interfaces:
  lan: {device: lan, role: inside, addresses: ["2001:db8:1::1/64"]}
  uplink: {device: uplink, role: outside, mtu: 1400, addresses: [198.51.100.2/24]}
nat64:
  main: {pool6: 64:ff9b::/96, pool4: [{addresses: 198.51.100.10}], limits: {sessions: 512}}
`;

const test = suite('nat64: segment size');

test('a SYN to somebody whose MAC address is not known, and to somebody else', async () => {
  const gateway = await PacketGateway.open(config, devices);
  const link = { destination: parseMac(lan.mac) as Uint8Array, source: Uint8Array.of(2, 0, 0, 0, 0, 2) };
  const sizes = ['198.51.100.9', '198.51.100.1'].map((server) => {
    const packet = parsePacket(`tcp [2001:db8:1::2]:50000 > [64:ff9b::${server}]:443 syn mss 1440`);
    const [result] = gateway.run(frameOf(encodePacket(packet), link), 'lan');
    const left = decodePacket(result?.frame.subarray(14) ?? new Uint8Array());
    return [result?.port, left.kind === 'tcp' ? left.mss : left.kind];
  });
  assert.equal(sizes, [
    [`${uplink.name}/neighbour`, 1360],
    [uplink.name, 1360],
  ]);
});

test.run();
