/** BPF objects and programs: a file on disk becomes maps and verified programs in the kernel. */
import { writeFileSync } from 'node:fs';
import {
  BpfError,
  close,
  mapFd,
  mapReuse,
  mapSetMaxEntries,
  objectClose,
  objectInfo,
  objectLoad,
  objectMembers,
  objectOpen,
  type Pointer,
  pin,
  pinned,
  programFd,
  type TestRun,
  takeMessages,
  testRun,
} from './libbpf.ts';

/** The verifier refused a program. The message has its last words; the whole log is in `logFile`. */
export class VerifierError extends Error {
  readonly logFile: string | undefined;

  constructor(reason: string, messages: readonly string[], logFile: string | undefined) {
    const log = messages.join('\n').split('\n');
    const useful = log.filter(
      (line) => line !== '' && !/^(libbpf: |-- |processed |verification time|stack depth)/.test(line),
    );
    const tail = useful.slice(-3).join(' / ') || log.slice(-3).join(' / ');
    super(`${reason}: ${tail} (${log.length} lines in ${logFile ?? 'no file'})`);
    this.name = 'VerifierError';
    this.logFile = logFile;
  }
}

const PROG_INFO_SIZE = 232;

/** A program in the kernel. */
export class BpfProgram {
  readonly fd: number;
  readonly name: string;

  constructor(fd: number, name: string) {
    this.fd = fd;
    this.name = name;
  }

  /** undefined when nothing is pinned there. */
  static fromPin(path: string, name: string): BpfProgram | undefined {
    const fd = pinned(path);
    return fd === undefined ? undefined : new BpfProgram(fd, name);
  }

  /** `struct bpf_prog_info`: u32 type, id, u8 tag[8], …, u32 verified_insns at 216 (Linux 5.16). */
  info(): { id: number; tag: string; verifiedInstructions: number } {
    const view = objectInfo(this.fd, PROG_INFO_SIZE);
    const tag = Array.from({ length: 8 }, (_, i) =>
      view
        .getUint8(8 + i)
        .toString(16)
        .padStart(2, '0'),
    ).join('');
    return { id: view.getUint32(4, true), tag, verifiedInstructions: view.getUint32(216, true) };
  }

  /** BPF_PROG_TEST_RUN: frames for XDP and tc programs, a context for syscall programs. */
  run(options: TestRun): ReturnType<typeof testRun> {
    return testRun(this.fd, options);
  }

  pin(path: string): void {
    pin(this.fd, path);
  }

  close(): void {
    close(this.fd);
  }
}

export interface LoadOptions {
  /** Descriptors of maps that exist already, by name. */
  readonly reuse?: ReadonlyMap<string, number>;
  /** Sizes other than the object's, by name of the map. */
  readonly maxEntries?: ReadonlyMap<string, number>;
  /** Where the verifier's whole log goes when it refuses. */
  readonly logFile?: string;
}

/** An object that is loaded. `close` gives back its descriptors; what is pinned or attached stays. */
export class BpfObject {
  readonly #pointer: Pointer;
  readonly mapFds: ReadonlyMap<string, number>;
  readonly programs: ReadonlyMap<string, BpfProgram>;

  private constructor(pointer: Pointer) {
    this.#pointer = pointer;
    const { maps, programs } = objectMembers(pointer);
    this.mapFds = new Map([...maps].map(([name, map]) => [name, mapFd(map)]));
    this.programs = new Map([...programs].map(([name, one]) => [name, new BpfProgram(programFd(one), name)]));
  }

  /** @throws VerifierError, BpfError */
  static load(path: string, { reuse, maxEntries, logFile }: LoadOptions = {}): BpfObject {
    takeMessages();
    const pointer = objectOpen(path);
    try {
      const { maps } = objectMembers(pointer);
      for (const [name, entries] of maxEntries ?? []) {
        const map = maps.get(name);
        if (map !== undefined && !reuse?.has(name)) mapSetMaxEntries(map, entries);
      }
      for (const [name, fd] of reuse ?? []) {
        const map = maps.get(name);
        if (map !== undefined) mapReuse(map, fd);
      }
      objectLoad(pointer);
      return new BpfObject(pointer);
    } catch (error) {
      const messages = takeMessages();
      objectClose(pointer);
      if (logFile !== undefined && messages.length > 0) writeFileSync(logFile, messages.join('\n'));
      if (error instanceof BpfError)
        throw new VerifierError(`${path} cannot be loaded (${error.code})`, messages, logFile);
      throw error;
    }
  }

  program(name: string): BpfProgram {
    const program = this.programs.get(name);
    if (program === undefined) throw new RangeError(`no program ${name} in the object`);
    return program;
  }

  mapFd(name: string): number {
    const fd = this.mapFds.get(name);
    if (fd === undefined) throw new RangeError(`no map ${name} in the object`);
    return fd;
  }

  close(): void {
    objectClose(this.#pointer);
  }
}
