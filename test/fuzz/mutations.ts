/**
 * Ways in which frames go wrong, or only become unusual: each takes a frame and gives another one. They know the
 * standards' offsets and nothing of the product. Frames are untagged; what a mutation cannot change stays as it is.
 */
import type { Random } from './random.ts';

export type Mutation = (frame: Uint8Array, random: Random, others: readonly Uint8Array[]) => Uint8Array;

const L3 = 14;
const interesting16 = [
  0, 1, 7, 8, 19, 20, 21, 39, 40, 41, 48, 60, 68, 576, 1259, 1260, 1280, 1480, 1500, 0x7fff, 0xffff,
];

const isIpv4 = (frame: Uint8Array): boolean => frame[12] === 8 && frame[13] === 0 && frame.length >= L3 + 20;
const isIpv6 = (frame: Uint8Array): boolean => frame[12] === 0x86 && frame[13] === 0xdd && frame.length >= L3 + 40;
/** Where layer 4 begins in frames without options and extension headers. */
const l4Of = (frame: Uint8Array): number => L3 + (isIpv6(frame) ? 40 : ((frame[L3] ?? 0x45) & 15) * 4);

function set(frame: Uint8Array, offset: number, ...bytes: readonly number[]): Uint8Array {
  if (offset < 0 || offset + bytes.length > frame.length) return frame;
  const other = Uint8Array.from(frame);
  other.set(bytes, offset);
  return other;
}

function set16(frame: Uint8Array, offset: number, value: number): Uint8Array {
  return set(frame, offset, (value >> 8) & 255, value & 255);
}

function get16(frame: Uint8Array, offset: number): number {
  return ((frame[offset] ?? 0) << 8) | (frame[offset + 1] ?? 0);
}

function splice(frame: Uint8Array, offset: number, remove: number, insert: Uint8Array): Uint8Array {
  return Uint8Array.from([...frame.subarray(0, offset), ...insert, ...frame.subarray(offset + remove)]);
}

function both(four: (frame: Uint8Array, random: Random) => Uint8Array, six: typeof four): Mutation {
  return (frame, random) => (isIpv4(frame) ? four(frame, random) : isIpv6(frame) ? six(frame, random) : frame);
}

/** Extension headers in front of what the IPv6 header announces. */
function extend(frame: Uint8Array, kind: number, body: Uint8Array): Uint8Array {
  const header = Uint8Array.from([frame[L3 + 6] ?? 59, body.length / 8 - 1, ...body.subarray(2)]);
  return splice(set(frame, L3 + 6, kind), L3 + 40, 0, header);
}

