import { assert, suite } from '../../../test/kit/suite.ts';
import type { Btf, BtfType, StructType } from './btf.ts';
import { holes, LayoutError, StructEmitter } from './emit.ts';

const test = suite('generator of codecs');

const u8: BtfType = { kind: 'int', name: 'unsigned char', size: 1, signed: false };
const word: BtfType = { kind: 'int', name: 'unsigned int', size: 4, signed: false };

/** As much of a Btf as the emitter asks for; types by number. */
function btfOf(types: readonly BtfType[], doc?: string): Btf {
  const resolve = (id: number): { type: BtfType; alias: string } => {
    const type = types[id] as BtfType;
    return type.kind === 'alias' ? { type: resolve(type.type).type, alias: type.name } : { type, alias: '' };
  };
  const sizeOf = (id: number) => ('size' in resolve(id).type ? (resolve(id).type as StructType).size : 8);
  return { resolve, sizeOf, memberDoc: () => doc } as unknown as Btf;
}

function struct(size: number, ...members: [name: string, type: number, offset: number][]): StructType {
  return {
    kind: 'struct',
    name: 'some_key',
    size,
    members: members.map(([name, type, offset]) => ({ name, type, bitOffset: offset * 8, bitSize: 0 })),
  };
}

test('holes between members, at the end and inside members are found', () => {
  const inner = struct(8, ['a', 1, 0], ['b', 0, 4]);
  const types = [u8, word, inner];
  assert.equal(holes(btfOf(types), struct(8, ['a', 1, 0], ['b', 1, 4])), []);
  assert.equal(holes(btfOf(types), struct(8, ['a', 0, 0], ['b', 1, 4])), [[1, 3]]);
  assert.equal(holes(btfOf(types), struct(12, ['x', 1, 0], ['y', 2, 4])), [[9, 3]]);
});

test('typedefs of network order are read big-endian, padding is written as zeros', () => {
  const types: BtfType[] = [u8, word, { kind: 'alias', name: '__be32', type: 1 }];
  const emitter = new StructEmitter();
  const members = struct(12, ['dst_addr', 2, 0], ['plain', 1, 4], ['proto', 0, 8], ['pad', 0, 9]);
  assert.is(emitter.struct(btfOf(types, 'what it is'), members), 'someKey');
  const text = emitter.text.join('\n');
  assert.match(text, /dstAddr: view\.getUint32\(offset\),/);
  assert.match(text, /offsets: \{ dstAddr: 0, plain: 4, proto: 8, \},/);
  assert.match(text, /plain: view\.getUint32\(offset \+ 4, true\),/);
  assert.match(text, /\/\*\* what it is \*\/\nreadonly dstAddr: number;/);
  assert.match(text, /putZeros\(view, offset \+ 9, 1\);\nputZeros\(view, offset \+ 10, 2\);/);
  assert.not.match(text, /pad:/);
});

test('what has no codec is refused', () => {
  const types: BtfType[] = [{ kind: 'ptr', name: '', type: 0 }];
  assert.throws(
    () => new StructEmitter().struct(btfOf(types), struct(8, ['next', 0, 0])),
    (error: unknown) => error instanceof LayoutError && /^some_key\.next: a ptr has no codec\.$/.test(error.message),
  );
});

test.run();
