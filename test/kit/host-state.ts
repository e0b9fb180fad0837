/**
 * What the tests must leave as it was: the host's namespaces, BPF programs, maps and links, mounts, devices, firewall
 * and runtime directories, and none of our processes.
 */
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** One comparison: what kind of thing, and the things by a name that tells them apart. */
export type HostState = Readonly<Record<string, ReadonlySet<string>>>;

interface BpfThing {
  readonly id: number;
  readonly name?: string;
  readonly type?: string;
  readonly pids?: readonly { readonly pid: number; readonly comm: string }[];
}

function lines(file: string): string[] {
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '');
}

function entries(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}

function output(program: string, ...args: string[]): string {
  try {
    return execFileSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'], timeout: 20_000 });
  } catch {
    return '';
  }
}

function environOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'utf8');
  } catch {
    return '';
  }
}

/** Pids of living processes whose environment carries this run's mark, without the caller. */
export function processesOf(runId: string): number[] {
  const mark = `SIXGATE_RUN_ID=${runId}`;
  return entries('/proc')
    .filter((entry) => /^\d+$/.test(entry) && Number(entry) !== process.pid)
    .filter((pid) => environOf(pid).split('\0').includes(mark))
    .map(Number);
}

/** True while another runner is at work on this host: what appears meanwhile may be its own. */
export function otherRunIsOn(runId: string): boolean {
  return entries('/proc').some((pid) => {
    if (!/^\d+$/.test(pid) || Number(pid) === process.pid || Number(pid) === process.ppid) return false;
    const mark = environOf(pid)
      .split('\0')
      .find((line) => line.startsWith('SIXGATE_RUN_ID='));
    return mark !== undefined && mark !== `SIXGATE_RUN_ID=${runId}`;
  });
}

/**
 * Whether we see all processes of this machine. In a container the programs and maps of everybody are listed, but not
 * who holds them: whose they are cannot be told. The number is that of the first namespace (PROC_PID_INIT_INO,
 * include/linux/proc_ns.h).
 */
function seesEveryProcess(): boolean {
  return readlinkSync('/proc/self/ns/pid') === 'pid:[4026531836]';
}

/** BPF objects held by a living process that is not ours belong to somebody else. */
function bpfThings(kind: 'prog' | 'map' | 'link', runId: string): Set<string> {
  const ours = new Set(processesOf(runId));
  const text = output('bpftool', '--json', kind, 'show');
  if (text === '') return new Set();
  const things = JSON.parse(text) as BpfThing[];
  const kept = things.filter((thing) => {
    const holders = (thing.pids ?? []).filter((holder) => holder.comm !== 'bpftool');
    return holders.length === 0 || holders.some((holder) => ours.has(holder.pid) || holder.pid === process.pid);
  });
  return new Set(kept.map((thing) => `${kind} ${thing.id} ${thing.type ?? ''} ${thing.name ?? ''}`.trim()));
}

/** The state of the host as this process sees it. As another user than root only the harmless part. */
export function hostState(runId: string): HostState {
  const root = process.getuid?.() === 0;
  const state: Record<string, ReadonlySet<string>> = {
    'named network namespace': new Set(entries('/run/netns')),
    mount: new Set(lines('/proc/self/mounts')),
    device: new Set(
      output('ip', '-o', 'link')
        .split('\n')
        .map((line) => line.split(':')[1]?.trim() ?? '')
        .filter((name) => name !== ''),
    ),
    'entry of /run/sixgate': new Set(entries('/run/sixgate')),
    'entry of /var/lib/sixgate': new Set(entries('/var/lib/sixgate')),
    'BPF pin': new Set(entries('/sys/fs/bpf')),
  };
  if (root) {
    state['firewall rule'] = new Set(
      output('nft', 'list', 'ruleset')
        .split('\n')
        .filter((line) => line !== ''),
    );
  }
  if (root && seesEveryProcess()) {
    state['BPF program'] = bpfThings('prog', runId);
    state['BPF map'] = bpfThings('map', runId);
    state['BPF link'] = bpfThings('link', runId);
  }
  return state;
}

/** What is there now and was not before, and what was and is gone; one sentence each. */
export function compareHost(before: HostState, after: HostState): string[] {
  const leaks: string[] = [];
  for (const [kind, now] of Object.entries(after)) {
    const then = before[kind] ?? new Set<string>();
    for (const thing of now) if (!then.has(thing)) leaks.push(`${kind} left behind: ${thing}`);
    // BPF objects of other programs come and go; a missing one says nothing about the tests.
    if (kind.startsWith('BPF')) continue;
    for (const thing of then) if (!now.has(thing)) leaks.push(`${kind} has gone: ${thing}`);
  }
  return leaks;
}
