/**
 * libbpf.so.1 through koffi: the only file that uses it. Only symbols of libbpf 1.1 (Debian 12). Every call that hands
 * memory to C checks the sizes first: a short buffer would be overrun without a word. Declarations: bpf/libbpf.h,
 * bpf/bpf.h; option structs begin with their size, so newer libraries accept them.
 */
import { constants as osConstants } from 'node:os';
import koffi from 'koffi';

/** A pointer to one of libbpf's opaque structs. */
export type Pointer = object;

const lib = koffi.load('libbpf.so.1');
const libc = koffi.load('libc.so.6');

for (const name of ['bpf_object', 'bpf_map', 'bpf_program']) koffi.opaque(name);
const openOptions = koffi.struct('bpf_object_open_opts', {
  sz: 'size_t',
  object_name: 'const char *',
  relaxed_maps: 'bool',
  pin_root_path: 'const char *',
  unused: 'uint32',
  kconfig: 'const char *',
  btf_custom_path: 'const char *',
  kernel_log_buf: 'void *',
  kernel_log_size: 'size_t',
  kernel_log_level: 'uint32',
});
const createOptions = koffi.struct('bpf_map_create_opts', {
  sz: 'size_t',
  btf_fd: 'uint32',
  btf_key_type_id: 'uint32',
  btf_value_type_id: 'uint32',
  btf_vmlinux_value_type_id: 'uint32',
  inner_map_fd: 'uint32',
  map_flags: 'uint32',
  map_extra: 'uint64',
  numa_node: 'uint32',
  map_ifindex: 'uint32',
});
const linkOptions = koffi.struct('bpf_link_create_opts', {
  sz: 'size_t',
  flags: 'uint32',
  iter_info: 'void *',
  iter_info_len: 'uint32',
  target_btf_id: 'uint32',
  union: koffi.array('uint64', 4),
  sz2: 'size_t',
});
const runOptions = koffi.struct('bpf_test_run_opts', {
  sz: 'size_t',
  data_in: 'void *',
  data_out: 'void *',
  data_size_in: 'uint32',
  data_size_out: 'uint32',
  ctx_in: 'void *',
  ctx_out: 'void *',
  ctx_size_in: 'uint32',
  ctx_size_out: 'uint32',
  retval: 'uint32',
  repeat: 'int',
  duration: 'uint32',
  flags: 'uint32',
  cpu: 'uint32',
  batch_size: 'uint32',
});
const batchOptions = koffi.struct('bpf_map_batch_opts', { sz: 'size_t', elem_flags: 'uint64', flags: 'uint64' });
const printProto = koffi.proto('int libbpf_print_fn(int level, const char *format, void *arguments)');

const setPrint = lib.func('void *libbpf_set_print(libbpf_print_fn *fn)');
const vsnprintf = libc.func('int vsnprintf(void *buffer, size_t size, const char *format, void *arguments)');
const calls = {
  open: lib.func('bpf_object *bpf_object__open_file(const char *path, const bpf_object_open_opts *opts)'),
  load: lib.func('int bpf_object__load(bpf_object *object)'),
  close: lib.func('void bpf_object__close(bpf_object *object)'),
  nextMap: lib.func('bpf_map *bpf_object__next_map(const bpf_object *object, const bpf_map *map)'),
  nextProgram: lib.func('bpf_program *bpf_object__next_program(const bpf_object *object, bpf_program *program)'),
  mapName: lib.func('const char *bpf_map__name(const bpf_map *map)'),
  mapFd: lib.func('int bpf_map__fd(const bpf_map *map)'),
  mapSetMax: lib.func('int bpf_map__set_max_entries(bpf_map *map, uint32_t entries)'),
  mapReuse: lib.func('int bpf_map__reuse_fd(bpf_map *map, int fd)'),
  programName: lib.func('const char *bpf_program__name(const bpf_program *program)'),
  programFd: lib.func('int bpf_program__fd(const bpf_program *program)'),
  mapCreate: lib.func(
    'int bpf_map_create(int type, const char *name, uint32_t key_size, uint32_t value_size, uint32_t max_entries, const bpf_map_create_opts *opts)',
  ),
  lookup: lib.func('int bpf_map_lookup_elem(int fd, const void *key, void *value)'),
  update: lib.func('int bpf_map_update_elem(int fd, const void *key, const void *value, uint64_t flags)'),
  delete: lib.func('int bpf_map_delete_elem(int fd, const void *key)'),
  nextKey: lib.func('int bpf_map_get_next_key(int fd, const void *key, void *next)'),
  lookupBatch: lib.func(
    'int bpf_map_lookup_batch(int fd, void *in, void *out, void *keys, void *values, _Inout_ uint32_t *count, const bpf_map_batch_opts *opts)',
  ),
  pin: lib.func('int bpf_obj_pin(int fd, const char *path)'),
  get: lib.func('int bpf_obj_get(const char *path)'),
  info: lib.func('int bpf_obj_get_info_by_fd(int fd, void *info, _Inout_ uint32_t *size)'),
  linkCreate: lib.func('int bpf_link_create(int program, int target, int type, const bpf_link_create_opts *opts)'),
  linkUpdate: lib.func('int bpf_link_update(int link, int program, const void *opts)'),
  linkDetach: lib.func('int bpf_link_detach(int link)'),
  testRun: lib.func('int bpf_prog_test_run_opts(int fd, _Inout_ bpf_test_run_opts *opts)'),
  cpus: lib.func('int libbpf_num_possible_cpus()'),
};
const closeFd = libc.func('int close(int fd)');
const mmap = libc.func('void *mmap(void *address, size_t size, int protection, int flags, int fd, int64_t offset)');
const munmap = libc.func('int munmap(void *address, size_t size)');

