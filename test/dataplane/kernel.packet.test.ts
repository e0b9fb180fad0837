/** The library on a real kernel: maps, programs, links and rings of a small object of its own. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Codec, type MapDef, u32, u64 } from '../../appliance/dataplane/codec.ts';
import { close, mapLookup, mapUpdate, pageSize, pinned, possibleCpus } from '../../appliance/dataplane/libbpf.ts';
import { BpfLink } from '../../appliance/dataplane/link.ts';
import { BpfMap, createMap } from '../../appliance/dataplane/map.ts';
import { BpfObject, BpfProgram, VerifierError } from '../../appliance/dataplane/object.ts';
import { Pins } from '../../appliance/dataplane/pins.ts';
import { Poller } from '../../appliance/dataplane/poller.ts';
import { Ring } from '../../appliance/dataplane/ring.ts';
import { compileBpf } from '../kit/compile.ts';
import { assert, atEnd, eventually, needs, suite } from '../kit/suite.ts';

const source = 'test/dataplane/fixture/kernel.bpf.c';
const bpffs = '/sys/fs/bpf';

interface Key {
  readonly a: number;
  readonly b: number;
}
interface Value {
  readonly packets: bigint;
  readonly word: number;
}
const key: Codec<Key> = {
  name: 'key',
  size: 8,
  decode: (view, at = 0) => ({ a: view.getUint32(at, true), b: view.getUint32(at + 4, true) }),
  encode(view, value, at = 0) {
    view.setUint32(at, value.a, true);
    view.setUint32(at + 4, value.b, true);
  },
};
const value: Codec<Value> = {
  name: 'value',
  size: 16,
  decode: (view, at = 0) => ({ packets: view.getBigUint64(at, true), word: view.getUint32(at + 8, true) }),
  encode(view, given, at = 0) {
    view.setBigUint64(at, given.packets, true);
    view.setUint32(at + 8, given.word, true);
  },
};
function define<K, V>(name: string, type: number, maxEntries: number, keys: Codec<K>, values: Codec<V>): MapDef<K, V> {
  return { name, type, maxEntries, flags: 0, keySize: keys.size, valueSize: values.size, key: keys, value: values };
}
const hash = define('hash', 1, 10_000, key, value);
const perCpu = define('per_cpu', 6, 2, u32, u32);
const outer = define('outer', 12, 8, u32, u32);
const inner = define('inner', 2, 4, u32, u64);

let file = '';
let refusedFile = '';

function load(options: Parameters<typeof BpfObject.load>[1] = {}): BpfObject {
  const object = BpfObject.load(file, options);
  atEnd(async () => object.close());
  return object;
}

function order(count: number, first = 0): Uint8Array {
  const bytes = new Uint8Array(16);
  new DataView(bytes.buffer).setUint32(0, count, true);
  new DataView(bytes.buffer).setUint32(4, first, true);
  return bytes;
}

/** Index of a new device, one end of a veth pair. */
function device(name: string): number {
  execFileSync('ip', ['link', 'add', name, 'type', 'veth', 'peer', 'name', `${name}-peer`]);
  return Number(execFileSync('ip', ['-o', 'link', 'show', 'dev', name], { encoding: 'utf8' }).split(':')[0]);
}

const test = suite('dataplane on the kernel');

test.before(() => {
  needs('root', 'btf', 'veth');
  file = compileBpf(source, 'kernel');
  refusedFile = compileBpf(source, 'refused', '-DREFUSED');
});

test('an object tells its maps and programs', () => {
  const object = load();
  assert.equal([...object.programs.keys()].sort(), ['classifier', 'first', 'second', 'traced', 'work']);
  assert.equal(
    ['hash', 'outer', 'per_cpu', 'ring', 'shared'].filter((name) => !object.mapFds.has(name)),
    [],
  );
  const info = object.program('first').info();
  assert.match(info.tag, /^[0-9a-f]{16}$/);
  assert.ok(info.verifiedInstructions > 0);
  assert.throws(() => object.program('nobody'), /nobody/);
});

test('a map keeps, finds and loses entries', () => {
  const map = new BpfMap(load().mapFd('hash'), hash);
  map.update({ a: 1, b: 2 }, { packets: 2n ** 40n, word: 3 });
  assert.equal(map.lookup({ a: 1, b: 2 }), { packets: 2n ** 40n, word: 3 });
  assert.is(map.lookup({ a: 2, b: 1 }), undefined);
  assert.throws(() => map.update({ a: 1, b: 2 }, { packets: 0n, word: 0 }, 'noexist'), /EEXIST/);
  assert.throws(() => map.update({ a: 9, b: 9 }, { packets: 0n, word: 0 }, 'exist'), /ENOENT/);
  assert.is(map.delete({ a: 1, b: 2 }), true);
  assert.is(map.delete({ a: 1, b: 2 }), false);
});

