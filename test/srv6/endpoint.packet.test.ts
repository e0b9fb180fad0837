/**
 * Every behaviour and flavour × every state of the segment list × what stands behind it, at the general tier and through
 * the door. Packets and expectations come from cases.py, which is written from the RFCs with scapy.
 */
import type { PacketGateway } from '../kit/datapath.ts';
import { assert, needs, suite } from '../kit/suite.ts';
import { casesOf, checkCases, type ModelCase } from './model.ts';
import { configuration, flavorSets, openWorld } from './world.ts';

const names = [
  ...['End', 'End.X'].flatMap((behavior) => flavorSets.map((flavors) => [behavior, ...flavors].join(' '))),
  ...['End.DX4', 'End.DX6', 'End.DT4', 'End.DT6', 'End.DT46'],
];

let gateway: PacketGateway;
let cases: readonly ModelCase[] = [];
const casesFor = (name: string): readonly ModelCase[] => cases.filter(({ group }) => group === name);
const frameOf = (name: string, title: string): Uint8Array =>
  Buffer.from(casesFor(name).find((one) => one.title === title)?.frame ?? '', 'hex');

const test = suite('SRv6: endpoints');

test.before(async () => {
  needs('scapy');
  cases = casesOf('cases.py');
  gateway = await openWorld();
});

test('each case has a behaviour that is looked at', () => {
  assert.equal([...new Set(cases.map(({ group }) => group))], names);
});

for (const tier of ['general', 'door'] as const)
  test.each(
    names,
    (name) => `${name}, ${tier}`,
    (name) => {
      gateway.reset();
      gateway.tier = tier;
      checkCases(gateway, name, casesFor(name));
    },
  );

test('each SID counts what it has processed', () => {
  // RFC 8986 section 6; the numbers of the configuration's SIDs count up from 0.
  assert.ok(gateway.sidPackets(0) > 0);
});

// RFC 8754 section 5.1.
test('nobody outside of the domain reaches a SID, the locator or the domain', async () => {
  gateway.tier = 'general';
  const packet = frameOf('End.DT4', 'SL 0, IPv4, hop limit 64');
  const [core, lan] = [2, 3].map((last) => Uint8Array.of(2, 0, 0, 0, 0, last === 2 ? 1 : 3)) as [
    Uint8Array,
    Uint8Array,
  ];
  const fromLan = (frame: Uint8Array): Uint8Array => Uint8Array.from([...lan, ...frame.subarray(6)]);
  gateway.assertDropped(fromLan(packet), 'lan', 'srv6_edge_filter');
  assert.equal([...packet.subarray(0, 6)], [...core]);
  await gateway.apply(configuration('  filter: {domain: ["fcbb:bb00::/32"], sources: ["2001:db8:ffff::/64"]}'));
  gateway.assertDropped(fromLan(to(packet, 'fcbbbb0000b1')), 'lan', 'srv6_edge_filter');
  gateway.assertDropped(fromLan(to(packet, 'fcbbbb0000a1')), 'lan', 'srv6_edge_filter');
  gateway.assertDropped(to(packet, 'fcbbbb0000a1ffff'), 'core', 'srv6_no_sid');
  assert.is(gateway.run(packet, 'core')[0]?.action, 'redirect');
  gateway.assertDropped(from(packet, '20010db8fffe'), 'core', 'srv6_edge_source');
});

/** The packet with other first bytes of its destination, or of its source. */
function to(frame: Uint8Array, hex: string): Uint8Array {
  const other = Uint8Array.from(frame);
  other.set(Buffer.from(hex, 'hex'), 14 + 24);
  return other;
}
function from(frame: Uint8Array, hex: string): Uint8Array {
  const other = Uint8Array.from(frame);
  other.set(Buffer.from(hex, 'hex'), 14 + 8);
  return other;
}

test('every frame is accounted for', () => {
  assert.is(gateway.unaccounted(), 0);
});

test.run();
