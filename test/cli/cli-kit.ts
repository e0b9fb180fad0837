/** Runs the compiled command line as users do: a program of its own, with a gateway of fake services behind it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { eventually } from '../kit/eventually.ts';
import { quote } from '../kit/host.ts';
import { seen } from '../kit/report.ts';

export const childProgram = join(dirname(fileURLToPath(import.meta.url)), 'child.js');

export interface Ran {
  readonly status: number | null;
  readonly out: string;
  readonly err: string;
}

/** A directory with documents and instances of its own. */
export class CliHome {
  readonly directory = mkdtempSync(join(tmpdir(), 'sg-cli-'));
  readonly #daemons: ChildProcess[] = [];

  constructor() {
    // A program of one word, whatever the path of the clone.
    const script = `#!/bin/sh\nexec ${quote(process.execPath)} ${quote(childProgram)} "$@"\n`;
    writeFileSync(join(this.directory, 'sixgate'), script, { mode: 0o755 });
  }

  /** Writes a document; the commands run in its directory. */
  write(name: string, text: string): void {
    writeFileSync(join(this.directory, name), text);
  }

  /** Runs `sixgate WORDS…`. */
  run(words: readonly string[], more: { input?: string; env?: NodeJS.ProcessEnv } = {}): Promise<Ran> {
    const command = words.find((word) => /^[a-z]/.test(word));
    if (command !== undefined) seen('command', command);
    return collect(this.#spawn(words, more.env ?? {}), more.input ?? '');
  }

  /** Runs a line of bash, in which `$sixgate` is the program. */
  bash(line: string): Promise<Ran> {
    const child = spawn('bash', ['-c', line], { cwd: this.directory, env: this.#env({}), stdio: 'pipe' });
    return collect(child, '');
  }

  /** Starts a daemon, and waits until it answers. */
  async start(file: string, instance = 'main'): Promise<ChildProcess> {
    const daemon = this.#spawn(['run', '--config', file, '--instance', instance], {});
    this.#daemons.push(daemon);
    seen('command', 'run');
    await eventually(async () => (await this.run(['status', '--instance', instance])).status === 0, { within: 60_000 });
    return daemon;
  }

  remove(): void {
    for (const daemon of this.#daemons) daemon.kill('SIGKILL');
    rmSync(this.directory, { recursive: true });
  }

  #spawn(words: readonly string[], env: NodeJS.ProcessEnv): ChildProcess {
    return spawn(process.execPath, [childProgram, ...words], {
      cwd: this.directory,
      env: this.#env(env),
      stdio: 'pipe',
    });
  }

  #env(more: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
    const { SIXGATE_INSTANCE: _, ...own } = process.env;
    const sixgate = './sixgate';
    return { ...own, TZ: 'UTC', SUDO_USER: 'ops', SIXGATE_RUN_DIR: join(this.directory, 'run'), sixgate, ...more };
  }
}

function collect(child: ChildProcess, input: string): Promise<Ran> {
  const texts = { out: '', err: '' };
  child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
    texts.out += chunk;
  });
  child.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
    texts.err += chunk;
  });
  child.stdin?.on('error', () => undefined).end(input);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (status) => resolve({ status, ...texts }));
  });
}
