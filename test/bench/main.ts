/**
 * `npm run bench [-- [--check] [-o json] [--rounds N] [WORD…]]`: how fast is the packet path, in relation to what the
 * same core does in the same run without it? The method is told in docs/guide/performance.md.
 *
 * Exit status: 0 measured (with `--check`: and no ratio below its bar), 1 failed or below, 2 usage.
 */
import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { commandLine, treeEnv } from '../kit/run-file.ts';
import { readOptions, usage } from './options.ts';
import { readBars } from './report.ts';

const inside = join(dirname(fileURLToPath(import.meta.url)), 'inside.js');
const LIMIT_MS = 170_000;

/** Runs the benchmark in a tree of namespaces, which dies with it. @returns the exit status */
function runInside(args: readonly string[]): Promise<number> {
  const [program = '', ...rest] = [...commandLine(inside, true), ...args];
  const child = spawn(program, rest, {
    stdio: ['ignore', 'inherit', 'inherit'],
    // The mark tells a test run of the same time that what appears is not its own.
    env: { ...process.env, ...treeEnv, SIXGATE_RUN_ID: `bench-${process.pid}` },
  });
  const timer = setTimeout(() => {
    console.error(`The benchmark did not end within ${LIMIT_MS / 1000} s.`);
    child.kill('SIGKILL');
  }, LIMIT_MS);
  let interrupted: NodeJS.Signals | undefined;
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(name, () => {
      interrupted ??= name;
      child.kill('SIGKILL');
    });
  }
  return new Promise((done) => {
    child.on('error', (error) => {
      clearTimeout(timer);
      console.error(`The benchmark cannot be started: ${error.message}`);
      done(1);
    });
    child.on('exit', (code, signal) => {
      clearTimeout(timer);
      const ended = interrupted ?? signal;
      done(code ?? 128 + (ended === null ? 0 : constants.signals[ended]));
    });
  });
}

const options = readOptions(process.argv.slice(2));
if (typeof options === 'string') {
  console.error(`${options}\n${usage}`);
  process.exitCode = 2;
} else if (options.help) {
  console.log(usage);
} else if (readBars(options.words).length === 0) {
  console.error(`no ratio is called ${options.words.join(' or ')}\n${usage}`);
  process.exitCode = 2;
} else if (process.getuid?.() !== 0) {
  console.error('The benchmark makes network namespaces and loads BPF programs: it needs root.');
  process.exitCode = 1;
} else {
  process.exitCode = await runInside(process.argv.slice(2));
}