/** Bytes of a page: 4 KiB, on some arm64 kernels 16 or 64 KiB. */
export const pageSize: number = libc.func('int getpagesize()')();

/** Two names for one number: that of linux/errno.h. */
function nameOf(errno: number): string {
  if (errno === osConstants.errno.EOPNOTSUPP) return 'EOPNOTSUPP';
  return Object.entries(osConstants.errno).find(([, value]) => value === errno)?.[0] ?? `errno ${errno}`;
}

/** A call of libbpf or the kernel that failed. */
export class BpfError extends Error {
  /** What was tried: `bpf_map_update_elem sg_ports`. */
  readonly operation: string;
  /** Positive errno. */
  readonly errno: number;
  /** Its name: `ENOENT`. */
  readonly code: string;

  constructor(operation: string, errno: number) {
    const code = nameOf(errno);
    super(`${operation}: ${code}`);
    this.name = 'BpfError';
    this.operation = operation;
    this.errno = errno;
    this.code = code;
  }
}

/** libbpf 1.x returns a negative errno, and sets errno as well. */
function check(result: number, operation: string): number {
  if (result >= 0) return result;
  throw new BpfError(operation, koffi.errno() || -result);
}

function demand(buffer: Uint8Array, size: number, what: string): void {
  if (buffer.byteLength < size) throw new RangeError(`${what}: ${buffer.byteLength} bytes, ${size} are needed`);
}

const LIBBPF_DEBUG = 2;
/** The verifier's log comes as one message, of at most 16 MiB (libbpf.c); its last lines are those that matter. */
const LONGEST_MESSAGE = 17 << 20;

let lines: string[] = [];
let message: Buffer | undefined;
const sink = koffi.register((level: number, format: string, args: unknown): number => {
  if (level >= LIBBPF_DEBUG) return 0;
  message ??= Buffer.allocUnsafeSlow(LONGEST_MESSAGE);
  const length = Math.min(vsnprintf(message, message.length, format, args), message.length - 1);
  lines.push(message.toString('utf8', 0, length).trimEnd());
  return 0;
}, koffi.pointer(printProto));
setPrint(sink);

/** What libbpf has said since the last call. */
export function takeMessages(): string[] {
  const taken = lines;
  lines = [];
  return taken;
}

/** @throws BpfError when the file is no BPF object */
export function objectOpen(path: string): Pointer {
  const pointer = calls.open(path, { sz: koffi.sizeof(openOptions) });
  if (pointer === null) throw new BpfError(`open ${path}`, koffi.errno());
  return pointer as Pointer;
}

/** @throws BpfError; takeMessages() then holds the verifier's log */
export function objectLoad(object: Pointer): void {
  check(calls.load(object), 'bpf_object__load');
}

/** Descriptors of maps and programs that are not duplicated are closed with it. */
export function objectClose(object: Pointer): void {
  calls.close(object);
}

