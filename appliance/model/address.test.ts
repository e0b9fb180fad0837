import { assert, suite } from '../../test/kit/suite.ts';
import {
  compareBytes,
  contains,
  formatAddress,
  formatMac,
  formatPrefix,
  hasHostBits,
  lastAddress,
  maskPrefix,
  type Prefix,
  parseAddress,
  parseIPv4,
  parseIPv6,
  parseMac,
  parsePrefix,
} from './address.ts';

const test = suite('model: addresses');

const prefix = (text: string): Prefix => parsePrefix(text) as Prefix;

test.each(
  [
    ['192.0.2.1', [192, 0, 2, 1]],
    ['0.0.0.0', [0, 0, 0, 0]],
    ['255.255.255.255', [255, 255, 255, 255]],
  ] as const,
  ([text]) => `reads and writes ${text}`,
  ([text, bytes]) => {
    assert.equal(parseIPv4(text), Uint8Array.from(bytes));
    assert.is(formatAddress(Uint8Array.from(bytes)), text);
  },
);

test.each(
  [
    '',
    '1',
    '1.2.3',
    '1.2.3.4.5',
    '256.0.0.1',
    '01.2.3.4',
    '1.2.3.00',
    '1..2.3',
    '.1.2.3',
    '1.2.3.',
    '1.2.3.4 ',
    '+1.2.3.4',
    '0x1.2.3.4',
    '1.2.3.４',
  ],
  (text) => `"${text}" is no IPv4 address`,
  (text) => assert.is(parseIPv4(text), undefined),
);

// Left: RFC 4291 2.2 and RFC 5952 2, as people write it. Right: RFC 5952 4 and 5, as it is written back.
test.each(
  [
    ['::', '::'],
    ['::1', '::1'],
    ['1::', '1::'],
    ['2001:DB8:0:0:8:800:200C:417A', '2001:db8::8:800:200c:417a'],
    ['2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['2001:0db8:0000:0000:0000:0000:0002:0001', '2001:db8::2:1'],
    ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
    ['2001:0:0:1:0:0:0:1', '2001:0:0:1::1'],
    ['1:2:3:4:5:6:7::', '1:2:3:4:5:6:7:0'],
    ['::2:3:4:5:6:7:8', '0:2:3:4:5:6:7:8'],
    ['1:0:0:4:5:6:0:0', '1::4:5:6:0:0'],
    ['64:ff9b::198.51.100.80', '64:ff9b::c633:6450'],
    ['::ffff:192.0.2.1', '::ffff:192.0.2.1'],
    ['::FFFF:c000:0201', '::ffff:192.0.2.1'],
    ['1:2:3:4:5:6:192.0.2.1', '1:2:3:4:5:6:c000:201'],
  ] as const,
  ([text]) => `reads ${text}`,
  ([text, canonical]) => {
    const bytes = parseIPv6(text) as Uint8Array;
    assert.is(formatAddress(bytes), canonical);
    assert.equal(parseIPv6(canonical), bytes);
  },
);

test.each(
  [
    ':',
    ':::',
    '1::2::3',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    '1:2:3:4:5:6:7:8::',
    '12345::',
    'g::',
    '1:',
    ':1',
    '::1%eth0',
    '::1.2.3',
    '1.2.3.4::',
    '::1.2.3.4:1',
    '::01.2.3.4',
    '1::2:',
    '1:2:3:4:5:6:7:1.2.3.4',
    ' ::1',
    '::1/64',
  ],
  (text) => `"${text}" is no IPv6 address`,
  (text) => assert.is(parseIPv6(text), undefined),
);

test('the colon tells the family', () => {
  assert.is(parseAddress('10.0.0.1')?.length, 4);
  assert.is(parseAddress('::10.0.0.1')?.length, 16);
  assert.is(parseAddress('10'), undefined);
});

test('prefixes keep their host bits until they are masked', () => {
  assert.is(formatPrefix(prefix('64:ff9b::1/96')), '64:ff9b::1/96');
  assert.is(formatPrefix(maskPrefix(prefix('64:ff9b::1/96'))), '64:ff9b::/96');
  assert.is(formatPrefix(maskPrefix(prefix('203.0.113.213/27'))), '203.0.113.192/27');
  assert.is(formatPrefix(maskPrefix(prefix('203.0.113.213/0'))), '0.0.0.0/0');
  assert.ok(hasHostBits(prefix('10.0.0.1/31')));
  assert.not.ok(hasHostBits(prefix('10.0.0.1/32')));
  assert.is(formatAddress(lastAddress(prefix('203.0.113.16/28'))), '203.0.113.31');
  assert.is(formatAddress(lastAddress(prefix('2001:db8::/121'))), '2001:db8::7f');
});

test.each(
  ['10.0.0.0', '10.0.0.0/', '10.0.0.0/33', '::/129', '::/01', '::/-1', '/8', '10.0.0.0/8/8', '10.0.0.0/ 8', '::/1e1'],
  (text) => `"${text}" is no prefix`,
  (text) => assert.is(parsePrefix(text), undefined),
);

test.each(
  [
    ['10.0.0.0/8', '10.255.0.1', true],
    ['10.0.0.0/8', '11.0.0.0', false],
    ['10.0.0.0/9', '10.128.0.0', false],
    ['0.0.0.0/0', '255.0.0.1', true],
    ['0.0.0.0/0', '::', false],
    ['2001:db8::/33', '2001:db8:7fff::1', true],
    ['2001:db8::/33', '2001:db8:8000::', false],
    ['2001:db8::1/128', '2001:db8::1', true],
    ['2001:db8::1/128', '2001:db8::2', false],
  ] as const,
  ([net, address, inside]) => `${address} is ${inside ? '' : 'not '}in ${net}`,
  ([net, address, inside]) => assert.is(contains(prefix(net), parseAddress(address) as Uint8Array), inside),
);

test('byte strings have an order', () => {
  const order = ['10.0.0.2', '9.255.255.255', '::', '10.0.0.1'].map((text) => parseAddress(text) as Uint8Array);
  assert.equal(order.sort(compareBytes).map(formatAddress), ['9.255.255.255', '10.0.0.1', '10.0.0.2', '::']);
});

test('MAC addresses', () => {
  assert.equal(parseMac('02:00:5E:10:00:01'), Uint8Array.from([2, 0, 0x5e, 0x10, 0, 1]));
  assert.is(formatMac(Uint8Array.from([2, 0, 0x5e, 0x10, 0, 1])), '02:00:5e:10:00:01');
  for (const text of [
    '',
    '02:00:5e:10:00',
    '02:00:5e:10:00:01:02',
    '2:0:5e:10:0:1',
    '02-00-5e-10-00-01',
    '0g:00:00:00:00:00',
  ]) {
    assert.is(parseMac(text), undefined, text);
  }
});

test.run();
