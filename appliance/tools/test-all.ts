/**
 * `npm run test:all`: the checks, the tests in a random order, and the bounded long runs. Each stage prints what it
 * prints; the last line sums up: `N passed, N failed`.
 */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const repository = resolve(dirname(fileURLToPath(import.meta.url)), '../../..');

interface Stage {
  readonly name: string;
  /** Compiled file below dist/, with its arguments. */
  readonly command: readonly [string, ...string[]];
  /** Folder without which there is no such stage. */
  readonly folder?: string;
}

export interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

const seed = String(Math.floor(Math.random() * 2 ** 31));

const stages: readonly Stage[] = [
  { name: 'check', command: ['appliance/tools/check.js'] },
  { name: 'tests', command: ['test/kit/runner.js', '--shuffle', seed] },
  { name: 'sabotage', command: ['test/kit/runner.js', '--sabotage'] },
  { name: 'fuzz', command: ['test/fuzz/main.js'], folder: 'test/fuzz' },
];

/**
 * The counts of the last line. A stage without such a line, or whose exit status contradicts it, has failed once.
 * @param status exit status, or null after a signal
 */
export function countsOf(output: string, status: number | null): Counts {
  const last = output.trimEnd().split('\n').at(-1) ?? '';
  const match = /^(\d+) passed, (\d+) failed(?:, (\d+) skipped)?$/.exec(last);
  if (match === null) return { passed: 0, failed: 1, skipped: 0 };
  const [passed = 0, failed = 0, skipped = 0] = match.slice(1).map((digits) => Number(digits ?? 0));
  return { passed, failed: status === 0 ? failed : Math.max(failed, 1), skipped };
}

function run({ command: [file, ...args] }: Stage): Promise<Counts> {
  return new Promise((done) => {
    const program = [process.execPath, '--enable-source-maps', join(repository, 'dist', file)];
    const child = spawn(program[0] ?? '', [...program.slice(1), ...args], {
      cwd: repository,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      output = (output + chunk).slice(-10_000);
      process.stdout.write(chunk);
    });
    child.on('error', () => done(countsOf('', null)));
    child.on('close', (status) => done(countsOf(output, status)));
  });
}

async function main(): Promise<number> {
  const results: [string, Counts][] = [];
  for (const stage of stages) {
    if (stage.folder !== undefined && !existsSync(join(repository, stage.folder))) continue;
    console.log(`\n== ${stage.name}`);
    results.push([stage.name, await run(stage)]);
  }
  console.log('');
  for (const [name, { passed, failed }] of results)
    console.log(`${name.padEnd(10)} ${passed} passed, ${failed} failed`);
  const sum = (part: keyof Counts): number => results.reduce((total, [, counts]) => total + counts[part], 0);
  const skipped = sum('skipped');
  console.log(`${sum('passed')} passed, ${sum('failed')} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
  return sum('failed') > 0 ? 1 : 0;
}

if (process.argv[1] !== undefined && resolve(process.argv[1]) === fileURLToPath(import.meta.url))
  process.exitCode = await main();
