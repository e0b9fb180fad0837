/** Text forms of addresses against node:net and RFC 5952; attributes against bytes written by hand. */
import { isIP } from 'node:net';
import {
  address,
  be16,
  decodeAttributes,
  encodeAttributes,
  errorOf,
  formatAddress,
  mac,
  nested,
  parseAddress,
  parseMac,
  parsePrefix,
  text,
  u8,
  u32,
} from 'netlink-ts/wire';
import { assert, suite } from '../kit/suite.ts';

const test = suite('netlink bytes');

/** RFC 5952 section 4 and 5: as people may write it, as it is written. */
const canonical: readonly (readonly [string, string])[] = [
  ['2001:db8:0:0:0:0:2:1', '2001:db8::2:1'],
  ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
  ['2001:0:0:1:0:0:0:1', '2001:0:0:1::1'],
  ['2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
  ['2001:DB8::ABCD', '2001:db8::abcd'],
  ['0:0:0:0:0:0:0:0', '::'],
  ['1:0:0:0:0:0:0:0', '1::'],
  ['0:0:0:0:0:0:0:1', '::1'],
  ['::FFFF:c000:0201', '::ffff:192.0.2.1'],
  ['64:ff9b::192.0.2.33', '64:ff9b::c000:221'],
  ['192.0.2.1', '192.0.2.1'],
];

test('addresses are written as RFC 5952 asks', () => {
  for (const [written, expected] of canonical) assert.is(formatAddress(parseAddress(written)), expected);
});

test('what node:net takes for an address is read, nothing else', () => {
  const parts = [
    '',
    '0',
    '1',
    'ff',
    '12345',
    'g',
    '1.2.3.4',
    '256.1.1.1',
    '01.2.3.4',
    ':',
    '::',
    '1:2:3:4:5:6:7',
    '::%lo',
    ' ',
    '-1',
  ];
  let valid = 0;
  for (const a of parts) {
    for (const b of parts) {
      for (const c of parts) {
        const candidate = `${a}:${b}${c}`;
        // Zone identifiers are refused on purpose.
        const expected = candidate.includes('%') ? 0 : isIP(candidate);
        let got = 0;
        try {
          got = parseAddress(candidate).length === 4 ? 4 : 6;
        } catch (error) {
          assert.ok(error instanceof TypeError);
        }
        assert.is(got, expected, candidate);
        if (expected > 0) valid += 1;
      }
    }
  }
  assert.ok(valid > 50);
});

test('prefixes and MACs', () => {
  assert.equal(parsePrefix('10.0.0.0/8'), { family: 4, bytes: Uint8Array.of(10, 0, 0, 0), length: 8 });
  assert.is(parsePrefix('2001:db8::1').length, 128);
  for (const bad of [
    '10.0.0.0/33',
    '10.0.0.0/',
    '10.0.0.0/08',
    '10.0.0.0/-1',
    '10.0.0.0/8/8',
    '2001:db8::/129',
    '/8',
    '',
  ]) {
    assert.throws(() => parsePrefix(bad), TypeError, bad);
  }
  assert.equal(parseMac('02:00:5e:AB:00:01'), Uint8Array.of(2, 0, 0x5e, 0xab, 0, 1));
  for (const bad of ['02:00:5e:ab:00', '02:00:5e:ab:00:0g', '2:0:5e:ab:0:1', '02-00-5e-ab-00-01']) {
    assert.throws(() => parseMac(bad), TypeError, bad);
  }
});

const table = {
  number: [1, u32],
  name: [2, text],
  port: [3, be16],
  inner: [4, nested({ flag: [1, u8], host: [2, address] })],
  hardware: [5, mac],
} as const;

/** By hand, after linux/netlink.h: length, type, payload, padding; little-endian. */
const bytes = Uint8Array.from(
  Buffer.from(
    [
      '08000100 04030201',
      '06000200 6100 0000',
      '06000300 12b5 0000',
      '14000480 05000100 07000000 08000200 c0000201',
      '0a000500 020000000001 0000',
    ]
      .join('')
      .replaceAll(' ', ''),
    'hex',
  ),
);
const values = {
  number: 0x01020304,
  name: 'a',
  port: 4789,
  inner: { flag: 7, host: '192.0.2.1' },
  hardware: '02:00:00:00:00:01',
};

test('attributes are written and read by the table', () => {
  assert.equal(encodeAttributes(table, values), bytes);
  assert.equal(decodeAttributes(table, bytes), values);
});

test('unknown attributes survive a round trip', () => {
  const { number, inner } = table;
  const decoded = decodeAttributes({ number, inner }, bytes);
  assert.equal(
    decoded.unknown?.map((attribute) => attribute.type),
    [2, 3, 5],
  );
  const again = encodeAttributes({ number, inner }, decoded);
  assert.equal(decodeAttributes(table, again), values);
});

test('numbers out of range and NULs are refused', () => {
  for (const number of [-1, 2 ** 32, 1.5, Number.NaN])
    assert.throws(() => encodeAttributes(table, { number }), RangeError);
  assert.throws(() => encodeAttributes(table, { port: 65_536 }), RangeError);
  assert.throws(() => encodeAttributes(table, { name: 'a\0b' }), TypeError);
  assert.throws(() => decodeAttributes(table, Uint8Array.of(6, 0, 1, 0, 1, 2, 0, 0)), RangeError);
  assert.throws(() => decodeAttributes(table, Uint8Array.of(3, 0, 1, 0)), RangeError);
  assert.throws(() => decodeAttributes(table, Uint8Array.of(9, 0, 1, 0, 0, 0, 0, 0)), RangeError);
});

test('errors of the kernel: capped or with the request, with and without its sentence', () => {
  const hex = (value: string): Uint8Array => Uint8Array.from(Buffer.from(value.replaceAll(' ', ''), 'hex'));
  const request = '14000000 18000506 01000000 00000000';
  const sentence = '0e000100 4e6f2073756368212100 0000';
  const of = (flags: number, type: number, body: string) => {
    const error = errorOf('X', { type, flags, sequence: 1, body: hex(body) });
    return error && { errno: error.errno, code: error.code, extAck: error.extAck };
  };
  assert.is(of(0, 2, `00000000 ${request}`), undefined);
  assert.equal(of(0x100, 2, `efffffff ${request}`), { errno: 17, code: 'EEXIST', extAck: undefined });
  assert.equal(of(0x300, 2, `eaffffff ${request} ${sentence}`), { errno: 22, code: 'EINVAL', extAck: 'No such!!' });
  // Without NLM_F_CAPPED the whole request of 0x14 bytes comes back.
  assert.equal(of(0x200, 2, `eaffffff ${request} 01020304 ${sentence}`), {
    errno: 22,
    code: 'EINVAL',
    extAck: 'No such!!',
  });
  assert.equal(of(0x202, 3, `feffffff ${sentence}`), { errno: 2, code: 'ENOENT', extAck: 'No such!!' });
  assert.is(of(0x2, 3, '00000000'), undefined);
});

test.run();