/** By name, as the report counts them. */
export const mutations: Readonly<Record<string, Mutation>> = {
  'a bit flipped': (frame, random) => {
    const at = random.below(frame.length);
    return set(frame, at, (frame[at] ?? 0) ^ (1 << random.below(8)));
  },
  'a bit of the headers flipped': (frame, random) => {
    const at = L3 + random.below(Math.min(60, Math.max(1, frame.length - L3)));
    return set(frame, at, (frame[at] ?? 0) ^ (1 << random.below(8)));
  },
  'a byte replaced': (frame, random) => set(frame, random.below(frame.length), random.byte()),
  'a few bytes replaced': (frame, random) =>
    set(frame, random.below(frame.length), ...random.bytes(1 + random.below(8))),
  'a word at its limits': (frame, random) => set16(frame, L3 + 2 * random.below(30), random.pick(interesting16)),
  'cut off': (frame, random) => frame.subarray(0, L3 + random.below(Math.max(1, frame.length - L3))),
  'a tail': (frame, random) => splice(frame, frame.length, 0, random.bytes(1 + random.below(60))),
  'bytes taken out': (frame, random) =>
    splice(frame, L3 + random.below(frame.length), 1 + random.below(20), new Uint8Array()),
  'bytes put in': (frame, random) => splice(frame, L3 + random.below(60), 0, random.bytes(1 + random.below(20))),
  'a part twice': (frame, random) => {
    const at = L3 + random.below(60);
    return splice(frame, at, 0, frame.subarray(at, at + 1 + random.below(40)));
  },
  'a part of zeros': (frame, random) => set(frame, L3 + random.below(60), ...new Uint8Array(1 + random.below(8))),
  'a part of ones': (frame, random) =>
    set(frame, L3 + random.below(60), ...new Uint8Array(1 + random.below(8)).fill(255)),
  'two words exchanged': (frame, random) => {
    const [a, b] = [L3 + 2 * random.below(30), L3 + 2 * random.below(30)];
    return set16(set16(frame, a, get16(frame, b)), b, get16(frame, a));
  },
  'the end of another frame': (frame, random, others) => {
    const at = L3 + random.below(Math.max(1, frame.length - L3));
    return splice(frame, at, frame.length, random.pick(others).subarray(at));
  },
  'another length in the IP header': both(
    (frame, random) => set16(frame, L3 + 2, get16(frame, L3 + 2) + random.below(17) - 8),
    (frame, random) => set16(frame, L3 + 4, get16(frame, L3 + 4) + random.below(17) - 8),
  ),
  'an impossible length': both(
    (frame, random) => set16(frame, L3 + 2, random.pick(interesting16)),
    (frame, random) => set16(frame, L3 + 4, random.pick(interesting16)),
  ),
  'another hop limit': both(
    (frame, random) => set(frame, L3 + 8, random.pick([0, 1, 2, 128, 255])),
    (frame, random) => set(frame, L3 + 7, random.pick([0, 1, 2, 128, 255])),
  ),
  'another protocol': both(
    (frame, random) => set(frame, L3 + 9, random.pick([0, 1, 2, 4, 6, 17, 41, 44, 47, 50, 51, 58, 132, 255])),
    (frame, random) => set(frame, L3 + 6, random.pick([0, 1, 4, 6, 17, 41, 43, 44, 50, 51, 58, 59, 60, 132, 255])),
  ),
  'another version or header length': (frame, random) => set(frame, L3, random.byte()),
  'another class of traffic': both(
    (frame, random) => set(frame, L3 + 1, random.byte()),
    (frame, random) => set(frame, L3, 0x60 | random.below(16), random.byte(), random.byte(), random.byte()),
  ),
  'a fragment': both(
    (frame, random) => set16(frame, L3 + 6, random.pick([0x2000, 0x4000, 0x6000, 1, 0x2001, 0x1fff, 0x3fff, 0x8000])),
    (frame, random) => extend(frame, 44, Uint8Array.from([0, 0, random.byte(), random.byte() & 0xf9, 0, 0, 0, 7])),
  ),
  'a whole packet in a fragment header, or DF': both(
    (frame) => set16(frame, L3 + 6, get16(frame, L3 + 6) ^ 0x4000),
    (frame, random) => extend(frame, 44, Uint8Array.from([0, 0, 0, 0, ...random.bytes(4)])),
  ),
  'options or extension headers': both(
    (frame, random) => {
      const words = 1 + random.below(10);
      const longer = splice(
        frame,
        L3 + 20,
        0,
        random.oneIn(2) ? new Uint8Array(words * 4).fill(1) : random.bytes(words * 4),
      );
      return set(longer, L3, 0x45 + words);
    },
    (frame, random) => {
      let longer = frame;
      for (let count = 1 + random.below(10); count > 0; count -= 1)
        longer = extend(longer, random.pick([0, 60, 43]), new Uint8Array(8 * (1 + random.below(3))));
      return longer;
    },
  ),
  'another port or identifier': (frame, random) =>
    set16(frame, l4Of(frame) + 2 * random.below(3), random.oneIn(2) ? 2000 : random.below(65_536)),
  'other TCP flags or data offset': (frame, random) => set(frame, l4Of(frame) + 12, random.byte(), random.byte()),
  'another UDP length': (frame, random) => set16(frame, l4Of(frame) + 4, random.pick(interesting16)),
  'no checksum, or a wrong one': (frame, random) =>
    set16(frame, l4Of(frame) + random.pick([2, 6, 16]), random.pick([0, 0, 0xffff, random.below(65_536)])),
  'another ICMP type or code': (frame, random) =>
    set(
      frame,
      l4Of(frame),
      random.pick([0, 1, 2, 3, 4, 5, 8, 11, 12, 13, 127, 128, 129, 133, 135, 136, 255]),
      random.below(18),
    ),
  'another address': both(
    (frame, random) => set(frame, L3 + 12 + random.below(8), random.byte()),
    (frame, random) => set(frame, L3 + 8 + random.below(32), random.byte()),
  ),
  'more payload': (frame, random) =>
    splice(frame, frame.length, 0, new Uint8Array(random.below(Math.max(1, 1514 - frame.length)))),
  'a VLAN tag': (frame, random) => splice(frame, 12, 0, Uint8Array.from([0x81, 0, random.byte(), random.byte()])),
};

function sum(frame: Uint8Array, from: number, to: number): number {
  let total = 0;
  for (let at = from; at < to; at += 2) total += ((frame[at] ?? 0) << 8) | (at + 1 < to ? (frame[at + 1] ?? 0) : 0);
  while (total > 0xffff) total = (total & 0xffff) + (total >>> 16);
  return total;
}

/** The layer 3 header says again how long the frame is, and has a right checksum: so that the next layers are looked at. */
export function repair(frame: Uint8Array): Uint8Array {
  if (isIpv6(frame)) return set16(frame, L3 + 4, frame.length - L3 - 40);
  if (!isIpv4(frame)) return frame;
  const end = L3 + ((frame[L3] ?? 0) & 15) * 4;
  const longer = set16(set16(frame, L3 + 2, frame.length - L3), L3 + 10, 0);
  return set16(longer, L3 + 10, ~sum(longer, L3, Math.min(end, frame.length)) & 0xffff);
}
