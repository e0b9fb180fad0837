/**
 * A root directory as a machine of its own: mount and process namespaces that live from `open` to `close`, so that
 * what a killed program leaves behind is there when the next one starts. Kernel and network are this machine's.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { childrenOf, Run, type RunOptions } from './run.ts';

// pivot_root and not chroot alone: what runs inside makes mount namespaces, for which / must be a mount. The first
// process waits for its child, and so reaps every orphan; it ends with its standard input, and with it all the others.
const script = `set -e; mount --bind "$1" "$1"; cd "$1"
mount --rbind /sys sys; mount --rbind /dev dev; mount -t proc proc proc; mount -t tmpfs tmpfs run
mkdir -p run/lock old; mount -t bpf -o mode=700 bpf sys/fs/bpf
pivot_root . old; cd /; umount -l old; rmdir old
exec chroot . /bin/sh -c 'echo ready; cat >/dev/null && exit 0'`;

/** Where the product and its tests could leave something, beside processes and mounts. */
const places = ['sys/fs/bpf', 'run/netns', 'run/sixgate', 'run/sixgate-state', 'var/lib/sixgate'];
const files = ['usr/sbin/policy-rc.d'];

function entries(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder) : [];
}

export class Box {
  readonly #outer: ChildProcess;
  readonly #first: number;
  readonly #options: RunOptions;
  #before: ReadonlySet<string> = new Set();

  private constructor(outer: ChildProcess, first: number, options: RunOptions) {
    this.#outer = outer;
    this.#first = first;
    this.#options = options;
  }

  /** @throws Error when the namespaces cannot be had */
  static async open(root: string, options: RunOptions): Promise<Box> {
    const unshare = ['unshare', '--mount', '--pid', '--fork', '--kill-child'];
    const command = ['--pdeathsig', 'KILL', ...unshare, 'sh', '-c', script, 'fresh', root];
    const outer = spawn('setpriv', command, { stdio: ['pipe', 'pipe', 'inherit'], env: options.env });
    await new Promise<void>((resolve, reject) => {
      outer.stdout.once('data', () => resolve());
      outer.on('error', reject);
      outer.on('exit', () => reject(new Error(`the namespaces of ${root} cannot be had`)));
    });
    const box = new Box(outer, childrenOf(outer.pid ?? -1)[0] ?? -1, options);
    // Its child has the command line of the shell until it has become `cat`.
    while (!box.#things().some((thing) => thing.endsWith(': cat'))) await delay(10);
    box.#before = new Set(box.#things());
    return box;
  }

  /** Starts a shell line inside. What it `exec`s is the process that `killAfter` means. */
  start(line: string, mark?: string): Run {
    const options = mark === undefined ? this.#options : { ...this.#options, mark };
    return new Run('nsenter', ['-t', String(this.#first), '--mount', '--pid', 'sh', '-c', line], options);
  }

  /** What is there now and was not in the beginning: processes, mounts, pins, namespaces, state. */
  left(): string[] {
    return this.#things().filter((thing) => !this.#before.has(thing));
  }

  /** Ends whatever is left inside. */
  async close(): Promise<void> {
    const ended = new Promise((resolve) => this.#outer.once('exit', resolve));
    if (this.#outer.exitCode !== null || this.#outer.signalCode !== null) return;
    this.#outer.stdin?.end();
    await ended;
  }

  /** A path inside, as this machine sees it: below /proc it leads through the mounts of the box. */
  #at(path: string): string {
    return join(`/proc/${this.#first}/root`, path);
  }

  #pids(): string[] {
    return entries(this.#at('proc')).filter((entry) => /^\d+$/.test(entry));
  }

  #things(): string[] {
    const mounts = readFileSync(`/proc/${this.#first}/mounts`, 'utf8').trimEnd().split('\n');
    return [
      ...this.#pids().map((pid) => `process ${pid}: ${this.#commandOf(pid)}`),
      ...mounts.map((line) => `mount ${line}`),
      ...places.flatMap((place) => entries(this.#at(place)).map((name) => `/${place}/${name}`)),
      ...files.filter((file) => existsSync(this.#at(file))).map((file) => `/${file}`),
    ];
  }

  #commandOf(pid: string): string {
    try {
      return readFileSync(this.#at(`proc/${pid}/cmdline`), 'utf8')
        .replaceAll('\0', ' ')
        .trim();
    } catch {
      return '(just ended)';
    }
  }
}
