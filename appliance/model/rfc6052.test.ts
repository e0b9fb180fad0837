import { assert, suite } from '../../test/kit/suite.ts';
import { formatAddress, type Prefix, parseAddress, parsePrefix } from './address.ts';
import { embedIPv4, extractIPv4, rfc6052Fault } from './rfc6052.ts';

const test = suite('model: RFC 6052');

const bytes = (text: string): Uint8Array => parseAddress(text) as Uint8Array;
const prefix = (text: string): Prefix => parsePrefix(text) as Prefix;

// RFC 6052 2.4, tables 2 and 3.
const vectors = [
  ['2001:db8::/32', '2001:db8:c000:221::'],
  ['2001:db8:100::/40', '2001:db8:1c0:2:21::'],
  ['2001:db8:122::/48', '2001:db8:122:c000:2:2100::'],
  ['2001:db8:122:300::/56', '2001:db8:122:3c0:0:221::'],
  ['2001:db8:122:344::/64', '2001:db8:122:344:c0:2:2100::'],
  ['2001:db8:122:344::/96', '2001:db8:122:344::192.0.2.33'],
  ['64:ff9b::/96', '64:ff9b::192.0.2.33'],
] as const;

test.each(
  vectors,
  ([net]) => `192.0.2.33 in ${net}`,
  ([net, embedded]) => {
    assert.equal(embedIPv4(prefix(net), bytes('192.0.2.33')), bytes(embedded));
    assert.equal(extractIPv4(prefix(net), bytes(embedded)), bytes('192.0.2.33'));
  },
);

test('a suffix and bits 64 to 71 do not change what is extracted', () => {
  const address = formatAddress(extractIPv4(prefix('2001:db8::/32'), bytes('2001:db8:c000:221:ff00::1')) as Uint8Array);
  assert.is(address, '192.0.2.33');
});

test('nothing is extracted from outside of the prefix', () => {
  assert.is(extractIPv4(prefix('64:ff9b::/96'), bytes('64:ff9b::1:0:0')), undefined);
  assert.is(extractIPv4(prefix('64:ff9b::/97'), bytes('64:ff9b::1')), undefined);
  assert.is(extractIPv4(prefix('64:ff9b::/96'), bytes('10.0.0.1')), undefined);
});

test.each(
  [
    ['64:ff9b::/96', undefined],
    ['2001:db8::/48', undefined],
    ['10.0.0.0/8', 'family'],
    ['2001:db8::/33', 'length'],
    ['2001:db8::/128', 'length'],
    ['2001:db8::1/64', 'host-bits'],
    ['2001:db8:0:0:100::/96', 'bits-64-71'],
    ['2001:db8:0:0:ff::/96', undefined],
  ] as const,
  ([net, fault]) => `${net}: ${fault ?? 'right'}`,
  ([net, fault]) => assert.is(rfc6052Fault(prefix(net)), fault),
);

test('a wrong prefix or address is refused', () => {
  assert.throws(() => embedIPv4(prefix('64:ff9b::/95'), bytes('192.0.2.1')), /length/);
  assert.throws(() => embedIPv4(prefix('64:ff9b::/96'), bytes('::1')), /4 bytes/);
});

test.run();
