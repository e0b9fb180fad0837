import { assert, suite } from '../../test/kit/suite.ts';
import { parseAddress } from '../model/address.ts';
import { shareBuckets, srv6Tunnel } from './srv6-tunnel.ts';

const test = suite('tunnels of SRv6');

const address = (text: string): Uint8Array => parseAddress(text) as Uint8Array;
const hex = (text: string): string => Buffer.from(address(text)).toString('hex');
const [a, b, c] = ['2001:db8:f::a', '2001:db8:f::b', '2001:db8:f::c'] as const;

function headers(reduced: boolean, ...segments: readonly string[]): string {
  const source = address('2001:db8::1');
  const { bytes, len } = srv6Tunnel({ segments: segments.map(address), source, reduced, hopLimit: 64, dscp: 'copy' });
  assert.ok(bytes.subarray(len).every((byte) => byte === 0));
  return Buffer.from(bytes.subarray(0, len)).toString('hex');
}

/** IPv6 header with the lengths and the flow still zero. */
const outer = (next: string, first: string): string => `600000000000${next}40${hex('2001:db8::1')}${hex(first)}`;

// RFC 8986 section 5.1, RFC 8754 section 4.1: the list is written last segment first.
test('H.Encaps carries the whole list', () => {
  assert.is(headers(false, a, b, c), `${outer('2b', a)}0006040202000000${hex(c)}${hex(b)}${hex(a)}`);
  assert.is(headers(false, a), `${outer('2b', a)}0002040000000000${hex(a)}`);
});

// Section 5.2, RFC 8754 section 4.1.1.
test('H.Encaps.Red leaves the first segment out, and a list of one altogether', () => {
  assert.is(headers(true, a, b, c), `${outer('2b', a)}0004040201000000${hex(c)}${hex(b)}`);
  assert.is(headers(true, a), outer('00', a));
});

test('sixteen segments are the most', () => {
  const segments = Array.from({ length: 17 }, (_, at) => address(`2001:db8:f::${at}`));
  const spec = { source: address('2001:db8::1'), reduced: false, hopLimit: 64, dscp: 46 };
  assert.is(srv6Tunnel({ ...spec, segments: segments.slice(1) }).len, 40 + 8 + 16 * 16);
  assert.is(srv6Tunnel({ ...spec, segments: segments.slice(1) }).dscp, 46);
  assert.throws(() => srv6Tunnel({ ...spec, segments }), /not 17/);
  assert.throws(() => srv6Tunnel({ ...spec, segments: [] }), /not 0/);
});

const shares: readonly (readonly [readonly number[], readonly number[]])[] = [
  [[1], [16]],
  [
    [3, 1],
    [12, 4],
  ],
  [
    [1, 1, 1],
    [6, 5, 5],
  ],
  [
    [255, 1],
    [15, 1],
  ],
  [
    [100, 1, 1, 1],
    [13, 1, 1, 1],
  ],
  [Array(16).fill(7), Array(16).fill(1)],
];

test.each(
  shares,
  ([weights]) => `weights ${weights.join(', ')}`,
  ([weights, expected]) => {
    const buckets = shareBuckets(weights);
    assert.is(buckets.length, 16);
    const counts = weights.map((_, index) => buckets.filter((bucket) => bucket === index).length);
    assert.equal(counts, [...expected]);
  },
);

test('more ways than buckets are refused', () => {
  assert.throws(() => shareBuckets(Array(17).fill(1)), /not 17/);
  assert.throws(() => shareBuckets([]), /not 0/);
});

test.run();
