/** A Debian root with nothing in it but the distribution's nodejs, npm and git, and clones of this repository. */
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Box } from './box.ts';
import { Run, type RunOptions } from './run.ts';
import { certificates, type Settings } from './settings.ts';

export const repository = resolve(dirname(fileURLToPath(import.meta.url)), '../../../..');

const packages = 'nodejs npm git';

/** Files that git knows or would take, those of them that exist, copied as they are. */
const copyDirty =
  'git -c safe.directory=* ls-files -z -co --exclude-standard | xargs -0 sh -c \'for f; do [ ! -e "$f" ] || printf "%s\\0" "$f"; done\' - | tar c --null -T - | tar x -C "$1"';

/** Each method throws an Error with a sentence when it fails. */
export class Root {
  readonly path: string;
  readonly suite: string;
  readonly #settings: Settings;
  readonly #options: RunOptions;

  constructor(suite: string, settings: Settings, log: string) {
    this.suite = suite;
    this.#settings = settings;
    this.#options = { log, env: settings.env };
    this.path = mkdtempSync(`/var/tmp/sixgate-${suite}-`);
  }

  async #must(complaint: string, program: string, ...args: string[]): Promise<void> {
    const { status } = await new Run(program, args, this.#options).ended;
    if (status !== 0) throw new Error(complaint);
  }

  /** The namespaces in which things are run. */
  box(): Promise<Box> {
    return Box.open(this.path, this.#options);
  }

  /** debootstrap, apt set up as on this machine, and the packages. @returns the versions of Node and npm */
  async bootstrap(): Promise<string> {
    const { suite, path } = this;
    const { mirror, security } = this.#settings;
    const options = ['--variant=minbase', '--include=ca-certificates'];
    await this.#must('debootstrap failed', 'debootstrap', ...options, suite, path, mirror);
    const sources = [`${mirror} ${suite}`, `${mirror} ${suite}-updates`, `${security} ${suite}-security`];
    writeFileSync(join(path, 'etc/apt/sources.list'), sources.map((source) => `deb ${source} main\n`).join(''));
    for (const name of readdirSync('/etc/apt/apt.conf.d').filter((file) => !file.startsWith('docker')))
      cpSync(join('/etc/apt/apt.conf.d', name), join(path, 'etc/apt/apt.conf.d', name));
    for (const file of [certificates, '/etc/resolv.conf', '/etc/hosts'])
      if (existsSync(file)) cpSync(file, join(path, file), { dereference: true });
    const box = await this.box();
    try {
      const install = `apt-get update && apt-get install -y --no-install-recommends ${packages}`;
      const installed = await box.start(install).ended;
      if (installed.status !== 0) throw new Error(`the distribution's ${packages} could not be installed`);
      const versions = await box.start('node --version; npm --version').ended;
      const [node = '', npm = ''] = versions.text.trim().split('\n');
      return `Node ${node.replace('v', '')}, npm ${npm}`;
    } finally {
      await box.close();
    }
  }

  /** A root with the same content. */
  async twin(log: string): Promise<Root> {
    const twin = new Root(this.suite, this.#settings, log);
    await this.#must('the root could not be copied', 'cp', '-a', `${this.path}/.`, twin.path);
    return twin;
  }

  /** @param place within the root. @param dirty with what is not committed */
  async clone(place: string, dirty: boolean): Promise<void> {
    const target = join(this.path, place);
    const git = ['git', '-c', 'safe.directory=*', 'clone', '--quiet', '--no-local'];
    await this.#must('git clone failed', ...(git as [string]), repository, target);
    if (!dirty) return;
    const copy = ['sh', '-c', `cd "$0" && ${copyDirty}`, repository, target];
    await this.#must('what is not committed could not be copied', ...(copy as [string]));
  }

  /** Its mounts have ended with their namespaces. */
  remove(): void {
    execFileSync('rm', ['-rf', '--one-file-system', this.path]);
  }
}