test('maps are made in another size than the object says, and are full then', () => {
  const map = new BpfMap(load({ maxEntries: new Map([['hash', 2]]) }).mapFd('hash'), hash);
  assert.is(map.info.maxEntries, 2);
  for (const b of [1, 2]) map.update({ a: 0, b }, { packets: 0n, word: b });
  assert.throws(() => map.update({ a: 0, b: 3 }, { packets: 0n, word: 3 }), /E2BIG/);
});

test('a scan sees every entry once, in parts', () => {
  const map = new BpfMap(load().mapFd('hash'), hash);
  for (let a = 0; a < 5000; a += 1) map.update({ a, b: a }, { packets: BigInt(a), word: 0 });
  for (const most of [1, 100, 4000]) {
    const seen = new Set<number>();
    let parts = 0;
    for (const { keys, values, count } of map.scan(most)) {
      parts += 1;
      for (let index = 0; index < count; index += 1) {
        const { a } = key.decode(keys, index * 8);
        if (value.decode(values, index * 16).packets === BigInt(a)) seen.add(a);
      }
    }
    assert.is(seen.size, 5000);
    assert.ok(parts > 1);
  }
  assert.is([...map.entries()].length, 5000);
});

test('a wrong definition, and memory that is too short, are refused before the kernel sees them', () => {
  const fd = load().mapFd('hash');
  assert.throws(() => new BpfMap(fd, { ...hash, valueSize: 8 }), /keys of 8 and values of 16 bytes/);
  const memory = { fd, name: 'hash', keySize: 8, valueSize: 16 };
  assert.throws(() => mapLookup(memory, new Uint8Array(8), new Uint8Array(15)), RangeError);
  assert.throws(() => mapUpdate(memory, new Uint8Array(7), new Uint8Array(16), 0), RangeError);
});

test('a program without a packet takes orders and answers; per-CPU values come apart', () => {
  const object = load();
  const map = new BpfMap(object.mapFd('per_cpu'), perCpu);
  assert.is(object.program('work').run({ context: order(0) }).retval, 7);
  const values = map.lookupAll(0);
  assert.is(values.length, possibleCpus());
  assert.is(
    values.reduce((sum, one) => sum + one, 0),
    1,
  );
});

test('an inner map is put in by its descriptor and used by the program', () => {
  const object = load();
  const map = new BpfMap(object.mapFd('outer'), outer);
  assert.is(map.lookup(0), undefined);
  const fd = createMap({ type: 2, name: 'inner', keySize: 4, valueSize: 8, maxEntries: 4 });
  new BpfMap(fd, inner).update(1, 41n);
  map.update(0, fd);
  close(fd);
  const { context } = object.program('work').run({ context: order(0) });
  assert.is(new DataView(context.buffer, context.byteOffset).getBigUint64(8, true), 41n);
  assert.ok((map.lookup(0) ?? 0) > 0);
  const misfit = createMap({ type: 2, name: 'misfit', keySize: 4, valueSize: 16, maxEntries: 4 });
  assert.throws(() => map.update(1, misfit), /EINVAL/);
  close(misfit);
});

test('an array in shared memory shows what the map holds, both ways', () => {
  const map = new BpfMap(load().mapFd('shared'), define('shared', 2, 3, u32, u32));
  const memory = map.memory(true);
  assert.is(memory.stride, 8);
  const view = new DataView(memory.buffer);
  map.update(2, 77);
  assert.is(view.getUint32(16, true), 77);
  view.setUint32(8, 5, true);
  assert.is(map.lookup(1), 5);
  memory.unmap();
});

test('a frame goes in and comes out, longer too', () => {
  const object = load();
  const frame = Uint8Array.from({ length: 64 }, (_, index) => index + 100);
  const sent = object.program('first').run({ data: frame });
  assert.is(sent.retval, 3);
  assert.equal([...sent.data.subarray(0, 3)], [1, 101, 102]);
  assert.is(sent.data.length, 64);
  const grown = object.program('second').run({ data: frame });
  assert.is(grown.retval, 2);
  assert.equal([...grown.data.subarray(4)], [...frame]);
  assert.is(object.program('first').run({ data: new Uint8Array(9000) }).data.length, 9000);
});

test('the last words of the verifier are in the message, all of them in the file', () => {
  const logFile = join(mkdtempSync(join(tmpdir(), 'log-')), 'verifier.log');
  try {
    BpfObject.load(refusedFile, { logFile });
    assert.unreachable();
  } catch (error) {
    assert.ok(error instanceof VerifierError);
    assert.match((error as Error).message, /invalid access to packet/);
    assert.ok((error as Error).message.length < 1000);
  }
  const log = readFileSync(logFile, 'utf8');
  assert.ok(log.length > 20_000);
  assert.match(log, /processed \d+ insns/);
  assert.match(log, /R1=ctx/);
});

