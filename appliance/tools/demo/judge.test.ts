import { assert, suite } from '../../../test/kit/suite.ts';
import { type Direction, PcapReader, type Tally } from './capture.ts';
import { atServer } from './classify.ts';
import { difference, judge, type Observation } from './judge.ts';
import { scenes } from './scenes.ts';

const test = suite('the verdict of the demonstration');

const tally = (out: number, back: number, foreign = 0): Tally => ({
  out: { frames: out, bytes: out * 100 },
  back: { frames: back, bytes: back * 100 },
  foreign,
  sources: new Set(['198.51.100.10']),
});

const good: Observation = {
  sent: { what: '5 packets', minFrames: 5, minBytes: 500 },
  near: tally(5, 4),
  far: tally(5, 4),
  counted: { forwarded: 9, dropped: {} },
};

test('is good when both ends and the data path agree', () => {
  assert.equal(judge(good), { ok: true, lost: 0, problems: [] });
});

const page = { served: true, captured: true, peerIsExpected: true };
const bad: readonly (readonly [string, Partial<Observation>, RegExp])[] = [
  ['the program complains', { sent: { ...good.sent, complaint: 'refused' } }, /^refused/],
  ['nothing arrives', { far: tally(0, 0), counted: { forwarded: 0, dropped: {} } }, /nothing arrived/],
  ['too little arrives', { sent: { ...good.sent, minFrames: 6 } }, /5 packets arrived, 6/],
  ['too few bytes arrive', { sent: { ...good.sent, minBytes: 501 } }, /500 bytes arrived, 501/],
  ['a packet is lost on the way there', { near: tally(6, 4) }, /1 packet got lost/],
  ['a packet is lost on the way back', { near: tally(5, 3) }, /1 packet got lost/],
  ['something comes untranslated', { far: tally(5, 4, 1) }, /1 packet arrived as they should not/],
  ['the counters say less', { counted: { forwarded: 8, dropped: {} } }, /counts 8 packets, the far end saw 9/],
  ['the gateway is silent', { counted: undefined }, /does not answer/],
  ["the page is not the server's", { page: { ...page, served: false } }, /not one that the server made/],
  ['the page was not on the cable', { page: { ...page, captured: false } }, /not seen/],
  ['the peer is no pool address', { page: { ...page, peerIsExpected: false } }, /another peer/],
  ['nobody compared the page', { sent: { ...good.sent, nonce: 'a' } }, /nobody compared/],
];

test.each(
  bad,
  ([name]) => `fails when ${name}`,
  ([, change, sentence]) => {
    const verdict = judge({ ...good, ...change });
    assert.is(verdict.ok, false);
    assert.match(verdict.problems.join('; '), sentence);
  },
);

test('counts by difference', () => {
  const before = { forwarded: 3, dropped: { no_route: 1, other: 2 } };
  const after = { forwarded: 8, dropped: { no_route: 4, other: 2 } };
  assert.equal(difference(before, after), { forwarded: 5, dropped: { no_route: 3 } });
});

test('reads pcap in pieces of any size', () => {
  // struct pcap_file_header is 24 bytes; each record has four 32-bit words: seconds, microseconds, kept, on the wire.
  const record = (text: string, wire: number): Buffer => {
    const head = Buffer.alloc(16);
    head.writeUInt32LE(text.length, 8);
    head.writeUInt32LE(wire, 12);
    return Buffer.concat([head, Buffer.from(text)]);
  };
  const stream = Buffer.concat([Buffer.alloc(24), record('first', 5), record('second', 600)]);
  for (const size of [1, 7, 16, stream.length]) {
    const reader = new PcapReader();
    const frames = [];
    for (let at = 0; at < stream.length; at += size) frames.push(...reader.push(stream.subarray(at, at + size)));
    assert.equal(
      frames.map(({ frame, wireBytes }) => `${frame.toString()} ${wireBytes}`),
      ['first 5', 'second 600'],
    );
  }
});

const [twoPorts] = scenes;
if (twoPorts === undefined) throw new Error('there is no scene');

/** An IPv4 header with nothing but its version and addresses. */
function ipv4(source: readonly number[], destination: readonly number[]): Uint8Array {
  return Uint8Array.from([0x45, ...Array.from({ length: 11 }, () => 0), ...source, ...destination]);
}

const server = [198, 51, 100, 80];
const directions: readonly (readonly [string, Uint8Array, Direction])[] = [
  ['from the pool', ipv4([198, 51, 100, 10], server), 'out'],
  ['to the pool', ipv4(server, [198, 51, 100, 13]), 'back'],
  ['from the gateway itself', ipv4([198, 51, 100, 2], server), 'foreign'],
  ['between others', ipv4([192, 0, 2, 1], [192, 0, 2, 2]), 'other'],
  [
    'from the client',
    Uint8Array.from([
      0x60,
      0,
      0,
      0,
      0,
      0,
      58,
      64,
      0x20,
      1,
      0x0d,
      0xb8,
      0,
      1,
      ...Array(9).fill(0),
      2,
      ...Array(16).fill(0),
    ]),
    'foreign',
  ],
  ['that is ARP', Uint8Array.from([0, 1, 8, 0, 6, 4, 0, 1, ...Array(20).fill(0)]), 'other'],
];

test.each(
  directions,
  ([name]) => `knows a packet ${name}`,
  ([, packet, direction]) => {
    assert.is(atServer(twoPorts).direct(packet), direction);
  },
);

test.run();
