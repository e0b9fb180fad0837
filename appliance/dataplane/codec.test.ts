import { assert, suite } from '../../test/kit/suite.ts';
import { type Codec, type MapDef, none, putBytes, putList, u32, u64 } from './codec.ts';
import { ClassKind, layoutHash, maps, type Port, type PortKey } from './layout.gen.ts';

const test = suite('codecs');

function viewOf(size: number, fill = 0): DataView {
  return new DataView(new Uint8Array(size).fill(fill).buffer);
}

function bytesOf<T>(codec: Codec<T>, value: T): number[] {
  const view = viewOf(codec.size, 0xff);
  codec.encode(view, value);
  return [...new Uint8Array(view.buffer)];
}

/** What TypeScript infers from an entry of `maps`. */
function keyAndValue<K, V>(def: MapDef<K, V>, key: K, value: V): [number[], number[]] {
  return [bytesOf(def.key, key), bytesOf(def.value, value)];
}

test('integers are little-endian', () => {
  assert.equal(bytesOf(u32, 0x01020304), [4, 3, 2, 1]);
  assert.equal(bytesOf(u64, 0x0102030405060708n), [8, 7, 6, 5, 4, 3, 2, 1]);
  assert.equal(bytesOf(none, undefined), []);
});

test('an address is a number in network order, padding is zero', () => {
  const key: PortKey = { ifindex: 7, vlan: 100 };
  const port: Port = {
    ifindex: 7,
    number: 1,
    table: 254,
    role: 2,
    flags: 1,
    mtu: 1500,
    vlan: 100,
    mac: Uint8Array.of(2, 0, 0, 0, 0, 1),
    addr4: 0xc6336402,
    addr6: [0x20010db8, 0, 0, 1],
  };
  assert.equal(keyAndValue(maps.sgPorts, key, port), [
    [7, 0, 0, 0, 100, 0, 0, 0],
    [
      ...[7, 0, 0, 0, 1, 0, 0, 0, 254, 0, 0, 0, 2, 0, 1, 0, 0xdc, 5, 100, 0, 2, 0, 0, 0, 0, 1, 0, 0],
      ...[198, 51, 100, 2, 0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1],
    ],
  ]);
});

test('what was encoded at an offset is decoded from there', () => {
  const codec = maps.sgClass6.key;
  const key = { prefixlen: 128, set: 1, table: 0, addr: [0x64ff9b, 0, 0, ClassKind.CLASS_NAT64_POOL4] };
  const view = viewOf(codec.size + 8);
  codec.encode(view, key, 8);
  assert.equal(codec.decode(view, 8), key);
});

test('arrays of another length are refused', () => {
  assert.throws(() => putBytes(viewOf(8), 0, new Uint8Array(5), 6), /expected 6 bytes, got 5/);
  assert.throws(() => putList([1], 4, 4, () => undefined), /expected 4 elements, got 1/);
});

test('every map fits its codecs', () => {
  for (const def of Object.values(maps)) {
    assert.equal([def.name, def.key.size, def.value.size], [def.name, def.keySize, def.valueSize]);
  }
  assert.match(layoutHash, /^[0-9a-f]{64}$/);
});

test.run();
