import { assert, suite } from '../../test/kit/suite.ts';
import { formatAddress, formatPrefix } from '../model/address.ts';
import { type AddressSet, parseAddressSet } from '../model/address-set.ts';
import { type AddressRange, addressesOf, findOverlaps, prefixesOf, rangeOf, sizeOf } from './ranges.ts';

const test = suite('config: address ranges');

const range = (text: string): AddressRange => rangeOf(parseAddressSet(text) as AddressSet);

test('sizes and members', () => {
  assert.is(sizeOf(range('203.0.113.16/28')), 16n);
  assert.is(sizeOf(range('::/0')), 1n << 128n);
  assert.equal([...addressesOf(range('192.0.2.254-192.0.3.1'))].map(formatAddress), [
    '192.0.2.254',
    '192.0.2.255',
    '192.0.3.0',
    '192.0.3.1',
  ]);
});

test.each(
  [
    ['203.0.113.16/28', ['203.0.113.16/28']],
    ['203.0.113.40-203.0.113.43', ['203.0.113.40/30']],
    ['203.0.113.41-203.0.113.46', ['203.0.113.41/32', '203.0.113.42/31', '203.0.113.44/31', '203.0.113.46/32']],
    ['0.0.0.0-255.255.255.255', ['0.0.0.0/0']],
    ['255.255.255.254-255.255.255.255', ['255.255.255.254/31']],
    ['2001:db8::1-2001:db8::3', ['2001:db8::1/128', '2001:db8::2/127']],
  ] as const,
  ([text]) => `prefixes of ${text}`,
  ([text, expected]) => assert.equal(prefixesOf(range(text)).map(formatPrefix), [...expected]),
);

const overlaps = (...texts: string[]): string[] => findOverlaps(texts, range).map(({ a, b, at }) => `${a} ${b} ${at}`);

test('overlaps are found whatever the order', () => {
  assert.equal(overlaps('10.0.1.0/24', '10.0.0.0/24', '10.0.2.0-10.0.3.5'), []);
  assert.equal(overlaps('10.0.0.128', '10.0.0.0/24'), ['10.0.0.0/24 10.0.0.128 10.0.0.128']);
  assert.equal(overlaps('10.0.0.0-10.0.0.5', '10.0.0.5-10.0.0.9'), ['10.0.0.0-10.0.0.5 10.0.0.5-10.0.0.9 10.0.0.5']);
});

test('a small range between does not hide a large one', () => {
  assert.equal(overlaps('10.0.0.0/16', '10.0.1.0/24', '10.0.5.0/24'), [
    '10.0.0.0/16 10.0.1.0/24 10.0.1.0',
    '10.0.0.0/16 10.0.5.0/24 10.0.5.0',
  ]);
});

test('families do not meet', () => {
  assert.equal(overlaps('0.0.0.0/0', '::/0'), []);
});

test('twenty thousand ranges take no time worth mentioning', () => {
  const ranges = Array.from({ length: 20_000 }, (_, i) => ({
    family: 4 as const,
    first: BigInt(i * 2),
    last: BigInt(i * 2),
  }));
  const started = performance.now();
  assert.equal(
    findOverlaps(ranges, (item) => item),
    [],
  );
  assert.between(performance.now() - started, 0, 2000);
});

test.run();
