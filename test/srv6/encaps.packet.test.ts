/**
 * Packets that are steered into policies: H.Encaps and H.Encaps.Red of 1 to 16 segments, outer fields, congestion marks,
 * sizes. Packets and expectations come from headend_cases.py, which is written from the RFCs with scapy.
 */
import type { PacketGateway } from '../kit/datapath.ts';
import { assert, needs, suite } from '../kit/suite.ts';
import { casesOf, checkCases, type ModelCase } from './model.ts';
import { configuration, openWorld } from './world.ts';

const lengths = ['H.Encaps', 'H.Encaps.Red'].flatMap((name) => [`${name} of IPv4`, `${name} of IPv6`]);
const groups = [...lengths, 'IPv4', 'IPv6'];

let gateway: PacketGateway;
let cases: readonly ModelCase[] = [];
const casesFor = (name: string): readonly ModelCase[] => cases.filter(({ group }) => group === name);

const test = suite('SRv6: encapsulation');

test.before(async () => {
  needs('scapy');
  cases = casesOf('headend_cases.py');
  gateway = await openWorld();
});

for (const tier of ['general', 'door'] as const)
  test.each(
    groups,
    (name) => `${name}, ${tier}`,
    (name) => {
      gateway.reset();
      gateway.tier = tier;
      assert.ok(casesFor(name).length > 0);
      checkCases(gateway, name, casesFor(name));
    },
  );

test.each(
  lengths,
  (name) => `${name}: what XDP has room for leaves by redirect, longer lists by the door`,
  (name) => {
    gateway.tier = 'general';
    const most = name.startsWith('H.Encaps.Red') ? 11 : 10;
    const byDoor = casesFor(name).map(({ frame, port }) => gateway.observe(Buffer.from(frame, 'hex'), port).door);
    assert.equal(
      byDoor,
      byDoor.map((_, at) => at + 1 > most),
    );
  },
);

const lan = '02000000000302000000000486dd6';
/** An IPv6 packet of the lan into two segments: flow of the inner header, ports, and what stands between. */
const packet6 = (port: number, between = ''): Uint8Array =>
  Buffer.from(
    `${lan}0000000${(8 + between.length / 2).toString(16).padStart(4, '0')}${between === '' ? '11' : '2c'}40` +
      `20010db8000100000000000000000008${'20010db800e0000200000000000000'}09${between}` +
      `${port.toString(16).padStart(4, '0')}003500080000`,
    'hex',
  );
function labelOf(frame: Uint8Array): number {
  const [result] = gateway.run(frame, 'lan');
  assert.is(result?.action, 'redirect', JSON.stringify(result));
  return Buffer.from(result?.frame ?? []).readUInt32BE(14) & 0xfffff;
}

// RFC 6437 section 3, RFC 8754 section 5.5.
test('one flow has one flow label, whatever the tier, and flows differ', () => {
  const ports = Array.from({ length: 64 }, (_, at) => 1025 + at);
  const labelsAt = (tier: 'general' | 'door'): number[] => {
    gateway.tier = tier;
    return ports.map((port) => labelOf(packet6(port)));
  };
  const labels = labelsAt('general');
  assert.equal(labelsAt('general'), labels);
  assert.equal(labelsAt('door'), labels);
  assert.ok(new Set(labels).size > 60, String(labels));
  assert.ok(!labels.includes(0));
});

test('fragments of one datagram have one flow label: they have no ports', () => {
  gateway.tier = 'general';
  const fragment = (offset: number, more: number): string =>
    `1100${((offset << 3) | more).toString(16).padStart(4, '0')}00000009`;
  const labels = [fragment(0, 1), fragment(1, 1), fragment(2, 0)].map((header) => labelOf(packet6(1025, header)));
  assert.equal(new Set(labels).size, 1);
  assert.ok(labels[0] !== labelOf(packet6(1025)));
});

test('an IPv4 packet that may be fragmented is cut before it is encapsulated, in the door', () => {
  gateway.tier = 'general';
  const large = Buffer.from(
    casesFor('IPv4').find(({ title }) => title === 'one byte too large, full')?.frame ?? '',
    'hex',
  );
  const free = Buffer.from(large);
  free.writeUInt16BE(0, 14 + 6);
  free.writeUInt16BE(0, 14 + 10);
  let sum = 0;
  for (let at = 14; at < 34; at += 2) sum += free.readUInt16BE(at);
  free.writeUInt16BE(~((sum & 0xffff) + (sum >> 16)) & 0xffff, 14 + 10);
  assert.equal(
    gateway.run(free, 'lan').map(({ port }) => port),
    ['core/cut-1420'],
  );
});

test('the outer header of the configuration', async () => {
  await gateway.apply(configuration('  outer: {hopLimit: 40, dscp: 10}'));
  cases = casesOf('headend_cases.py', '40', '10');
  for (const tier of ['general', 'door'] as const) {
    gateway.reset();
    gateway.tier = tier;
    for (const name of groups) checkCases(gateway, name, casesFor(name));
  }
});

test('every frame is accounted for', () => {
  assert.is(gateway.unaccounted(), 0);
});

test.run();
