/** The grammar of packets: text, bytes and text again; tshark judges the bytes. */
import { problemsOf } from '../../test/kit/oracle.ts';
import { assert, seen, suite } from '../../test/kit/suite.ts';
import { decodePacket } from './decode.ts';
import { describe, describeBytes } from './describe.ts';
import { encodePacket, frameOf } from './frame.ts';
import { parsePacket } from './parse.ts';

const test = suite('trace: packets');
const link = { destination: Uint8Array.of(2, 0, 0, 0, 0, 1), source: Uint8Array.of(2, 0, 0, 0, 0, 2) };

function thrownBy(action: () => unknown): unknown {
  try {
    return action();
  } catch (error) {
    return error;
  }
}

const texts: readonly string[] = [
  'tcp [2001:db8:1:a::42]:50712 > [64:ff9b::c633:6450]:443 syn ttl 2',
  'tcp 198.51.100.80:443 > 203.0.113.40:2102 syn ack mss 1460 len 3 ttl 64 tos 16 df',
  'tcp 192.0.2.1:1 > 192.0.2.2:65535 noflags ttl 64',
  'udp 192.0.2.1:53 > 192.0.2.2:4000 nosum len 1001 ttl 255 df',
  'udp [2001:db8::1]:53 > [2001:db8::2]:4000 ttl 64 tos 255',
  'icmp echo 192.0.2.1 > 192.0.2.2 id 7 ttl 64',
  'icmp reply 2001:db8::1 > 2001:db8::2 id 65535 seq 9 len 56 ttl 1',
  'proto 47 192.0.2.1 > 192.0.2.2 len 20 ttl 64',
  'srv6 2001:db8::1 > fcbb:bb00:a1:1:: ttl 64 : udp 192.0.2.1:1000 > 192.0.2.2:2000 len 4 ttl 9',
  'srv6 2001:db8::1 > 2001:db8::b segs [2001:db8::a,2001:db8::b,2001:db8::c] left 1 ttl 64 : icmp echo 2001:db8::7 > 2001:db8::8 id 1 ttl 64',
  'vxlan 192.0.2.1 > 192.0.2.2 vni 45123 sport 50000 ttl 64 df : tcp 10.1.0.1:40000 > 198.51.100.80:443 ack ttl 63',
  'vxlan 2001:db8::1 > 2001:db8::2 vni 16777215 port 4789 sport 1 ttl 64 : udp [2001:db8::3]:1 > [2001:db8::4]:2 ttl 64',
];

test.each(
  texts,
  (text) => text.slice(0, 60),
  (text) => {
    const packet = parsePacket(text);
    const bytes = encodePacket(packet);
    assert.is(describe(packet), text);
    assert.is(describeBytes(bytes), text);
    assert.equal(problemsOf(frameOf(bytes, link)), []);
    assert.is(describe(parsePacket(`hex:${Buffer.from(bytes).toString('hex')}`)), text);
  },
);

const shorter: readonly (readonly [given: string, meant: string])[] = [
  ['tcp 192.0.2.1:1 > 192.0.2.2:2', 'tcp 192.0.2.1:1 > 192.0.2.2:2 syn ttl 64'],
  // The last number behind an IPv6 address without brackets is its port.
  ['TCP 2001:db8::42:50712 > 64:ff9b::c633:6450:443', 'tcp [2001:db8::42]:50712 > [64:ff9b::c633:6450]:443 syn ttl 64'],
  ['udp 64:ff9b::192.0.2.1:53 > [::1]:7', 'udp [64:ff9b::c000:201]:53 > [::1]:7 ttl 64'],
  ['icmp echo [2001:db8::1] > 2001:db8::2 tos 0x10', 'icmp echo 2001:db8::1 > 2001:db8::2 id 1 ttl 64 tos 16'],
  // On its way to the second of two segments none is left behind it; one that is not listed was the first.
  [
    'srv6 ::1 > ::b segs [::a, ::b] : udp 1.1.1.1:1 > 2.2.2.2:2',
    'srv6 ::1 > ::b segs [::a,::b] left 0 ttl 64 : udp 1.1.1.1:1 > 2.2.2.2:2 ttl 64',
  ],
  [
    'srv6 ::1 > ::a segs [::b] : udp 1.1.1.1:1 > 2.2.2.2:2',
    'srv6 ::1 > ::a segs [::b] left 1 ttl 64 : udp 1.1.1.1:1 > 2.2.2.2:2 ttl 64',
  ],
];

test.each(
  shorter,
  ([given]) => given,
  ([given, meant]) => {
    assert.is(describe(parsePacket(given)), meant);
  },
);

