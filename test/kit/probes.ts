/**
 * What this machine can do. A test that needs something says so with `needs('vrf')`; when the probe says no the test
 * is skipped, and test/skips.json must know it.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';

/** Thrown through a test to skip it; only the suite catches it. */
export class SkipSignal extends Error {
  override readonly name = 'SkipSignal';
  readonly probe: string;
  constructor(probe: string, why: string) {
    super(why);
    this.probe = probe;
  }
}

/** A probe answers undefined when the machine can, else the reason why not. */
type Probe = () => string | undefined;

function command(line: string, why: string): Probe {
  return () => {
    try {
      execFileSync('sh', ['-c', line], { stdio: 'ignore', timeout: 60_000 });
      return undefined;
    } catch {
      return why;
    }
  };
}

/** Makes a link in a network namespace that ends with the command, so nothing stays behind. */
function linkKind(kind: string, options = ''): Probe {
  return command(`unshare --net ip link add probe0 type ${kind} ${options}`, `the kernel has no ${kind} links`);
}

const probes: Readonly<Record<string, Probe>> = {
  root: () => (process.getuid?.() === 0 ? undefined : 'only root may do this'),
  btf: () => (existsSync('/sys/kernel/btf/vmlinux') ? undefined : 'the kernel carries no BTF'),
  netns: command('unshare --net true', 'network namespaces are not permitted'),
  veth: linkKind('veth', 'peer name probe1'),
  vrf: linkKind('vrf', 'table 10'),
  vxlan: linkKind('vxlan', 'id 1 dstport 4789'),
  bridge: linkKind('bridge'),
  vlan: command(
    'unshare --net sh -c "ip link add probe0 type dummy && ip link add link probe0 probe1 type vlan id 5"',
    'the kernel has no VLAN links',
  ),
  seg6: command(
    'unshare --net sh -c "ip link set lo up && ip -6 route add 2001:db8::/32 encap seg6 mode encap segs 2001:db8:1::1 dev lo"',
    'the kernel does no segment routing',
  ),
  nft: command('unshare --net nft list ruleset', 'nftables is missing'),
  tshark: command('tshark --version', 'tshark is not installed'),
  scapy: command("/usr/bin/python3 -c 'import scapy.all'", 'scapy is not installed'),
  iperf3: command('iperf3 --version', 'iperf3 is not installed'),
  kvm: () => {
    try {
      return statSync('/dev/kvm').isCharacterDevice() ? undefined : '/dev/kvm is no device';
    } catch {
      return 'this machine has no /dev/kvm';
    }
  },
  'two-cpus': () =>
    (readFileSync('/proc/cpuinfo', 'utf8').match(/^processor/gm)?.length ?? 1) > 1 ? undefined : 'one CPU only',
};

const answers = new Map<string, string | undefined>();

/**
 * Asks one probe; each is run once in a process.
 *
 * @returns undefined when the machine can, else a sentence why not
 * @throws Error for a name that is no probe
 */
export function probe(name: string): string | undefined {
  if (answers.has(name)) return answers.get(name);
  const ask = probes[name];
  if (ask === undefined) throw new Error(`no probe is called "${name}"; there are ${Object.keys(probes).join(', ')}`);
  const answer = ask();
  answers.set(name, answer);
  return answer;
}

/**
 * Skips the running test (or, called in `test.before`, the whole suite) unless the machine can do all of these.
 *
 * @throws SkipSignal, which the suite takes
 */
export function needs(...names: readonly string[]): void {
  for (const name of names) {
    const why = probe(name);
    if (why !== undefined) throw new SkipSignal(name, why);
  }
}

/** The names of all probes, for the check of test/skips.json. */
export function probeNames(): readonly string[] {
  return Object.keys(probes);
}
