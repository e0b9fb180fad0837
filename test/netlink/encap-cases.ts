/** Routes with encapsulations: iproute2's command lines, and the same as the package writes it. */
import type { Encap, Seg6LocalEncap, Seg6Mode } from 'netlink-ts';
import { encodeRoute } from 'netlink-ts/wire';

const index = 3;
const segment = (number: number): string => `2001:db8:f::${number}`;
const flavors = { psp: true } as const;

function seg6(mode: Seg6Mode, ...segments: readonly number[]): Encap {
  return { type: 'seg6', mode, segments: segments.map(segment) };
}

const list = `${segment(1)},${segment(2)},${segment(3)}`;
/** A key of RFC 8754 section 2.1.2: type, length, reserved, key number, and no digest yet. */
const hmac7 = { flags: 8, bytes: Uint8Array.from([5, 38, 0, 0, 0, 0, 0, 7, ...new Uint8Array(32)]) };

/** By destination and iproute2's words for the encapsulation. */
const encaps: readonly (readonly [string, string, Encap])[] = [
  ['2001:db8:a::/48', `seg6 mode encap segs ${list}`, seg6('encap', 1, 2, 3)],
  ['2001:db8:b::/48', 'seg6 mode encap.red segs 2001:db8:f::1', seg6('encap.red', 1)],
  // iproute2 leaves room for the destination, which is the last segment.
  [
    '2001:db8:c::/48',
    'seg6 mode inline segs 2001:db8:f::1',
    { type: 'seg6', mode: 'inline', segments: [segment(1), '::'] },
  ],
  ['2001:db8:d::/48', 'seg6 mode l2encap segs 2001:db8:f::1', seg6('l2encap', 1)],
  [
    '2001:db8:e::/48',
    'seg6 mode encap segs 2001:db8:f::1 hmac 7',
    { type: 'seg6', mode: 'encap', segments: [segment(1)], extra: hmac7 },
  ],
  ['198.18.0.0/15', 'seg6 mode encap.red segs 2001:db8:f::1,2001:db8:f::2', seg6('encap.red', 1, 2)],
];

/** By the last group of the SID and iproute2's words for what it does. */
const locals: readonly (readonly [string, string, Omit<Seg6LocalEncap, 'type'>])[] = [
  ['1', 'End', { action: 'End' }],
  ['2', 'End flavors psp', { action: 'End', flavors }],
  [
    '3',
    'End flavors next-csid lblen 32 nflen 16',
    { action: 'End', flavors: { nextCsid: true }, blockBits: 32, nodeBits: 16 },
  ],
  ['4', 'End.X nh6 2001:db8::9 oif v0', { action: 'End.X', nh6: '2001:db8::9', oif: index }],
  ['5', 'End.T table 77', { action: 'End.T', table: 77 }],
  ['6', 'End.DX2 oif v0', { action: 'End.DX2', oif: index }],
  ['7', 'End.DX4 nh4 192.0.2.2', { action: 'End.DX4', nh4: '192.0.2.2' }],
  ['8', 'End.DX6 nh6 2001:db8::9', { action: 'End.DX6', nh6: '2001:db8::9' }],
  ['9', 'End.DT6 table 77', { action: 'End.DT6', table: 77 }],
  ['a', 'End.DT4 vrftable 77', { action: 'End.DT4', vrfTable: 77 }],
  ['b', 'End.DT46 vrftable 77', { action: 'End.DT46', vrfTable: 77 }],
  [
    'c',
    'End.B6.Encaps srh segs 2001:db8:f::1,2001:db8:f::2',
    { action: 'End.B6.Encaps', segments: [segment(1), segment(2)] },
  ],
  ['d', 'End flavors psp,usp,usd', { action: 'End', flavors: { psp: true, usp: true, usd: true } }],
];

const six = (destination: string): string => (destination.includes(':') ? '-6 ' : '');

/** Command line of iproute2 → what the package sends for it. */
export const encapCases: Readonly<Record<string, () => Uint8Array>> = Object.fromEntries([
  ...[
    ...encaps,
    ...locals.map(
      ([group, words, local]) =>
        [`2001:db8:5::${group}/128`, `seg6local action ${words}`, { type: 'seg6local', ...local }] as const,
    ),
  ].map(([destination, words, encap]) => [
    `ip ${six(destination)}route replace ${destination} table 79 encap ${words} dev v0`,
    () => encodeRoute({ destination, table: 79, index, protocol: 3, encap }, 'add'),
  ]),
]);
