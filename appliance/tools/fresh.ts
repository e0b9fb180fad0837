/**
 * `npm run test:fresh [-- bookworm|trixie …] [--dirty] [--keep]`: a newcomer's first hour. Makes a bare Debian root,
 * puts the distribution's own nodejs and npm and a fresh clone into it, and types the two commands of the README.
 * `--dirty` adds what is not committed; `--keep` leaves the roots.
 *
 * The kernel is this machine's. Mirror, proxies, certificates and npm registry are this machine's too; credentials are
 * not copied. Logs: .sixgate/fresh-SUITE.log. Last line: `N passed, N failed`.
 */
import { execFileSync, spawn } from 'node:child_process';
import {
  closeSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { countsOf } from './test-all.ts';

const repository = resolve(dirname(fileURLToPath(import.meta.url)), '../../..');
const clone = '/root/six gate';
const certificates = '/etc/ssl/certs/ca-certificates.crt';
/** The second start finds everything ready. */
const secondStartMs = 10_000;

interface Settings {
  readonly mirror: string;
  readonly security: string;
  readonly env: Readonly<Record<string, string>>;
}

function output(program: string, ...args: string[]): string {
  try {
    return execFileSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  } catch {
    return '';
  }
}

/** Addresses of the archives in this machine's own apt sources, of both formats. */
export function archivesOf(texts: readonly string[]): { readonly mirror: string; readonly security: string } {
  const lines = texts.flatMap((text) => text.split('\n')).filter((line) => !line.trimStart().startsWith('#'));
  const uris = lines.flatMap((line) => (/^(URIs:|deb )/.test(line) ? [...line.matchAll(/https?:\/\/[^\s/]\S*/g)] : []));
  const found = uris.map(([uri]) => uri.replace(/\/$/, ''));
  return {
    mirror: found.find((uri) => uri.endsWith('/debian')) ?? 'http://deb.debian.org/debian',
    security: found.find((uri) => uri.endsWith('/debian-security')) ?? 'http://deb.debian.org/debian-security',
  };
}

function settings(): Settings {
  const folder = '/etc/apt/sources.list.d';
  const files = existsSync(folder) ? readdirSync(folder).filter((name) => /\.(list|sources)$/.test(name)) : [];
  const texts = ['/etc/apt/sources.list', ...files.map((name) => join(folder, name))].filter((file) =>
    existsSync(file),
  );
  const env: Record<string, string> = {
    PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    HOME: '/root',
    LC_ALL: 'C.UTF-8',
    DEBIAN_FRONTEND: 'noninteractive',
  };
  for (const [name, value] of Object.entries(process.env)) {
    if (value !== undefined && /^(https?_proxy|no_proxy)$/i.test(name)) env[name] = value;
  }
  const proxy = /"(.*)"/.exec(output('apt-config', 'dump', 'Acquire::http::Proxy'))?.[1];
  if (proxy !== undefined && env.http_proxy === undefined) env.http_proxy = proxy;
  const registry = output('npm', 'config', 'get', 'registry');
  if (registry.startsWith('http')) env.npm_config_registry = registry;
  if (existsSync(certificates)) {
    env.NODE_EXTRA_CA_CERTS = certificates;
    env.npm_config_cafile = certificates;
  }
  return { ...archivesOf(texts.map((file) => readFileSync(file, 'utf8'))), env };
}

/** One root, and what is done in it. */
class Root {
  readonly path: string;
  readonly suite: string;
  readonly #settings: Settings;
  readonly #log: number;

  constructor(suite: string, given: Settings, log: number) {
    this.suite = suite;
    this.#settings = given;
    this.#log = log;
    this.path = mkdtempSync(`/var/tmp/sixgate-${suite}-`);
  }

  /** Runs a program on this machine. @returns its exit status and the end of its output */
  run(program: string, args: readonly string[]): Promise<{ status: number; text: string }> {
    return new Promise((done) => {
      const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], env: this.#settings.env });
      let text = '';
      for (const stream of [child.stdout, child.stderr]) {
        stream.setEncoding('utf8').on('data', (chunk: string) => {
          text = (text + chunk).slice(-20_000);
          writeFileSync(this.#log, chunk);
        });
      }
      child.on('error', (error) => done({ status: -1, text: error.message }));
      child.on('close', (status) => done({ status: status ?? -1, text }));
    });
  }

  /** Runs a shell line inside, in mount and process namespaces that end with it; bpffs is its own. */
  inside(line: string): Promise<{ status: number; text: string }> {
    // pivot_root and not chroot alone: what runs inside makes mount namespaces, for which / must be a mount.
    const script = `set -e; mount --bind "$1" "$1"; cd "$1"
      mount --rbind /sys sys; mount --rbind /dev dev; mount -t proc proc proc; mount -t tmpfs tmpfs run
      mkdir -p run/lock old; mount -t bpf -o mode=700 bpf sys/fs/bpf
      pivot_root . old; cd /; umount -l old; rmdir old
      exec chroot . /bin/sh -c "$2"`;
    const spaces = ['--mount', '--pid', '--fork', '--kill-child'];
    return this.run('unshare', [...spaces, 'sh', '-c', script, 'fresh', this.path, line]);
  }

  async bootstrap(): Promise<string | undefined> {
    const { mirror, security } = this.#settings;
    const made = await this.run('debootstrap', [
      '--variant=minbase',
      '--include=ca-certificates',
      this.suite,
      this.path,
      mirror,
    ]);
    if (made.status !== 0) return 'debootstrap failed';
    const { suite } = this;
    const sources = [`${mirror} ${suite}`, `${mirror} ${suite}-updates`, `${security} ${suite}-security`];
    writeFileSync(join(this.path, 'etc/apt/sources.list'), sources.map((source) => `deb ${source} main\n`).join(''));
    for (const name of readdirSync('/etc/apt/apt.conf.d').filter((file) => !file.startsWith('docker')))
      cpSync(join('/etc/apt/apt.conf.d', name), join(this.path, 'etc/apt/apt.conf.d', name));
    for (const file of [certificates, '/etc/resolv.conf', '/etc/hosts'])
      if (existsSync(file)) cpSync(file, join(this.path, file), { dereference: true });
    const packages = 'nodejs npm git';
    const installed = await this.inside(`apt-get update && apt-get install -y --no-install-recommends ${packages}`);
    return installed.status === 0 ? undefined : `the distribution's ${packages} could not be installed`;
  }

  async clone(dirty: boolean): Promise<string | undefined> {
    const target = join(this.path, clone);
    const cloned = await this.run('git', [
      '-c',
      'safe.directory=*',
      'clone',
      '--quiet',
      '--no-local',
      repository,
      target,
    ]);
    if (cloned.status !== 0) return 'git clone failed';
    if (!dirty) return undefined;
    const copy =
      'git -c safe.directory=* ls-files -z -co --exclude-standard | xargs -0 sh -c \'for f; do [ ! -e "$f" ] || printf "%s\\0" "$f"; done\' - | tar c --null -T - | tar x -C "$1"';
    const copied = await this.run('sh', ['-c', `cd "$0" && ${copy}`, repository, target]);
    return copied.status === 0 ? undefined : 'what is not committed could not be copied';
  }
}

interface Row {
  readonly name: string;
  readonly why: string | undefined;
}

async function firstHour(suite: string, given: Settings, options: { dirty: boolean; keep: boolean }): Promise<Row[]> {
  mkdirSync(join(repository, '.sixgate'), { recursive: true });
  const log = openSync(join(repository, '.sixgate', `fresh-${suite}.log`), 'w');
  const root = new Root(suite, given, log);
  const rows: Row[] = [];
  const step = async (name: string, work: () => Promise<string | undefined>): Promise<boolean> => {
    const begun = performance.now();
    const why = await work();
    const seconds = ((performance.now() - begun) / 1000).toFixed(1);
    console.log(
      `${why === undefined ? 'ok   ' : 'FAIL '} ${suite}: ${name}  ${seconds} s${why === undefined ? '' : `  ${why}`}`,
    );
    rows.push({ name, why });
    return why === undefined;
  };
  const type = (line: string) => root.inside(`cd '${clone}' && ${line}`);
  const start = async (limitMs: number): Promise<string | undefined> => {
    const begun = performance.now();
    const { status } = await type('npm start -- --once');
    if (status !== 0) return `it ended with ${status}`;
    const tookMs = performance.now() - begun;
    return tookMs <= limitMs ? undefined : `it took ${(tookMs / 1000).toFixed(1)} s`;
  };
  try {
    const ready =
      (await step('a bare system', () => root.bootstrap())) &&
      (await step('a fresh clone', () => root.clone(options.dirty)));
    if (!ready) return rows;
    await step('npm start', () => start(Number.POSITIVE_INFINITY));
    await step('npm start again, under 10 s', () => start(secondStartMs));
    await step('npm test', async () => {
      const { status, text } = await type('npm test');
      const { passed, failed } = countsOf(text, status);
      return failed === 0 && passed > 0 ? undefined : `${passed} passed, ${failed} failed`;
    });
    return rows;
  } finally {
    closeSync(log);
    // Its mounts have ended with their namespaces.
    if (options.keep) console.log(`${suite}: kept ${root.path}`);
    else execFileSync('rm', ['-rf', '--one-file-system', root.path]);
  }
}

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { dirty: { type: 'boolean', default: false }, keep: { type: 'boolean', default: false } },
  });
  const suites = positionals.length > 0 ? positionals : ['bookworm', 'trixie'];
  const given = settings();
  const rows: Row[] = [];
  for (const suite of suites) rows.push(...(await firstHour(suite, given, values)));
  const failed = rows.filter((row) => row.why !== undefined).length;
  console.log(`${rows.length - failed} passed, ${failed} failed`);
  return failed > 0 ? 1 : 0;
}

if (process.argv[1] !== undefined && resolve(process.argv[1]) === fileURLToPath(import.meta.url))
  process.exitCode = await main();
