/** A program under way, its output in a log, and its death. */
import { spawn } from 'node:child_process';
import { appendFileSync, readdirSync, readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

export interface Ended {
  /** Exit status; -1 after a signal, or when it could not be started. */
  readonly status: number;
  /** The end of what it said. */
  readonly text: string;
  readonly seconds: number;
}

/** Whom `kill -9` meets: the process that was typed, or it and all that share its process group. */
export type Whom = 'npm alone' | 'the process group';

export interface RunOptions {
  readonly log: string;
  readonly env: Readonly<Record<string, string>>;
  /** Stands in front of each line in the log, where several write at once. */
  readonly mark?: string;
}

/** What outlives a program may hold its output open. */
const OUTPUT_GRACE_MS = 5_000;
const KEPT_CHARS = 20_000;

/** A program without a terminal, in a session of its own. */
export class Run {
  readonly ended: Promise<Ended>;
  /** Kept as soon as the process is gone, whatever it has left running. */
  readonly gone: Promise<void>;
  readonly pid: number;
  #over = false;

  constructor(program: string, args: readonly string[], { log, env, mark = '' }: RunOptions) {
    const begun = performance.now();
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], env, detached: true });
    this.pid = child.pid ?? -1;
    let text = '';
    appendFileSync(log, `${mark}$ ${[program, ...args].join(' ')}\n`);
    for (const stream of [child.stdout, child.stderr]) {
      let rest = '';
      stream.setEncoding('utf8').on('data', (chunk: string) => {
        text = (text + chunk).slice(-KEPT_CHARS);
        const lines = (rest + chunk).split('\n');
        rest = lines.pop() ?? '';
        if (lines.length > 0) appendFileSync(log, lines.map((line) => `${mark}${line}\n`).join(''));
      });
      stream.on('end', () => rest !== '' && appendFileSync(log, `${mark}${rest}\n`));
    }
    this.gone = new Promise((done) => {
      child.on('exit', () => done());
      child.on('error', () => done());
    });
    this.ended = new Promise((done) => {
      let status = -1;
      const end = (): void => {
        done({ status, text, seconds: (performance.now() - begun) / 1000 });
      };
      child.on('error', (error) => {
        text = error.message;
        end();
      });
      child.on('exit', (code) => {
        this.#over = true;
        status = code ?? -1;
        setTimeout(end, OUTPUT_GRACE_MS).unref();
      });
      child.on('close', end);
    });
  }

  /** Kills after a while, whatever it does then. @returns false when it had ended before */
  async killAfter(momentMs: number, whom: Whom): Promise<boolean> {
    await Promise.race([delay(momentMs, undefined, { ref: false }), this.gone]);
    if (this.#over || this.pid < 0) return false;
    // `nsenter` waits for the one that it became inside, and ends as that does.
    const [typed] = childrenOf(this.pid);
    const target = whom === 'npm alone' ? typed : -this.pid;
    if (target === undefined) return false;
    try {
      process.kill(target, 'SIGKILL');
    } catch {
      return false;
    }
    await this.gone;
    return true;
  }
}

/** Children of a process: field 4 of /proc/PID/stat is the parent (proc(5)). */
export function childrenOf(parent: number): number[] {
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry) && parentOf(entry) === parent)
    .map(Number);
}

function parentOf(pid: string): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
  } catch {
    return undefined;
  }
}