test('pins outlive the object, are adopted, and their maps go into the next object', () => {
  const pins = new Pins(join(bpffs, 'sixgate', 'test'));
  pins.create();
  const before = BpfObject.load(file);
  new BpfMap(before.mapFd('hash'), hash).pin(pins.path('maps', 'hash'));
  new BpfMap(before.mapFd('outer'), outer).pin(pins.path('maps', 'outer'));
  before.program('work').pin(pins.path('progs', 'work'));
  new BpfMap(before.mapFd('hash'), hash).update({ a: 1, b: 1 }, { packets: 1n, word: 1 });
  const table = createMap({ type: 2, name: 'inner', keySize: 4, valueSize: 8, maxEntries: 4 });
  new BpfMap(table, inner).update(1, 99n);
  new BpfMap(before.mapFd('outer'), outer).update(0, table);
  close(table);
  assert.throws(() => before.program('work').pin(pins.path('progs', 'work')), /EEXIST/);
  before.close();

  assert.equal(pins.names('maps').sort(), ['hash', 'outer']);
  const adopted = BpfProgram.fromPin(pins.path('progs', 'work'), 'work');
  assert.is(adopted?.run({ context: order(0) }).retval, 7);
  const reuse = new Map(pins.names('maps').map((name) => [name, pinned(pins.path('maps', name)) ?? -1]));
  const after = load({ reuse, maxEntries: new Map([['hash', 5]]) });
  const map = new BpfMap(after.mapFd('hash'), hash);
  assert.is(map.info.maxEntries, 10_000);
  assert.equal(map.lookup({ a: 1, b: 1 }), { packets: 1n, word: 1 });
  const { context } = after.program('work').run({ context: order(0) });
  assert.is(new DataView(context.buffer, context.byteOffset).getBigUint64(8, true), 99n);
  pins.removeAll();
  assert.equal(pins.names('maps'), []);
  assert.is(pinned(pins.path('maps', 'hash')), undefined);
});

test('an XDP link attaches once, is pinned, adopted, swapped and taken off', () => {
  const ifindex = device('xdp0');
  const object = load();
  const link = BpfLink.xdp(object.program('first').fd, ifindex, 'native');
  assert.throws(() => BpfLink.xdp(object.program('second').fd, ifindex, 'native'), /EBUSY/);
  mkdirSync(join(bpffs, 'links'), { recursive: true });
  link.pin(join(bpffs, 'links/xdp'));
  link.close();
  const again = BpfLink.fromPin(join(bpffs, 'links/xdp'));
  assert.is(again?.info().ifindex, ifindex);
  assert.is(again?.info().programId, object.program('first').info().id);
  again?.update(object.program('second').fd);
  assert.is(again?.info().programId, object.program('second').info().id);
  assert.throws(() => again?.update(object.program('classifier').fd), /EINVAL/);
  again?.detach();
  BpfLink.xdp(object.program('first').fd, ifindex, 'generic').close();
  assert.is(BpfLink.fromPin(join(bpffs, 'nothing')), undefined);
  assert.throws(() => BpfLink.xdp(object.program('first').fd, 1, 'native'), /EOPNOTSUPP/);
});

test('tcx links, also swapped', () => {
  const ifindex = device('tcx0');
  const object = load();
  const link = BpfLink.tcx(object.program('classifier').fd, ifindex, 'ingress');
  const other = BpfLink.tcx(object.program('classifier').fd, ifindex, 'egress');
  assert.is(link.info().ifindex, ifindex);
  link.update(load().program('classifier').fd);
  assert.throws(() => BpfLink.tcx(object.program('first').fd, ifindex, 'ingress'), /EINVAL/);
  link.detach();
  other.detach();
});

test('a tracepoint link can be pinned', () => {
  const object = load();
  const link = BpfLink.tracepoint(object.program('traced').fd, 'xdp_redirect_err');
  link.pin(join(bpffs, 'trace'));
  link.close();
  const again = BpfLink.fromPin(join(bpffs, 'trace'));
  assert.is(again?.info().programId, object.program('traced').info().id);
  again?.close();
  execFileSync('rm', [join(bpffs, 'trace')]);
});

test('a ring hands out every record in order, over its end and after it was full', async () => {
  const object = load();
  const poller = Poller.open();
  const seen: number[] = [];
  // libbpf rounds what the fixture says up to whole pages.
  const size = Math.max(4096, pageSize);
  const ring = new Ring(object.mapFd('ring'), size, poller, (record) =>
    seen.push(Number(record.getBigUint64(0, true))),
  );
  const work = object.program('work');
  for (let round = 0; round < 20; round += 1) {
    assert.is(work.run({ context: order(100, round * 100) }).retval, 7);
    await eventually(() => assert.is(seen.length, (round + 1) * 100));
  }
  assert.equal(
    seen,
    Array.from({ length: 2000 }, (_, index) => index),
  );
  // Until it is full; nobody reads meanwhile.
  let retval = 7;
  for (let first = 5000; retval === 7; first += 400) retval = work.run({ context: order(400, first) }).retval;
  assert.is(retval, -28);
  await eventually(() => assert.ok(seen.length > 2200));
  const some = seen.length;
  assert.is(work.run({ context: order(3, 9000) }).retval, 7);
  await eventually(() => assert.equal(seen.slice(some), [9000, 9001, 9002]));
  ring.close();
  await poller.close();
});

test.run();