/** Maps and programs by name, in the order of the object. */
export function objectMembers(object: Pointer): { maps: Map<string, Pointer>; programs: Map<string, Pointer> } {
  const maps = new Map<string, Pointer>();
  const programs = new Map<string, Pointer>();
  for (let map = calls.nextMap(object, null); map !== null; map = calls.nextMap(object, map))
    maps.set(calls.mapName(map) as string, map as Pointer);
  for (let one = calls.nextProgram(object, null); one !== null; one = calls.nextProgram(object, one))
    programs.set(calls.programName(one) as string, one as Pointer);
  return { maps, programs };
}

export const mapFd = (map: Pointer): number => check(calls.mapFd(map), 'bpf_map__fd');
export const programFd = (program: Pointer): number => check(calls.programFd(program), 'bpf_program__fd');

/** Before the load: another size than the object says. */
export function mapSetMaxEntries(map: Pointer, entries: number): void {
  check(calls.mapSetMax(map, entries), 'bpf_map__set_max_entries');
}

/** Before the load: use a map that exists already. */
export function mapReuse(map: Pointer, fd: number): void {
  check(calls.mapReuse(map, fd), 'bpf_map__reuse_fd');
}

export interface MapShape {
  readonly type: number;
  readonly name: string;
  readonly keySize: number;
  readonly valueSize: number;
  readonly maxEntries: number;
  readonly flags?: number;
}

/** @returns a descriptor */
export function mapCreate({ type, name, keySize, valueSize, maxEntries, flags = 0 }: MapShape): number {
  const options = { sz: koffi.sizeof(createOptions), map_flags: flags };
  return check(calls.mapCreate(type, name, keySize, valueSize, maxEntries, options), `bpf_map_create ${name}`);
}

/** A map's descriptor with the sizes that its keys and values have in memory. */
export interface MapMemory {
  readonly fd: number;
  readonly name: string;
  readonly keySize: number;
  /** For per-CPU maps the value of all CPUs, each rounded up to 8 bytes. */
  readonly valueSize: number;
}

const ENOENT = osConstants.errno.ENOENT;

/**
 * Of a queue, which has no keys, the first entry is looked up and stays.
 * @returns false when there is no such key
 */
export function mapLookup(map: MapMemory, key: Uint8Array, value: Uint8Array): boolean {
  demand(key, map.keySize, `key of ${map.name}`);
  demand(value, map.valueSize, `value of ${map.name}`);
  // An empty buffer is not the null pointer that the kernel demands there.
  return found(calls.lookup(map.fd, map.keySize === 0 ? null : key, value), `bpf_map_lookup_elem ${map.name}`);
}

/** @param flags 0 any, 1 must not exist, 2 must exist */
export function mapUpdate(map: MapMemory, key: Uint8Array, value: Uint8Array, flags: 0 | 1 | 2): void {
  demand(key, map.keySize, `key of ${map.name}`);
  demand(value, map.valueSize, `value of ${map.name}`);
  check(calls.update(map.fd, key, value, flags), `bpf_map_update_elem ${map.name}`);
}

/** @returns false when there is no such key */
export function mapDelete(map: MapMemory, key: Uint8Array): boolean {
  demand(key, map.keySize, `key of ${map.name}`);
  return found(calls.delete(map.fd, key), `bpf_map_delete_elem ${map.name}`);
}

/** @returns false behind the last key */
export function mapNextKey(map: MapMemory, key: Uint8Array | null, next: Uint8Array): boolean {
  if (key !== null) demand(key, map.keySize, `key of ${map.name}`);
  demand(next, map.keySize, `key of ${map.name}`);
  return found(calls.nextKey(map.fd, key, next), `bpf_map_get_next_key ${map.name}`);
}

/** The batch calls' cursor: four bytes, or a key where keys are larger. */
export const cursorSize = (map: MapMemory): number => Math.max(4, map.keySize);

/** @returns how many entries were read, and whether these were the last */
export function mapLookupBatch(
  map: MapMemory,
  from: Uint8Array | null,
  next: Uint8Array,
  keys: Uint8Array,
  values: Uint8Array,
  most: number,
): { count: number; last: boolean } {
  demand(next, cursorSize(map), `cursor of ${map.name}`);
  if (from !== null) demand(from, cursorSize(map), `cursor of ${map.name}`);
  demand(keys, map.keySize * most, `keys of ${map.name}`);
  demand(values, map.valueSize * most, `values of ${map.name}`);
  const count = [most];
  const options = { sz: koffi.sizeof(batchOptions), elem_flags: 0, flags: 0 };
  const more = found(calls.lookupBatch(map.fd, from, next, keys, values, count, options), `batch ${map.name}`);
  return { count: count[0] ?? 0, last: !more };
}

