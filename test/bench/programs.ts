/** The benchmark's BPF programs: compiled, loaded, and the generator's run, which really sends what it redirects. */
import { execFile } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import koffi from 'koffi';
import { type Codec, u32, u64 } from '../../appliance/dataplane/codec.ts';
import { BpfMap } from '../../appliance/dataplane/map.ts';
import { BpfObject } from '../../appliance/dataplane/object.ts';
import type { Template } from './frames.ts';

const repository = resolve(dirname(fileURLToPath(import.meta.url)), '../../..');

/** Layouts of gen.h, sink.bpf.c and reference.bpf.c. */
const CONFIG_BYTES = 176;
const FIELDS_AT = 40;
const FIELD_BYTES = 12;
const HEADERS_AT = 112;
const HEADERS_BYTES = 64;
const STATE_BYTES = 32;
const HOP_BYTES = 24;
const SAMPLE_BYTES = 128;
const SAMPLES = 64;
/** Packets between two time stamps. */
export const CHUNK = 128;
const MAX_CHUNKS = 8192;

/** BPF_F_TEST_XDP_LIVE_FRAMES, linux/bpf.h (Linux 5.18); 64 frames a batch, as one poll of a device takes. */
const LIVE_FRAMES = 2;
const BATCH = 64;

const runOptions = koffi.struct('bench_test_run_opts', {
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
const runLive = koffi.load('libbpf.so.1').func('int bpf_prog_test_run_opts(int fd, _Inout_ bench_test_run_opts *opts)');

const bytes = (size: number): Codec<Uint8Array> => ({
  name: 'bytes',
  size,
  decode: (view, offset = 0) => new Uint8Array(view.buffer, view.byteOffset + offset, size).slice(),
  encode: (view, value, offset = 0) => new Uint8Array(view.buffer, view.byteOffset + offset, size).set(value),
});

function open<V>(object: BpfObject, name: string, value: Codec<V>, maxEntries: number): BpfMap<number, V> {
  const shape = { name, type: 0, flags: 0, maxEntries, keySize: 4, valueSize: value.size };
  return new BpfMap(object.mapFd(name), { ...shape, key: u32, value });
}

/** Compiles the three objects. @returns paths by name */
export async function compile(): Promise<Record<'gen' | 'sink' | 'reference', string>> {
  const folder = join(repository, 'build/bench');
  mkdirSync(folder, { recursive: true });
  const multiarch = process.arch === 'arm64' ? 'aarch64-linux-gnu' : 'x86_64-linux-gnu';
  const flags = ['-O2', '-g', '-target', 'bpf', '-mcpu=v3', '-Wall', '-Werror', `-I/usr/include/${multiarch}`];
  const one = async (name: string): Promise<string> => {
    const output = join(folder, `${name}.o`);
    const source = join(repository, `test/bench/${name}.bpf.c`);
    await promisify(execFile)(process.env.CLANG ?? 'clang-19', [...flags, '-c', source, '-o', output]);
    return output;
  };
  const [gen = '', sink = '', reference = ''] = await Promise.all(['gen', 'sink', 'reference'].map(one));
  return { gen, sink, reference };
}

/** What to send. */
export interface Load {
  readonly template: Template;
  /** Device that the frames are redirected to; 0: they are dropped at once. */
  readonly ifindex: number;
  readonly packets: number;
  /** Flows `base` to `base + flows - 1`, at random or one after the other. */
  readonly flows: number;
  readonly base?: number;
  readonly random?: boolean;
}

/** What came of it, in nanoseconds a packet. */
export interface Pace {
  readonly sent: number;
  /** Of the chunks: what the work takes when nobody else takes the core away. */
  readonly medianNs: number;
  /** Of all packets: with everything that interrupted. */
  readonly meanNs: number;
  /** Time of the core that this process was charged with, soft interrupts included; and the call's own set-up. */
  readonly cpuNs: number;
}

/** The generator. */
export class Generator {
  readonly #object: BpfObject;
  readonly #config: BpfMap<number, Uint8Array>;
  readonly #state: BpfMap<number, Uint8Array>;
  readonly #chunks: BpfMap<number, number>;

  constructor(file: string) {
    this.#object = BpfObject.load(file);
    this.#config = open(this.#object, 'bench_gen', bytes(CONFIG_BYTES), 1);
    this.#state = open(this.#object, 'bench_state', bytes(STATE_BYTES), 1);
    this.#chunks = open(this.#object, 'bench_chunks', u32, MAX_CHUNKS);
  }

  /** Sends to the end, in the namespace and on the core of the caller; nothing else happens in this process meanwhile. */
  run(load: Load): Pace {
    if (load.packets / CHUNK > MAX_CHUNKS) throw new RangeError(`${load.packets} packets are too many for one run`);
    this.#config.update(0, configOf(load));
    const state = new Uint8Array(STATE_BYTES);
    new DataView(state.buffer).setBigUint64(16, 0x9e3779b97f4a7c15n, true);
    this.#state.update(0, state);
    const { frame } = load.template;
    const options = {
      sz: koffi.sizeof(runOptions),
      data_in: frame,
      data_out: null,
      data_size_in: frame.byteLength,
      data_size_out: 0,
      ctx_in: null,
      ctx_out: null,
      ctx_size_in: 0,
      ctx_size_out: 0,
      retval: 0,
      repeat: load.packets,
      duration: 0,
      flags: LIVE_FRAMES,
      cpu: 0,
      batch_size: BATCH,
    };
    const before = process.cpuUsage();
    const status = runLive(this.#object.program('gen').fd, options) as number;
    if (status !== 0) throw new Error(`BPF_PROG_TEST_RUN with live frames failed: errno ${-status}`);
    const { user, system } = process.cpuUsage(before);
    return this.#pace((user + system) * 1000);
  }

  close(): void {
    this.#object.close();
  }

  #pace(cpuNs: number): Pace {
    const state = new DataView((this.#state.lookup(0) as Uint8Array).buffer);
    const count = state.getUint32(24, true);
    const took = Array.from({ length: count }, (_, number) => this.#chunks.lookup(number) as number);
    const sum = took.reduce((total, each) => total + each, 0);
    const sent = Number(state.getBigUint64(0, true));
    return { sent, medianNs: median(took) / CHUNK, meanNs: sum / count / CHUNK, cpuNs: cpuNs / sent };
  }
}

function configOf({ template, ifindex, flows, base = 0, random = false }: Load): Uint8Array {
  const config = new Uint8Array(CONFIG_BYTES);
  const view = new DataView(config.buffer);
  const { l3, l4, fields, frame } = template;
  const words = [ifindex, flows, base, random ? 1 : 0, fields.length];
  words.push(l3?.offset ?? 0, l3?.base ?? 0, l4.offset, l4.base);
  for (const [index, word] of words.entries()) view.setUint32(index * 4, word, true);
  for (const [index, field] of fields.entries()) {
    const parts = [field.offset, field.shift, field.mask, field.add, Number(field.inL3), Number(field.inL4)];
    for (const [at, part] of parts.entries()) view.setUint16(FIELDS_AT + index * FIELD_BYTES + at * 2, part, true);
  }
  config.set(frame.subarray(0, HEADERS_BYTES), HEADERS_AT);
  return config;
}

/** The middle one of some numbers; NaN of none. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? Number.NaN;
}

/** The sinks' counters and samples. */
export class Sink {
  readonly #object: BpfObject;
  readonly #count: BpfMap<number, bigint>;
  readonly #sample: BpfMap<number, Uint8Array>;

  constructor(file: string) {
    this.#object = BpfObject.load(file);
    this.#count = open(this.#object, 'bench_count', u64, 64);
    this.#sample = open(this.#object, 'bench_sample', bytes(SAMPLE_BYTES), SAMPLES);
  }

  /** Descriptor of the program, to be attached to a device. */
  get program(): number {
    return this.#object.program('sink').fd;
  }

  /** Forgets everything. */
  reset(): void {
    for (let slot = 0; slot < SAMPLES; slot += 1) this.#sample.update(slot, new Uint8Array(SAMPLE_BYTES));
  }

  /** Data frames that a device has received since it was made. */
  received(ifindex: number): number {
    return Number(this.#count.lookupAll(ifindex).reduce((sum, count) => sum + count, 0n));
  }

  /** Frames that arrived since `reset`, evenly chosen, with their whole length (they may be longer than what is kept). */
  samples(): { readonly length: number; readonly frame: Uint8Array }[] {
    return Array.from({ length: SAMPLES }, (_, slot) => this.#sample.lookup(slot) as Uint8Array).flatMap((sample) => {
      const length = new DataView(sample.buffer).getUint32(0, true);
      return length === 0 ? [] : [{ length, frame: sample.subarray(4, 4 + Math.min(length, SAMPLE_BYTES - 4)) }];
    });
  }

  close(): void {
    this.#object.close();
  }
}

/** The reference programs, pinned for `ip link set … xdpdrv pinned`. */
export class References {
  readonly #object: BpfObject;

  constructor(file: string) {
    this.#object = BpfObject.load(file);
    for (const name of ['ceiling', 'pass']) this.#object.program(name).pin(`/sys/fs/bpf/${name}`);
  }

  /** Where the ceiling sends everything. */
  aim(ifindex: number, destinationMac: Uint8Array, sourceMac: Uint8Array): void {
    const hop = new Uint8Array(HOP_BYTES);
    new DataView(hop.buffer).setUint32(0, ifindex, true);
    hop.set(destinationMac, 8);
    hop.set(sourceMac, 14);
    open(this.#object, 'bench_hop', bytes(HOP_BYTES), 1).update(0, hop);
  }

  close(): void {
    this.#object.close();
  }
}
