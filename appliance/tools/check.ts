/**
 * `npm run check`: what can be judged without running the product. One line for each check, the output of those that
 * fail. Last line: `N passed, N failed`.
 */
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { importsOf } from './boundaries.ts';

const repository = resolve(dirname(fileURLToPath(import.meta.url)), '../../..');

interface Check {
  readonly name: string;
  /** @returns undefined when all is well, else what is not */
  readonly judge: () => string | undefined;
}

function command(program: string, ...args: string[]): () => string | undefined {
  return () => {
    const { status, stdout, stderr, error } = spawnSync(program, args, { cwd: repository, encoding: 'utf8' });
    return status === 0 ? undefined : error?.message || `${stdout}${stderr}` || `${program} exited with ${status}`;
  };
}

const local = (name: string): string => join(repository, 'node_modules/.bin', name);
const dist = (name: string): string => join(repository, 'dist', name);

const checks: readonly Check[] = [
  { name: 'types', judge: command(local('tsc'), '-b') },
  { name: 'lint and format', judge: command(local('biome'), 'check', '--error-on-warnings') },
  {
    name: 'generated files are fresh',
    judge: command(process.execPath, dist('appliance/tools/gen/main.js'), '--check'),
  },
  { name: 'reference is fresh', judge: command(process.execPath, dist('appliance/tools/docs.js'), '--check') },
  {
    name: 'boundaries',
    judge: command(process.execPath, dist('test/kit/runner.js'), '--file', dist('test/meta/boundaries.test.js')),
  },
  { name: 'golden packets', judge: command('/usr/bin/python3', 'test/kit/golden-gen.py', '--check') },
  { name: 'dependencies', judge: dependencies },
];

/** Packages that only scripts use. */
const tools = ['@biomejs/biome', '@types/node', 'typescript'];

interface Manifest {
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
}

/** Names that the package's sources import but package.json does not have, and the reverse. */
export function dependencyErrors(manifest: Manifest, texts: readonly string[]): string[] {
  const declared = [...Object.keys(manifest.dependencies ?? {}), ...Object.keys(manifest.devDependencies ?? {})];
  const imported = new Set(
    texts
      .flatMap((text) => importsOf(text).map(({ target }) => target))
      .filter((target) => !target.startsWith('.') && !target.startsWith('node:'))
      .map((target) =>
        target
          .split('/')
          .slice(0, target.startsWith('@') ? 2 : 1)
          .join('/'),
      ),
  );
  return [
    ...declared
      .filter((name) => !imported.has(name) && !tools.includes(name))
      .map((name) => `${name} is a dependency that nobody imports`),
    ...[...imported].filter((name) => !declared.includes(name)).map((name) => `${name} is imported but no dependency`),
  ];
}

function dependencies(): string | undefined {
  const judgeOne = (manifestPath: string, folders: readonly string[], skip: RegExp): string[] => {
    const manifest = JSON.parse(readFileSync(join(repository, manifestPath), 'utf8')) as Manifest;
    const texts = folders
      .flatMap((folder) =>
        readdirSync(join(repository, folder), { recursive: true, encoding: 'utf8' }).map((name) => join(folder, name)),
      )
      .filter((name) => name.endsWith('.ts') && !skip.test(name))
      .map((name) => readFileSync(join(repository, name), 'utf8'));
    return dependencyErrors(manifest, texts).map((sentence) => `${manifestPath}: ${sentence}`);
  };
  const errors = [
    // Their own tests hold examples.
    ...judgeOne('package.json', ['appliance', 'test'], /netlink-ts\/|\/dist\/|tools\/check\.test|boundaries\.test/),
    ...judgeOne('appliance/netlink-ts/package.json', ['appliance/netlink-ts'], /\/dist\/|node_modules|\.test\.ts$/),
  ];
  return errors.length === 0 ? undefined : errors.join('\n');
}

function main(): number {
  let failed = 0;
  for (const { name, judge } of checks) {
    const begun = performance.now();
    const why = judge();
    const seconds = ((performance.now() - begun) / 1000).toFixed(1);
    console.log(`${why === undefined ? 'ok   ' : 'FAIL '} ${name}  ${seconds} s`);
    if (why === undefined) continue;
    failed += 1;
    for (const line of why.trimEnd().split('\n')) console.log(`      ${line}`);
  }
  console.log(`${checks.length - failed} passed, ${failed} failed`);
  return failed > 0 ? 1 : 0;
}

if (process.argv[1] !== undefined && resolve(process.argv[1]) === fileURLToPath(import.meta.url))
  process.exitCode = main();
