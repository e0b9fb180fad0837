import { chmodSync, linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { SixgateError } from '../model/errors.ts';

/** Where an instance keeps its things. */
export interface InstancePaths {
  readonly name: string;
  /** /run/sixgate/NAME: gone after a reboot. */
  readonly run: string;
  /** Unix socket of the API. */
  readonly socket: string;
  /** Which process is the daemon. */
  readonly pidFile: string;
  /** /var/lib/sixgate/NAME: what must not be forgotten. */
  readonly state: string;
  /** /sys/fs/bpf/sixgate/NAME: pins of the data path. */
  readonly bpffs: string;
}

/** A process, named so that another one with the same number is not taken for it. */
export interface ProcessId {
  readonly pid: number;
  /** Field 22 of /proc/PID/stat, clock ticks since boot. */
  readonly startTicks: string;
  readonly bootId: string;
}

/** Short, because names of devices (15 letters) are made from it. */
const NAME = /^[a-z0-9][a-z0-9-]{0,9}$/;
/** sun_path of unix(7) without its NUL. */
const MAX_SOCKET_PATH_BYTES = 107;
const PROBE_TIME_LIMIT_MS = 2_000;

/**
 * The places of an instance. SIXGATE_RUN_DIR, SIXGATE_STATE_DIR and SIXGATE_BPFFS of `env` replace the bases.
 * @throws SixgateError INSTANCE_NAME, INSTANCE_PATH_TOO_LONG
 */
export function instancePaths(name: string, env: NodeJS.ProcessEnv = process.env): InstancePaths {
  if (!NAME.test(name)) {
    const hint = 'A name has 1 to 10 small letters, digits or "-", and starts with a letter or digit';
    throw new SixgateError('INSTANCE_NAME', `"${name}" is no name of an instance`, { hint });
  }
  const run = join(env.SIXGATE_RUN_DIR ?? '/run/sixgate', name);
  const socket = join(run, 'api.sock');
  if (Buffer.byteLength(socket) > MAX_SOCKET_PATH_BYTES) {
    const sentence = `The path of the socket has more than ${MAX_SOCKET_PATH_BYTES} bytes: ${socket}`;
    throw new SixgateError('INSTANCE_PATH_TOO_LONG', sentence, { hint: 'Give SIXGATE_RUN_DIR a shorter path' });
  }
  return {
    name,
    run,
    socket,
    pidFile: join(run, 'daemon.pid'),
    state: join(env.SIXGATE_STATE_DIR ?? '/var/lib/sixgate', name),
    bpffs: join(env.SIXGATE_BPFFS ?? '/sys/fs/bpf', 'sixgate', name),
  };
}

/**
 * Makes this process the one daemon of the instance: its directory, its pid file, and no socket of a dead one.
 * @returns gives the instance free again; call it last
 * @throws SixgateError INSTANCE_RUNNING, INSTANCE_DIRECTORY
 */
export async function claimInstance(paths: InstancePaths): Promise<() => void> {
  try {
    mkdirSync(paths.run, { recursive: true, mode: 0o700 });
    chmodSync(paths.run, 0o700);
  } catch (cause) {
    const sentence = `The directory ${paths.run} cannot be made: ${(cause as Error).message}`;
    throw new SixgateError('INSTANCE_DIRECTORY', sentence, { hint: 'Run it as root', cause });
  }
  // The pid says nothing about a daemon in another pid namespace; its socket does.
  await removeStaleSocket(paths.socket, paths.name);
  const own = identify(process.pid) as ProcessId;
  const line = `${own.pid} ${own.startTicks} ${own.bootId}\n`;
  takePidFile(paths, line);
  return () => {
    if (readText(paths.pidFile) === line) rmSync(paths.pidFile, { force: true });
  };
}

/** link(2) fails when there is a file already, so of two daemons that start at once one wins. */
function takePidFile(paths: InstancePaths, line: string): void {
  const own = `${paths.pidFile}.${process.pid}`;
  writeFileSync(own, line, { mode: 0o644 });
  try {
    for (;;) {
      if (linked(own, paths.pidFile)) return;
      const found = readText(paths.pidFile);
      if (found === undefined) continue;
      refuseLiving(paths, found);
      // Moved, not removed: another daemon may have replaced the dead one's file since it was read.
      const aside = `${own}.old`;
      try {
        renameSync(paths.pidFile, aside);
      } catch {
        continue;
      }
      const moved = readText(aside) ?? '';
      if (moved !== found) linked(aside, paths.pidFile);
      rmSync(aside, { force: true });
    }
  } finally {
    rmSync(own, { force: true });
  }
}

function linked(from: string, to: string): boolean {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

function refuseLiving(paths: InstancePaths, line: string): void {
  const other = parsePidLine(line);
  if (other !== undefined && isAlive(other)) throw running(paths.name, `process ${other.pid}`);
}

function running(name: string, what: string): SixgateError {
  const hint = `sixgate stop --instance ${name} ends it, or choose another name`;
  return new SixgateError('INSTANCE_RUNNING', `The instance ${name} runs already (${what})`, { hint });
}

/**
 * Removes a socket file that no process listens on any more.
 * @throws SixgateError INSTANCE_RUNNING when one does
 */
export async function removeStaleSocket(path: string, name: string): Promise<void> {
  const state = await probeSocket(path);
  if (state === 'live') throw running(name, `it answers at ${path}`);
  if (state === 'stale') rmSync(path, { force: true });
}

function probeSocket(path: string): Promise<'live' | 'stale' | 'none'> {
  return new Promise((resolve) => {
    const socket = connect(path);
    const end = (state: 'live' | 'stale' | 'none'): void => {
      socket.destroy();
      resolve(state);
    };
    // A listener that is too busy to accept lives.
    socket.setTimeout(PROBE_TIME_LIMIT_MS, () => end('live'));
    socket.once('connect', () => end('live'));
    socket.once('error', ({ code }: NodeJS.ErrnoException) => {
      if (code === 'ENOENT') end('none');
      else end(code === 'ECONNREFUSED' || code === 'ENOTSOCK' ? 'stale' : 'live');
    });
  });
}

/** The daemon of the instance, or undefined if none runs (in this pid namespace). */
export function runningDaemon(paths: InstancePaths): ProcessId | undefined {
  const found = parsePidLine(readText(paths.pidFile) ?? '');
  return found !== undefined && isAlive(found) ? found : undefined;
}

/** Whether this very process, not a later one with its number, is there and no zombie. */
export function isAlive(id: ProcessId): boolean {
  const now = identify(id.pid);
  return now !== undefined && now.startTicks === id.startTicks && now.bootId === id.bootId;
}

/** What a process is called; undefined if there is none with this number, or only its zombie. */
export function identify(pid: number): ProcessId | undefined {
  const stat = readText(`/proc/${pid}/stat`);
  if (stat === undefined) return undefined;
  // proc(5): the second field, the name, may hold blanks and brackets; fields 3 and 22 are state and start time.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [state, startTicks] = [fields[0], fields[19]];
  if (startTicks === undefined || state === 'Z' || state === 'X') return undefined;
  return { pid, startTicks, bootId: (readText('/proc/sys/kernel/random/boot_id') ?? '').trim() };
}

function parsePidLine(line: string): ProcessId | undefined {
  const match = /^([1-9]\d{0,9}) (\d+) ([0-9a-f-]*)\n?$/.exec(line);
  if (match === null) return undefined;
  return { pid: Number(match[1]), startTicks: match[2] as string, bootId: match[3] as string };
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
