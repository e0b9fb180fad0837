/**
 * `node dist/appliance/tools/probe.js`: does this kernel let us do what the data path does? Asks by doing it, in a
 * network namespace that ends with the process. Prints a table once a boot.
 *
 * Exit status: 0 it can, 77 it cannot; the last line says why.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { release } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { BpfLink } from '../dataplane/link.ts';
import { BpfObject } from '../dataplane/object.ts';

const self = fileURLToPath(import.meta.url);
const repository = resolve(dirname(self), '../../..');
const source = join(repository, 'appliance/tools/probe.bpf.c');
const objects = join(repository, 'build/probe');
const stampFile = join(repository, '.sixgate/probe.stamp');

interface Probe {
  readonly name: string;
  /** Only something that comes later needs it: a missing one is told, no more. */
  readonly optional?: boolean;
  /** Throws when the machine cannot. */
  readonly ask: () => void;
}

function objectOf(word: string): BpfObject {
  return BpfObject.load(join(objects, `${word}.o`));
}

/** Runs a program that takes no packet. @throws Error when it does not return 0 */
function call(object: BpfObject, program: string): void {
  const { retval } = object.program(program).run({ context: new Uint8Array(16) });
  object.close();
  if (retval !== 0) throw new Error(`the program returned ${retval}`);
}

function vethIndex(): number {
  const [line] = execFileSync('ip', ['-o', 'link', 'show', 'dev', 'probe0'], { encoding: 'utf8' }).split(':');
  return Number(line);
}

const probes: readonly Probe[] = [
  {
    name: 'network namespaces and veth',
    ask: () => {
      execFileSync('ip', ['link', 'add', 'probe0', 'type', 'veth', 'peer', 'name', 'probe1'], { stdio: 'pipe' });
    },
  },
  {
    name: 'native XDP on veth',
    ask: () => {
      const object = objectOf('XDP');
      BpfLink.xdp(object.program('probe_xdp').fd, vethIndex(), 'native').close();
      object.close();
    },
  },
  {
    name: 'tcx links',
    ask: () => {
      const object = objectOf('TCX');
      BpfLink.tcx(object.program('probe_tcx').fd, vethIndex(), 'ingress').close();
      object.close();
    },
  },
  { name: 'BPF ring buffer', ask: () => call(objectOf('RING'), 'probe_ring') },
  { name: 'BPF timers', ask: () => call(objectOf('TIMER'), 'probe_timer') },
  {
    name: 'segment routing (SRv6)',
    optional: true,
    ask: () => {
      const route =
        'ip link set lo up && ip -6 route add 2001:db8::/32 encap seg6 mode encap segs 2001:db8:1::1 dev lo';
      execFileSync('sh', ['-c', route], { stdio: 'pipe' });
    },
  },
];

/** Compiles the probes. @returns hash of the source */
function compile(): void {
  mkdirSync(objects, { recursive: true });
  const multiarch = process.arch === 'arm64' ? 'aarch64-linux-gnu' : 'x86_64-linux-gnu';
  const flags = ['-O2', '-g', '-target', 'bpf', '-mcpu=v3', '-Ibpf', `-I/usr/include/${multiarch}`];
  for (const word of ['XDP', 'TCX', 'RING', 'TIMER']) {
    const args = [...flags, `-DPROBE_${word}`, '-c', source, '-o', join(objects, `${word}.o`)];
    execFileSync(process.env.CLANG ?? 'clang-19', args, { cwd: repository });
  }
}

/** Inside the namespace: asks them all. @returns the exit status */
function askAll(): number {
  let why: string | undefined;
  for (const { name, optional, ask } of probes) {
    let answer = 'yes';
    try {
      ask();
    } catch (error) {
      const stderr = (error as { stderr?: Buffer }).stderr?.toString().trim();
      const reason = (stderr || (error instanceof Error ? error.message : String(error))).split('\n')[0] ?? '';
      answer = optional ? `no (${reason}); only SRv6 needs it` : `no: ${reason}`;
      if (!optional) why ??= `This machine cannot: ${name} do not work here (Linux ${release()}): ${reason}`;
    }
    console.log(`${name.padEnd(28)} ${answer}`);
  }
  if (why !== undefined) console.log(why);
  return why === undefined ? 0 : 77;
}

function main(): number {
  if (process.argv[2] === 'inside') return askAll();
  const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8');
  const stamp = createHash('sha256').update(boot).update(release()).update(readFileSync(source)).digest('hex');
  try {
    if (readFileSync(stampFile, 'utf8') === stamp) return 0;
  } catch {
    // The first time on this machine.
  }
  compile();
  const command = [process.execPath, '--enable-source-maps', self, 'inside'];
  const { status, error } = spawnSync('unshare', ['--net', ...command], { stdio: 'inherit' });
  if (error !== undefined) throw error;
  if (status === 1) {
    console.log('This machine cannot: it does not permit network namespaces.');
    return 77;
  }
  if (status === 0) {
    mkdirSync(dirname(stampFile), { recursive: true });
    writeFileSync(stampFile, stamp);
  }
  return status ?? 1;
}

process.exitCode = main();
