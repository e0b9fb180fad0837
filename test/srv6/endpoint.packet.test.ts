/**
 * Endpoints at the general tier, the edge of the domain, and what is said of both in the documentation. Packets and
 * expectations come from cases.py, which is written from the RFCs with scapy.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { assert, suite } from '../kit/suite.ts';
import { endpointTests } from './endpoint.ts';
import { configuration } from './world.ts';

const test = suite('SRv6: endpoints');
const endpoints = endpointTests(test, 'general');

function frameOf(name: string, title: string): Uint8Array {
  const one = endpoints.cases.find((each) => each.group === name && each.title === title);
  return Buffer.from(one?.frame ?? '', 'hex');
}

test('docs/conformance/srv6.md lists them', () => {
  const list = execFileSync('/usr/bin/python3', ['test/srv6/cases.py', '--list'], { encoding: 'utf8' });
  assert.ok(readFileSync('docs/conformance/srv6.md', 'utf8').endsWith(`\n${list}`), 'write the list there anew');
});

test('each SID counts what it has processed', () => {
  // RFC 8986 section 6; the numbers of the configuration's SIDs count up from 0.
  assert.ok(endpoints.gateway.sidPackets(0) > 0);
});

// RFC 8754 section 5.1.
test('nobody outside of the domain reaches a SID, the locator or the domain', async () => {
  const { gateway } = endpoints;
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

test.run();
