import { assert, suite } from '../../../test/kit/suite.ts';
import { Btf } from './btf.ts';

const test = suite('reader of BTF');

const words = (...values: number[]): Buffer => Buffer.from(Uint32Array.from(values).buffer);

/** A section with `unsigned int` as type 1 and a structure of one such member as type 2 (Linux, btf.rst). */
function sectionWith(name: string): Buffer {
  const strings = Buffer.from(`\0unsigned int\0${name}\0opaque\0`);
  const nameAt = 14;
  const memberAt = nameAt + name.length + 1;
  const types = Buffer.concat([words(1, 1 << 24, 4, 32), words(nameAt, (4 << 24) | 1, 16, memberAt, 1, 0)]);
  const header = words(0x0001_eb9f, 24, 0, types.length, types.length, strings.length);
  return Buffer.concat([header, types, strings]);
}

test('the members of a structure are read', () => {
  const struct = new Btf(sectionWith('some_key')).struct('some_key');
  assert.equal(struct?.members, [{ name: 'opaque', type: 1, bitOffset: 0, bitSize: 0 }]);
});

test("what is inside the kernel's own is not looked at: old headers hide it, new ones name it", () => {
  const struct = new Btf(sectionWith('bpf_timer')).struct('bpf_timer');
  assert.equal(struct, { kind: 'struct', name: 'bpf_timer', size: 16, members: [] });
});

test.run();
