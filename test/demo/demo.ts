/** Runs the demonstration as `npm start` does once the machine is ready. */
import { type ChildProcess, spawn } from 'node:child_process';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { processesOf } from '../kit/host-state.ts';
import { atEnd, eventually } from '../kit/suite.ts';

export const demoFile = resolve(dirname(fileURLToPath(import.meta.url)), '../../appliance/tools/demo.js');
export const demoCommand = [process.execPath, '--enable-source-maps', demoFile];

let counter = 0;

/** A demonstration under way. All its processes carry a mark in their environment. */
export class Demo {
  readonly child: ChildProcess;
  /** Exit status, or the signal that ended it. */
  readonly exit: Promise<number | NodeJS.Signals>;
  output = '';
  readonly #mark: string;

  /** @param command with which it is started; `demoCommand` and arguments unless something stands in front */
  constructor(command: readonly string[], env: NodeJS.ProcessEnv = {}) {
    counter += 1;
    this.#mark = `${process.env.SIXGATE_RUN_ID ?? ''}-demo-${process.pid}-${counter}`;
    this.child = spawn(command[0] ?? '', command.slice(1), {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...env, SIXGATE_RUN_ID: this.#mark },
    });
    for (const stream of [this.child.stdout, this.child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.output += text;
      });
    }
    this.exit = new Promise((done) => this.child.on('close', (code, signal) => done(code ?? signal ?? -1)));
    atEnd(async () => {
      for (const pid of this.processes()) process.kill(pid, 'SIGKILL');
    });
  }

  /** All of its processes that live. */
  processes(): number[] {
    return processesOf(this.#mark);
  }

  /** Waits until the output matches. */
  async says(pattern: RegExp): Promise<void> {
    await eventually(
      () => {
        if (!pattern.test(this.output)) throw new Error(`not yet ${pattern}:\n${this.output}`);
      },
      { within: 60_000 },
    );
  }

  /** Waits until none of its processes is left. */
  async vanishes(): Promise<void> {
    await eventually(
      () => {
        const left = this.processes();
        if (left.length > 0) throw new Error(`${left.length} processes are left:\n${this.output}`);
      },
      { within: 30_000 },
    );
  }
}
