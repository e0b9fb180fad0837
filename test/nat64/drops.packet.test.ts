/** Packets that are dropped because of routes, of a new configuration, or of tables that are full. */
import { maps } from '../../appliance/dataplane/layout.gen.ts';
import { PacketGateway, whatBecame } from '../kit/datapath.ts';
import { readGolden } from '../kit/golden.ts';
import { assert, eventually, suite } from '../kit/suite.ts';
import { devices, tierTests } from './packets.ts';

const base = (nat64: string): string => `version: 1
interfaces:
  lan: {device: lan, role: inside, addresses: ["2001:db8:1::1/64"]}
  uplink: {device: uplink, role: outside, addresses: [198.51.100.2/24]}
  mgmt: {device: mgmt, role: management, addresses: [192.0.2.1/24]}
routes:
  - {to: default, via: 198.51.100.1}
  - {to: 203.0.113.0/24, type: blackhole}
firewall: {forward: allow}
nat64:
  main:
    pool6: 64:ff9b::/96
    limits: {sessions: 4096}
    pool4: ${nat64}
`;
const onePort = base('[{addresses: 198.51.100.10, ports: 2000-2000}]');
const anotherPort = base('[{addresses: 198.51.100.10, ports: 3000-3000}]');
const manyPorts = base('[{addresses: 198.51.100.10}]');

let gateway: PacketGateway;
const test = suite('drops');
tierTests(test, ['nat64/drops'], async () => {
  gateway = await PacketGateway.open(onePort, [...devices, { name: 'mgmt', mac: '02:00:00:00:00:07' }]);
  return gateway;
});

/** The frame of a golden case's step. */
function frameOf(file: string, title: string, step = 0): Uint8Array {
  const golden = readGolden(file).find((one) => one.title === title);
  const frame = golden?.steps[step]?.frame;
  if (frame === undefined) throw new Error(`${file} has no case "${title}" with a step ${step}`);
  return frame;
}

/** The same UDP datagram from another source port, with the difference taken out of its checksum (RFC 1624). */
function fromPort(frame: Uint8Array, port: number): Uint8Array {
  const other = Uint8Array.from(frame);
  const view = new DataView(other.buffer);
  const sum = (~view.getUint16(60) & 0xffff) + (~view.getUint16(54) & 0xffff) + port;
  view.setUint16(54, port);
  view.setUint16(60, ~((sum & 0xffff) + (sum >>> 16)) & 0xffff);
  return other;
}

const query = frameOf('nat64/udp', 'A query and its answer');
const actionOf = (frame: Uint8Array, port = 'lan'): string => gateway.run(frame, port).map(whatBecame).join();

test('the second packet of a flow takes the fast way, the first and those of other tiers do not', () => {
  gateway.reset();
  gateway.tier = 'fast';
  assert.equal(
    [1, 2, 3].map(() => gateway.observe(query, 'lan').fast),
    [false, true, true],
  );
  gateway.tier = 'general';
  assert.is(gateway.observe(query, 'lan').fast, false);
});

test('a session whose binding is no longer configured is revoked, and may begin anew', async () => {
  gateway.reset();
  gateway.tier = 'fast';
  assert.is(actionOf(query), 'redirect');
  await gateway.apply(anotherPort);
  gateway.assertDropped(query, 'lan', 'session_revoked');
  assert.is(actionOf(query), 'redirect');
});

test('a held fragment whose datagram is never complete is dropped and counted by the clock', async () => {
  await gateway.apply(onePort);
  gateway.reset();
  const title = 'ICMP sums its length in IPv6 only: the first fragment waits as well';
  assert.is(actionOf(frameOf('nat64/fragment', title)), 'held');
  await eventually(() => assert.is(gateway.drops('lan', 'frag_timeout'), 1));
});

test('fragments of more datagrams than there are places for', () => {
  gateway.reset();
  const first = frameOf('nat64/fragment', 'UDP from the client, in two');
  const view = new DataView(first.buffer, first.byteOffset);
  const refused: Uint8Array[] = [];
  for (let id = 1; id <= 4500; id += 1) {
    view.setUint32(58, id);
    if (actionOf(first) !== 'redirect') refused.push(Uint8Array.from(first));
  }
  gateway.assertDropped(refused.at(-1) as Uint8Array, 'lan', 'frag_table_full');
});

test('more flows than sessions: the new ones are refused, the old ones go on', async () => {
  await gateway.apply(manyPorts);
  gateway.reset();
  gateway.tier = 'fast';
  let port = 1024;
  while (actionOf(fromPort(query, port)) === 'redirect') port += 1;
  // Numbers that tests above have used are not handed out again.
  assert.ok(port > 4000, `only ${port - 1024} flows`);
  gateway.assertDropped(fromPort(query, port), 'lan', 'session_full');
  assert.is(actionOf(fromPort(query, 1024)), 'redirect');
  assert.is(Number(gateway.dataPath.map(maps.sgCore).lookup(0)?.nextSession), 4096);
});

test.run();
