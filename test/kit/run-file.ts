/**
 * Runs one test file in a process of its own; as root in a tree of namespaces that dies with it. Believes only the
 * records on descriptor 3 and the exit status, never what the file prints.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import type { Readable } from 'node:stream';
import type { EndRecord, ResultRecord, SeenRecord, StartRecord, TestRecord } from './report.ts';

/** How to run a file. */
export interface RunOptions {
  readonly limitMs: number;
  /** Inside namespaces of its own (mount, network, processes); needs root. */
  readonly tree: boolean;
  /** Marks every process of this run in its environment, so that a leaked one is recognised. */
  readonly runId: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** What came of a file. `problems` is empty when everything about it can be believed. */
export interface FileResult {
  readonly file: string;
  readonly tests: readonly TestRecord[];
  readonly seen: readonly SeenRecord[];
  readonly problems: readonly string[];
  readonly output: string;
  readonly durationMs: number;
}

/**
 * /run is private, so /run/netns and /run/sixgate are; /sys/fs/bpf is a new file system, so nobody sees the others'
 * pins. TMPDIR lies in the private /run and vanishes too. The shell stays process 1 of the tree: it reaps orphans,
 * and when it ends the kernel kills whatever is left.
 */
const treeScript = `set -e
mount -t tmpfs -o mode=755 tmpfs /run
mkdir -p /run/netns /run/lock /run/sixgate /run/sixgate-state /run/tmp
mount -t bpf -o mode=700 bpf /sys/fs/bpf
ip link set lo up
"$@" && status=0 || status=$?
exit $status`;

/** The environment that tells a test it lies in a tree, and the product where its files go. */
export const treeEnv = { SIXGATE_TREE: '1', SIXGATE_STATE_DIR: '/run/sixgate-state', TMPDIR: '/run/tmp' };

const maxOutputChars = 400_000;

/** The command line of a file, within its tree or bare. `setpriv` ends the tree when the runner itself is killed. */
export function commandLine(file: string, tree: boolean): readonly string[] {
  const node = [process.execPath, '--enable-source-maps', file];
  if (!tree) return node;
  const unshare = ['unshare', '--mount', '--net', '--pid', '--fork', '--kill-child', '--mount-proc'];
  return ['setpriv', '--pdeathsig', 'KILL', ...unshare, 'sh', '-c', treeScript, 'tree', ...node];
}

function childEnv(options: RunOptions): NodeJS.ProcessEnv {
  const env: NodeJS.ProcessEnv = {
    ...process.env,
    NO_COLOR: '1',
    SIXGATE_RESULT_FD: '3',
    SIXGATE_RUN_ID: options.runId,
  };
  delete env.FORCE_COLOR;
  return { ...env, ...(options.tree ? treeEnv : {}), ...options.env };
}

function killAll(child: ChildProcess, tree: boolean): void {
  if (child.pid === undefined) return;
  try {
    // Bare files lead a process group; a tree dies with its outer process.
    process.kill(tree ? child.pid : -child.pid, 'SIGKILL');
  } catch {
    // It has just ended by itself.
  }
}

/** Runs `file` (a path of compiled JavaScript) and judges it; never throws for what the file does. */
export async function runFile(file: string, options: RunOptions): Promise<FileResult> {
  const started = performance.now();
  const problems: string[] = [];
  let output = '';
  const records: ResultRecord[] = [];
  if (!existsSync(file))
    return { file, tests: [], seen: [], problems: ['the file does not exist'], output, durationMs: 0 };

  const [program, ...args] = commandLine(file, options.tree);
  const child = spawn(program ?? '', args, {
    env: childEnv(options),
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
    detached: !options.tree,
  });
  const collect = (chunk: string): void => {
    if (output.length < maxOutputChars) output += chunk;
  };
  for (const stream of [child.stdout, child.stderr] as Readable[]) stream.setEncoding('utf8').on('data', collect);
  const results = child.stdio[3] as Readable;
  let resultText = '';
  results.setEncoding('utf8').on('data', (chunk: string) => {
    resultText += chunk;
  });

  let timedOut = false;
  const timer = setTimeout(() => {
    timedOut = true;
    killAll(child, options.tree);
  }, options.limitMs);
  const ended = await new Promise<string | number>((resolve) => {
    child.on('error', (error) => resolve(`it could not be started: ${error.message}`));
    let status: string | number | undefined;
    child.on('exit', (code, signal) => {
      status = code ?? `it was ended by ${signal ?? 'nobody'}`;
      // A process left behind may hold the pipes open; it is the host comparison that reports it.
      setTimeout(() => resolve(status ?? ''), 1_000).unref();
    });
    child.on('close', () => resolve(status ?? ''));
  });
  clearTimeout(timer);
  killAll(child, options.tree);
  for (const stream of [child.stdout, child.stderr, results] as Readable[]) stream.destroy();

  for (const line of resultText.split('\n')) {
    if (line === '') continue;
    const record = parseRecord(line);
    if (record === undefined) problems.push(`a result that cannot be read: ${line.slice(0, 100)}`);
    else records.push(record);
  }
  if (timedOut) problems.push(`it did not end within ${options.limitMs / 1000} s`);
  else if (typeof ended === 'string') problems.push(ended);
  problems.push(...judge(records, typeof ended === 'number' && !timedOut ? ended : undefined));
  return {
    file,
    tests: records.filter((record) => record.type === 'test'),
    seen: records.filter((record) => record.type === 'seen'),
    problems,
    output,
    durationMs: Math.round(performance.now() - started),
  };
}

function parseRecord(line: string): ResultRecord | undefined {
  try {
    const value = JSON.parse(line) as ResultRecord;
    return ['start', 'test', 'seen', 'end'].includes(value.type) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Every way in which records and exit status fail to say "all of it ran and was good". */
function judge(records: readonly ResultRecord[], exitCode: number | undefined): string[] {
  const problems: string[] = [];
  const tests = records.filter((record): record is TestRecord => record.type === 'test');
  const ends = records.filter((record): record is EndRecord => record.type === 'end');
  const starts = records.filter((record): record is StartRecord => record.type === 'start');
  const failed = tests.filter((test) => test.outcome === 'failed').length;
  const hung = starts.filter((start) => !tests.some((test) => test.suite === start.suite && test.test === start.test));
  const end = ends[0];
  if (end === undefined) {
    problems.push('it ended without its closing record');
    for (const start of hung) problems.push(`the test "${start.test}" began and never ended`);
  } else {
    if (ends.length > 1 || records.at(-1) !== end) problems.push('its closing record is not its last');
    problems.push(...end.problems);
    if (end.suitesMade === 0) problems.push('it makes no suite');
    if (end.suitesMade !== end.suitesFinished)
      problems.push(`${end.suitesMade} suites made, ${end.suitesFinished} finished`);
    if (tests.length === 0) problems.push('it executed no test');
    const counted = end.passed + end.failed + end.skipped;
    if (counted !== tests.length || end.failed !== failed) problems.push('its closing record contradicts its tests');
    if (end.passed > 0 && end.assertions < end.passed) problems.push('fewer assertions than tests');
  }
  if (exitCode !== undefined && exitCode !== 0 && failed === 0 && problems.length === 0)
    problems.push(`it exited with status ${exitCode}`);
  if (exitCode === 0 && failed > 0) problems.push('tests failed and yet it exited with status 0');
  return problems;
}
