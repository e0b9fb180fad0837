/** Numbered datagrams both ways: `fixture/numbered.c`, compiled by the first test that needs it. */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Host, RunningProcess } from '../kit/lab.ts';

const source = resolve(dirname(fileURLToPath(import.meta.url)), '../../../test/daemon/fixture/numbered.c');

/** What one end saw of the other's numbers. */
export interface Numbers {
  readonly sent: number;
  readonly expected: number;
  /** Numbers that came at least once. */
  readonly once: number;
  /** Datagrams beyond the first of their number. */
  readonly again: number;
}

/** One end; it sends as soon as it knows the other one. */
export class Numbered {
  readonly #process: RunningProcess;

  private constructor(process: RunningProcess) {
    this.#process = process;
  }

  /** The end that waits to be sent to; ready when it is given. */
  static async listen(host: Host, address: string, port: number, perSecond: number, count: number): Promise<Numbered> {
    const end = new Numbered(start(host, 'listen', address, port, perSecond, count));
    await end.#process.waitFor(/^listening$/);
    return end;
  }

  /** The end that begins. */
  static connect(host: Host, address: string, port: number, perSecond: number, count: number): Numbered {
    return new Numbered(start(host, 'connect', address, port, perSecond, count));
  }

  /** Waits until this end has sent so many; told in thousands. */
  async hasSent(count: number): Promise<void> {
    await this.#process.waitFor(new RegExp(`^sent ${count}$`), { within: 60_000 });
  }

  /** Waits for its end. */
  async result(): Promise<Numbers> {
    const line = await this.#process.waitFor(/^\{/, { within: 60_000 });
    await this.#process.exit;
    return JSON.parse(line) as Numbers;
  }
}

function start(host: Host, ...args: (string | number)[]): RunningProcess {
  const program = join(tmpdir(), 'numbered');
  if (!existsSync(program)) execFileSync('clang-19', ['-O2', '-Wall', '-Werror', '-o', program, source]);
  return host.spawnProgram([program, ...args.map(String)]);
}