const wrong: readonly (readonly [text: string, error: string])[] = [
  ['', '1:1  TRACE_PACKET  The packet ends where a packet belongs.'],
  [
    'tpc 192.0.2.1:1 > 192.0.2.2:2',
    '1:1  TRACE_PACKET  "tpc" is no kind of packet. Begin with tcp, udp, icmp, proto, srv6, vxlan or hex:BYTES.',
  ],
  ['tcp 192.0.2.1 > 192.0.2.2:2', '1:5  TRACE_PACKET  "192.0.2.1" has no port. Write 192.0.2.1:443.'],
  [
    'tcp 2001:db8:1:2:3:4:5:6 > ::1',
    '1:5  TRACE_PACKET  "2001:db8:1:2:3:4:5:6" has no port. Write [2001:db8:1:2:3:4:5:6]:443.',
  ],
  [
    'tcp 192.0.2.256:1 > 192.0.2.2:2',
    '1:5  TRACE_PACKET  "192.0.2.256:1" is no address with a port. Write 198.51.100.80:443 or [2001:db8::42]:443.',
  ],
  ['tcp 192.0.2.1:70000 > 192.0.2.2:2', '1:15  TRACE_PACKET  70000 is no port. Ports go from 0 to 65535.'],
  [
    'udp 192.0.2.1:1 192.0.2.2:2',
    '1:17  TRACE_PACKET  "192.0.2.2:2" stands where ">" belongs. Write udp A:PORT > B:PORT [len N] [nosum] [ttl N] [tos N] [df].',
  ],
  ['udp 192.0.2.1:1 > ', '1:18  TRACE_PACKET  The packet ends where the destination belongs.'],
  [
    'udp [::1]:1 > 192.0.2.2:2',
    '1:15  TRACE_PACKET  The source is IPv6 and 192.0.2.2 is IPv4. Both are of one family: what NAT64 clients ask for is an address in the translation prefix.',
  ],
  ['udp 192.0.2.1:1 > 192.0.2.2:2 ttl', '1:34  TRACE_PACKET  The packet ends where the number of ttl belongs.'],
  ['udp 192.0.2.1:1 > 192.0.2.2:2 ttl 256', '1:35  TRACE_PACKET  "256" is no number from 0 to 255.'],
  [
    'udp 192.0.2.1:1 > 192.0.2.2:2 syn',
    '1:31  TRACE_PACKET  "syn" is nothing that udp has. Write udp A:PORT > B:PORT [len N] [nosum] [ttl N] [tos N] [df].',
  ],
  [
    'udp 192.0.2.1:1 > 192.0.2.2:2 df df',
    '1:34  TRACE_PACKET  "df" stands here twice. Write udp A:PORT > B:PORT [len N] [nosum] [ttl N] [tos N] [df].',
  ],
  [
    'icmp unreachable ::1 > ::2',
    '1:6  TRACE_PACKET  "unreachable" is no ICMP message that can be written in words. Write icmp echo A > B or icmp reply A > B, then [id N] [seq N] [len N] [ttl N] [tos N] [df].',
  ],
  [
    'icmp echo ::1 > nobody',
    '1:17  TRACE_PACKET  "nobody" is no address. Write one such as 198.51.100.80 or 2001:db8::42.',
  ],
  [
    'srv6 192.0.2.1 > ::1 : x',
    '1:6  TRACE_PACKET  192.0.2.1 is no IPv6 address. Write srv6 A > B [segs [C,D]] [left N] [ttl N] [tos N] : PACKET.',
  ],
  [
    'srv6 ::1 > ::2 segs ::3] : x',
    '1:21  TRACE_PACKET  "::3]" is no list of segments. Write segs [2001:db8::1,2001:db8::2].',
  ],
  ['vxlan ::1 > ::2 vni 1', '1:22  TRACE_PACKET  The packet ends where ":" belongs.'],
  [
    'udp 1.1.1.1:1 > 2.2.2.2:2 : x',
    '1:27  TRACE_PACKET  ":" stands behind the packet. Write udp A:PORT > B:PORT [len N] [nosum] [ttl N] [tos N] [df].',
  ],
  [
    'hex:4',
    '1:1  TRACE_PACKET  These are no bytes. Write a whole IP packet, two hexadecimal digits a byte: hex:45 00 00 1c ….',
  ],
  [
    'hex:00 01',
    '1:1  TRACE_PACKET  The packet begins with version 0. Write a whole IP packet, two hexadecimal digits a byte: hex:45 00 00 1c ….',
  ],
  [
    `hex:45${'00'.repeat(9216)}`,
    '1:1  TRACE_PACKET  The packet has more than 9216 bytes. Write a whole IP packet, two hexadecimal digits a byte: hex:45 00 00 1c ….',
  ],
];

test.each(
  wrong,
  ([text]) => `wrong: ${text.slice(0, 50)}`,
  ([text, sentence]) => {
    assert.is(String(thrownBy(() => parsePacket(text))), sentence);
    seen('error', 'TRACE_PACKET');
  },
);

test('what the grammar has no words for is told all the same', () => {
  const told = (digits: string): string =>
    describeBytes(Uint8Array.from(Buffer.from(digits.replaceAll(' ', ''), 'hex')));
  const quoted = '45000020 00000000 4011f6cc c0000201 c0000202 00010002 000c 0000 00000000';
  assert.is(
    told(`45000038 00000000 4001f6c4 c0000202 c0000201 0304 0000 0000 0514 ${quoted}`.slice(0, 140)),
    'icmp fragmentation needed mtu 1300 192.0.2.2 > 192.0.2.1 about (udp 192.0.2.1:1 > 192.0.2.2:2 nosum ttl 64) ttl 64',
  );
  assert.is(
    told('4500001c 0007 20b9 4011 d5ac c0000201 c0000202 0102030405060708'),
    'udp fragment 192.0.2.1 > 192.0.2.2 id 7 offset 1480 more len 8 ttl 64',
  );
  assert.is(told('4500'), '2 bytes that are no packet');
  assert.is(told('00'), '1 bytes that are no packet');
});

test('no bytes are too short or too strange to be told', () => {
  const packets = texts.map((text) => encodePacket(parsePacket(text)));
  for (const packet of packets) {
    for (let length = 0; length < packet.length; length += 1)
      assert.ok(describe(decodePacket(packet.subarray(0, length))) !== '');
    for (let at = 0; at < packet.length; at += 1) {
      const changed = Uint8Array.from(packet);
      changed[at] = (packet[at] as number) ^ 0xff;
      assert.ok(describeBytes(changed) !== '');
    }
  }
});

test.run();
