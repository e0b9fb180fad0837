import type { BpfProgram } from './object.ts';

/** Both clocks of the kernel at one moment. */
export interface ClockReading {
  /** Nanoseconds of CLOCK_MONOTONIC. */
  readonly ktimeNs: bigint;
  readonly jiffies: bigint;
}

const CONFIG_HZ = [100, 250, 300, 1000];
const MEASURE_MS = 60;

/** Reads jiffies next to the monotonic clock, by the program `clock_read`. */
export class ClockProbe {
  readonly #program: BpfProgram;

  constructor(program: BpfProgram) {
    this.#program = program;
  }

  /** `struct clock_probe` of bpf/sweep.bpf.c: u64 ktime, u64 jiffies. */
  read(): ClockReading {
    const { context } = this.#program.run({ context: new Uint8Array(16) });
    const view = new DataView(context.buffer, context.byteOffset, 16);
    return { ktimeNs: view.getBigUint64(0, true), jiffies: view.getBigUint64(8, true) };
  }

  /** CONFIG_HZ of this kernel: the nearest to what is measured. Waits 60 ms. */
  jiffiesASecond(): number {
    const before = this.read();
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, MEASURE_MS);
    const after = this.read();
    const seconds = Number(after.ktimeNs - before.ktimeNs) / 1e9;
    const measured = Number(after.jiffies - before.jiffies) / seconds;
    return CONFIG_HZ.reduce((best, hz) => (Math.abs(hz - measured) < Math.abs(best - measured) ? hz : best));
  }
}
