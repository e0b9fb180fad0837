/** Makes the hosts of a scene and joins them; runs programs in them. */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import type { HostPlan, Plug, Scene } from './scenes.ts';

/** How a program ended. */
export interface Ended {
  /** -1 after a signal, or when it took too long. */
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** This machine lacks something, in a sentence. */
export class MachineCannot extends Error {}

/** The command line that runs a program within a host. `ip netns exec` would hide bpffs. */
export function within(host: string, ...command: string[]): readonly string[] {
  return ['nsenter', `--net=/run/netns/${host}`, ...command];
}

/** Runs a program in a host to its end, whatever comes of it. */
export function runIn(host: string, command: readonly string[], limitMs = 30_000): Promise<Ended> {
  const [program = '', ...args] = within(host, ...command);
  return new Promise((resolve) => {
    execFile(program, args, { timeout: limitMs, killSignal: 'SIGKILL' }, (error, stdout, stderr) => {
      if (error === null) return resolve({ code: 0, stdout, stderr });
      const late = error.killed ? `${stderr}\nended after ${limitMs / 1000} s without a result` : stderr;
      resolve({ code: typeof error.code === 'number' ? error.code : -1, stdout, stderr: late.trim() });
    });
  });
}

/** Starts a program in a host that lives as long as the tree. */
export function startIn(host: string, command: readonly string[]): ChildProcess {
  const [program = '', ...args] = within(host, ...command);
  return spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
}

/**
 * Waits for a line of a started program; goes on reading afterwards, so that the program never blocks.
 *
 * @throws Error with what it printed when it ends or the time runs out before
 */
export function lineOf(child: ChildProcess, pattern: RegExp, what: string, limitMs = 60_000): Promise<void> {
  return new Promise((resolve, reject) => {
    let text = '';
    const fail = (why: string): void => reject(new Error(`${what} ${why}:\n${text.trimEnd().slice(-4_000)}`));
    const timer = setTimeout(() => fail(`was not ready within ${limitMs / 1000} s`), limitMs);
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on('data', (data: Buffer) => {
        if (text.length < 100_000) text += data.toString();
        if (!pattern.test(text)) return;
        clearTimeout(timer);
        resolve();
      });
    }
    child.on('error', (error) => fail(error.message));
    child.on('close', (code) => {
      clearTimeout(timer);
      fail(`ended with status ${code}`);
    });
  });
}

/**
 * Makes hosts and cables of a scene.
 *
 * @throws MachineCannot when the kernel has no network namespaces or no veth
 */
export async function buildScene(scene: Scene): Promise<void> {
  await shell(scene.hosts.map(hostLines).join('\n'));
  await shell(scene.cables.map(cableLine).join('\n'));
  await shell(scene.hosts.map((host) => portLines(host, scene)).join('\n'));
}

function hostLines({ name, forwards }: HostPlan): string {
  const settings = ['all', 'default'].flatMap((scope) => [
    `net.ipv6.conf.${scope}.accept_dad=0`,
    `net.ipv6.conf.${scope}.accept_ra=${forwards ? 0 : 1}`,
    `net.ipv6.conf.${scope}.router_solicitations=0`,
    ...(forwards ? [`net.ipv6.conf.${scope}.forwarding=1`] : []),
  ]);
  if (forwards) settings.push('net.ipv4.ip_forward=1');
  settings.push("'net.ipv4.ping_group_range=0 2147483647'");
  return `ip netns add ${name}
${within(name, 'sh', '-c').join(' ')} "ip link set lo up && sysctl -qw ${settings.join(' ')}"`;
}

function cableLine([a, b]: readonly [Plug, Plug]): string {
  return `ip link add ${a.device} netns ${a.host} type veth peer name ${b.device} netns ${b.host}`;
}

/**
 * A veth takes redirected frames only if its peer polls (NAPI), which receive offload switches on, and says so to XDP
 * only if that happens while the peer is up (veth_set_features, Linux 6.18). Its size of 1 keeps it from merging frames,
 * and without segmentation offload nobody sends what is merged already: a capture shows what was on the cable.
 */
function portLines({ name, addresses, routes, more = [] }: HostPlan, scene: Scene): string {
  const devices = scene.cables.flat().filter(({ host }) => host === name);
  const lines = devices.flatMap(({ device }) => [
    `ip link set ${device} gro_max_size 1 up`,
    `ethtool -K ${device} gro on tso off gso off`,
    ...(addresses[device] ?? []).map((address) => `ip addr add ${address} dev ${device}`),
  ]);
  for (const route of routes) lines.push(`ip ${routeWords('add', route).join(' ')}`);
  lines.push(...more);
  return `${within(name, 'sh', '-ec').join(' ')} '${lines.join('\n')}'`;
}

/** Arguments of ip(8); the destination says which family, and of `default` the next hop. */
export function routeWords(verb: 'add' | 'del', route: string): string[] {
  const words = route.split(' ');
  const telling = words[0] === 'default' ? words[2] : words[0];
  return [telling?.includes(':') ? '-6' : '-4', 'route', verb, ...words];
}

async function shell(lines: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    execFile('sh', ['-ec', lines], (error, _stdout, stderr) => {
      if (error === null) return resolve();
      const why = stderr.trim().split('\n')[0] ?? error.message;
      reject(new MachineCannot(`This machine cannot, because a network of namespaces cannot be made: ${why}`));
    });
  });
}