function found(result: number, operation: string): boolean {
  if (result >= 0) return true;
  if ((koffi.errno() || -result) === ENOENT) return false;
  check(result, operation);
  return false;
}

export const possibleCpus = (): number => check(calls.cpus(), 'libbpf_num_possible_cpus');
export const pin = (fd: number, path: string): void => void check(calls.pin(fd, path), `pin ${path}`);

/** @returns a descriptor, or undefined when nothing is pinned there */
export function pinned(path: string): number | undefined {
  const fd = calls.get(path) as number;
  return found(fd, `bpf_obj_get ${path}`) ? fd : undefined;
}

/** The kernel's `struct bpf_prog_info`, `bpf_map_info` or `bpf_link_info`, as far as `size` bytes go. */
export function objectInfo(fd: number, size: number): DataView {
  const info = new Uint8Array(size);
  check(calls.info(fd, info, [size]), 'bpf_obj_get_info_by_fd');
  return new DataView(info.buffer);
}

/** enum bpf_attach_type, linux/bpf.h */
export const ATTACH = { traceRawTp: 23, xdp: 37, tcxIngress: 46, tcxEgress: 47 } as const;

/** @returns a descriptor of the link */
export function linkCreate(program: number, target: number, attach: number, flags: number, what: string): number {
  const options = { sz: koffi.sizeof(linkOptions) - 8, flags };
  return check(calls.linkCreate(program, target, attach, options), `attach ${what}`);
}

/** Swaps the program of a link; no packet is missed. */
export const linkUpdate = (link: number, program: number): void =>
  void check(calls.linkUpdate(link, program, null), 'bpf_link_update');

/** Takes the program off, whoever still holds the link. */
export const linkDetach = (link: number): void => void check(calls.linkDetach(link), 'bpf_link_detach');

export interface TestRun {
  readonly data?: Uint8Array;
  readonly context?: Uint8Array;
  readonly outSize?: number;
  readonly repeat?: number;
}

/** BPF_PROG_TEST_RUN. */
export function testRun(
  fd: number,
  { data, context, outSize = 0, repeat = 1 }: TestRun,
): { retval: number; data: Uint8Array; context: Uint8Array; durationNs: number } {
  const out = new Uint8Array(data === undefined ? 0 : Math.max(outSize, data.byteLength + 512));
  const contextOut = context === undefined ? undefined : context.slice();
  const options = {
    sz: koffi.sizeof(runOptions),
    data_in: data ?? null,
    data_out: data === undefined ? null : out,
    data_size_in: data?.byteLength ?? 0,
    data_size_out: out.byteLength,
    // A syscall program's context is written back to where it was read from.
    ctx_in: contextOut ?? null,
    ctx_out: null,
    ctx_size_in: contextOut?.byteLength ?? 0,
    ctx_size_out: 0,
    retval: 0,
    repeat: context === undefined ? repeat : 0,
    duration: 0,
    flags: 0,
    cpu: 0,
    batch_size: 0,
  };
  check(calls.testRun(fd, options), 'BPF_PROG_TEST_RUN');
  return {
    retval: options.retval | 0,
    data: out.subarray(0, data === undefined ? 0 : options.data_size_out),
    context: contextOut ?? new Uint8Array(),
    durationNs: options.duration,
  };
}

export const close = (fd: number): void => void closeFd(fd);

const PROT_READ = 1;
const PROT_WRITE = 2;
const MAP_SHARED = 1;

/** Memory of a map or ring, shared with the kernel until `unmap`. Nobody may use it afterwards. */
export interface Mapping {
  readonly buffer: ArrayBuffer;
  unmap(): void;
}

/** @param offset in bytes, a multiple of the page size */
export function mapMemory(fd: number, size: number, offset: number, writable: boolean): Mapping {
  const address = mmap(null, size, PROT_READ | (writable ? PROT_WRITE : 0), MAP_SHARED, fd, offset);
  if (address === null || koffi.address(address) === 0xffffffffffffffffn) throw new BpfError('mmap', koffi.errno());
  return { buffer: koffi.view(address, size) as ArrayBuffer, unmap: () => void munmap(address, size) };
}
