/** Drops that no packet causes by itself: full tables, other CPUs, drivers without headroom, a door that fails. */
import { execFileSync } from 'node:child_process';
import { constants, maps } from '../../appliance/dataplane/layout.gen.ts';
import { mapUpdate } from '../../appliance/dataplane/libbpf.ts';
import { BpfObject } from '../../appliance/dataplane/object.ts';
import { compileBpf } from '../kit/compile.ts';
import { type Device, PacketGateway, whatBecame } from '../kit/datapath.ts';
import { type GoldenCase, readGolden } from '../kit/golden.ts';
import { assert, atEnd, suite } from '../kit/suite.ts';
import { devices, interfaces } from '../nat64/packets.ts';

const [lan, uplink] = devices as [Device, Device];
const config = `${interfaces}
firewall: {forward: allow}
nat64:
  main:
    pool6: 64:ff9b::/96
    pool4: [{addresses: 198.51.100.10, ports: 2000-2001}]
    limits: {sessions: 4096}
`;

const [exchange] = readGolden('nat64/udp') as [GoldenCase];
const [query, answer] = exchange.steps.map(({ frame }) => frame) as [Uint8Array, Uint8Array];
/** Where the IPv6 destination stands in the query. */
const DESTINATION = 14 + 24;

let gateway: PacketGateway;
const became = (frame: Uint8Array, port: string): string => gateway.run(frame, port).map(whatBecame).join();

const test = suite('drops of the data path');
test.before(async () => {
  // The document could not ask for such an MTU, but a device may have it.
  gateway = await PacketGateway.open(config, [lan, { ...uplink, mtu: 16_000 }]);
});
test.before.each(() => {
  gateway.reset();
  gateway.tier = 'fast';
});

/** IPv4 from the server to the pool, with the checksum of its header (RFC 1071). */
function fromServer(protocol: number, flags: number, l4: Uint8Array): Uint8Array {
  const frame = new Uint8Array(34 + l4.length);
  const view = new DataView(frame.buffer);
  frame.set(answer.subarray(0, 34));
  frame.set(l4, 34);
  view.setUint16(16, 20 + l4.length);
  view.setUint16(20, flags);
  view.setUint8(23, protocol);
  view.setUint16(24, 0);
  let sum = 0;
  for (let at = 14; at < 34; at += 2) sum += view.getUint16(at);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  view.setUint16(24, ~sum & 0xffff);
  return frame;
}

test('a first fragment that has to wait and is larger than the places for that', () => {
  assert.is(became(query, 'lan'), 'redirect');
  const MORE = 0x2000;
  const udp = (length: number): Uint8Array => {
    const l4 = new Uint8Array(length);
    // From port 53 to 2000, without a checksum, of a datagram with 10,000 bytes more.
    new DataView(l4.buffer).setBigUint64(0, (53n << 48n) | (2000n << 32n) | (BigInt(length + 10_000) << 16n));
    return l4;
  };
  const most = constants.PARK_BYTES - 48;
  assert.is(became(fromServer(17, MORE, udp(most)), 'uplink'), 'held');
  gateway.reset();
  assert.is(became(query, 'lan'), 'redirect');
  gateway.assertDropped(fromServer(17, MORE, udp(most + 8)), 'uplink', 'frag_too_big');
});

test.each(
  [
    ['fast', answer, 'uplink'],
    ['general', answer, 'uplink'],
    ['door', query, 'lan'],
  ] as const,
  ([tier]) => `a frame with nothing free in front of it, ${tier}`,
  ([tier, frame, port]) => {
    const object = BpfObject.load(compileBpf('test/dataplane/fixture/headroom.bpf.c', 'headroom'));
    atEnd(async () => object.close());
    const next = { fd: object.mapFd('next'), name: 'next', keySize: 4, valueSize: 4 };
    const { fd } = gateway.dataPath.program('gateway');
    mapUpdate(next, new Uint8Array(4), new Uint8Array(Int32Array.of(fd).buffer), 0);
    assert.is(became(query, 'lan'), 'redirect');
    gateway.tier = tier;
    gateway.entrance = object.program('no_headroom');
    atEnd(async () => {
      gateway.entrance = undefined;
    });
    gateway.assertDropped(frame, port, 'headroom');
  },
);

test('a session whose BIB entry another CPU is about to end', () => {
  assert.is(became(query, 'lan'), 'redirect');
  const bibs = gateway.dataPath.map(maps.sgBib);
  const number = gateway.dataPath.map(maps.sgCore).lookup(0)?.nextBib as number;
  const bib = bibs.lookup(number);
  if (bib === undefined) throw new Error('the query made no BIB entry');
  // As bib_unref() leaves it for a moment: nobody may join any more, and the client's address still leads to it.
  bibs.update(number, { ...bib, refs: constants.BIB_DEAD });
  const elsewhere = Uint8Array.from(query);
  elsewhere[DESTINATION + 15] = 3;
  gateway.assertDropped(elsewhere, 'lan', 'session_race');
  bibs.update(number, bib);
  assert.is(became(elsewhere, 'lan'), 'redirect');
});

test('rules that name an instance which is not there', () => {
  const instances = gateway.dataPath.map(maps.sgNat64);
  const found = [...instances.entries()].filter(([, { pool6Len }]) => pool6Len !== 0);
  for (const [key, instance] of found) instances.update(key, { ...instance, pool6Len: 0 });
  gateway.assertDropped(query, 'lan', 'internal');
  for (const [key, instance] of found) instances.update(key, instance);
  assert.is(became(query, 'lan'), 'redirect');
});

test('a frame in the door whose adjacency is gone', () => {
  gateway.tier = 'door';
  const inDoor = gateway.runRaw(query, 'lan').data.slice();
  const adjacencies = gateway.dataPath.map(maps.sgAdj);
  const [number, adjacency] = [...adjacencies.entries()].find(([, { ifindex }]) => ifindex !== 0) ?? [];
  if (number === undefined || adjacency === undefined) throw new Error('the query made no adjacency');
  adjacencies.update(number, { ...adjacency, ifindex: 0 });
  assert.is(gateway.drops('lan', 'door_failed'), 0);
  gateway.dataPath.program('door').run({ data: inDoor });
  assert.is(gateway.drops('lan', 'door_failed'), 1);
  adjacencies.update(number, adjacency);
});

// The last one: it leaves the table full.
test('more next hops than there are adjacencies: a new one is refused, the others go on', () => {
  const hop = (number: number): Uint8Array => {
    const frame = Uint8Array.from(query);
    frame.set([0x20, 0x01, 0x0d, 0xb8, 0, 9, 0, 0, 0, 0, 0, 0, 0, 0, number >> 8, number & 255], DESTINATION);
    return frame;
  };
  const text = (number: number): string => `2001:db8:9::${number.toString(16)}`;
  const numbers = Array.from({ length: constants.MAX_ADJ }, (_, index) => index + 2);
  const neighbours = numbers.map((number) => `neigh add ${text(number)} lladdr ${uplink.mac} dev uplink nud permanent`);
  execFileSync('ip', ['-batch', '-'], {
    input: ['addr add 2001:db8:9::1/64 dev uplink nodad', ...neighbours].join('\n'),
  });
  const refused = numbers.filter((number) => gateway.runRaw(hop(number), 'lan').action === 'drop');
  assert.ok(refused.length > 0 && refused.length < 10, `${refused.length} of ${numbers.length} were refused`);
  gateway.assertDropped(hop(refused.at(-1) as number), 'lan', 'adj_full');
  assert.is(became(hop(2), 'lan'), 'redirect');
  assert.is(became(query, 'lan'), 'redirect');
});

test.run();
