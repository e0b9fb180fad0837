/**
 * The demonstration's tree: mount, network and process namespaces of its own, which die with their first process.
 * Whatever ends this process, nothing stays behind: no namespace, no program, no pin, no process.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Options } from './options.ts';

const inside = join(dirname(fileURLToPath(import.meta.url)), 'inside.js');

const programs = ['curl', 'ethtool', 'ip', 'iperf3', 'nsenter', 'ping', 'setpriv', 'sysctl', 'tcpdump', 'unshare'];

/** How long the tree may take to say goodbye. */
const GRACE_MS = 3_000;
const PARENT_EVERY_MS = 500;

/**
 * /run is private, so namespaces, sockets and temporary files are; /sys/fs/bpf is a new file system. The shell stays
 * the first process: it reaps orphans, and when it ends the kernel kills whatever is left.
 */
const script = `set -e
mount -t tmpfs -o mode=755 tmpfs /run
mkdir -p /run/netns /run/lock /run/sixgate /run/sixgate-state /run/demo /run/tmp
mount -t bpf -o mode=700 bpf /sys/fs/bpf
ip link set lo up
"$@" && status=0 || status=$?
exit $status`;

/** Said on the way out when unshare could not even begin. */
const REFUSED = 'This machine cannot, because it does not permit mount, network and process namespaces.';

/** Programs that the demonstration starts and that are in no folder of PATH. */
export function missingPrograms(): string[] {
  const folders = (process.env.PATH ?? '').split(':').filter((folder) => folder !== '');
  return programs.filter((program) => !folders.some((folder) => existsSync(join(folder, program))));
}

/**
 * Runs the demonstration in a new tree to its end. The tree reads our end of a pipe and ends when that closes, so it
 * ends even when nobody can tell it to; `setpriv` has the kernel kill it when we are killed.
 *
 * @returns the exit status
 */
export async function runTree(options: Options): Promise<number> {
  const child = startTree(options);
  const stop = (): void => {
    child.stdin?.end();
    setTimeout(() => child.kill('SIGKILL'), GRACE_MS).unref();
  };
  let interrupted: NodeJS.Signals | undefined;
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      interrupted ??= signal;
      stop();
    });
  }
  // npm vanishes on SIGTERM and leaves us behind: who has lost its parent ends.
  const parent = process.ppid;
  const watch = setInterval(() => {
    if (process.ppid !== parent) stop();
  }, PARENT_EVERY_MS);
  const status = await statusOf(child);
  clearInterval(watch);
  if (interrupted === undefined) return status;
  // Ending the live view is how it is meant to end; a round cut short has proved nothing.
  return options.once ? 128 + constants.signals[interrupted] : 0;
}

function startTree(options: Options): ChildProcess {
  const args = [...(options.once ? ['--once'] : []), ...(options.breakage ? ['--break', options.breakage] : [])];
  const unshare = ['unshare', '--mount', '--net', '--pid', '--fork', '--kill-child', '--mount-proc'];
  const node = [process.execPath, '--enable-source-maps', inside, ...args];
  const command = ['--pdeathsig', 'KILL', ...unshare, 'sh', '-c', script, 'tree', ...node];
  const child = spawn('setpriv', command, {
    stdio: ['pipe', 'inherit', 'inherit'],
    // A session of its own: the Ctrl-C of a terminal reaches us, and we end the tree in order.
    detached: true,
    env: { ...process.env, TMPDIR: '/run/tmp', SIXGATE_STATE_DIR: '/run/sixgate-state', ...unset },
  });
  child.stdin?.on('error', () => {});
  // The first process of the tree, as the outside numbers it: who wants to look inside enters by that number.
  const look = setInterval(() => {
    const first = child.pid === undefined ? undefined : childOf(child.pid);
    if (first === undefined) return;
    clearInterval(look);
    if (child.stdin?.writable) child.stdin.write(`${first}\n`);
  }, 20);
  child.on('exit', () => clearInterval(look));
  return child;
}

/** Settings of the caller that would lead the demonstration out of its own /run. */
const unset = { SIXGATE_RUN_DIR: undefined, SIXGATE_BPFFS: undefined };

/** The only child of a process: field 4 of /proc/PID/stat is the parent (proc(5)). */
function childOf(parent: number): number | undefined {
  const found = readdirSync('/proc').find((pid) => {
    if (!/^\d+$/.test(pid)) return false;
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
      return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]) === parent;
    } catch {
      return false;
    }
  });
  return found === undefined ? undefined : Number(found);
}

function statusOf(child: ChildProcess): Promise<number> {
  return new Promise((resolve) => {
    child.on('error', (error) => {
      process.stderr.write(`This machine cannot, because setpriv does not run: ${error.message}\n`);
      resolve(77);
    });
    child.on('exit', (code, signal) => {
      // Codes of ours are 0, 1 and 77; unshare and mount end with others, after their own sentence.
      const known = code === 0 || code === 1 || code === 77;
      if (known || signal !== null) return resolve(code ?? 1);
      process.stderr.write(`${REFUSED}\n`);
      resolve(77);
    });
  });
}
