/** What is done on a fresh machine, step by step. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, release } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { countsOf } from '../test-all.ts';
import type { Box } from './box.ts';
import { Root, repository } from './root.ts';
import { inSeconds, lineOf, momentOf, type Outcome, type Row, speedOf, tableOf } from './rows.ts';
import type { Run, Whom } from './run.ts';
import type { Settings } from './settings.ts';

export interface ScenarioOptions {
  readonly dirty: boolean;
  readonly keep: boolean;
  /** Leaves `npm test` out. */
  readonly starts: boolean;
  readonly seed: number;
}

const clones = ['/root/six gate', '/root/six gate 2'] as const;
const npmStart = 'npm start -- --once';
const npmTest = 'npm test';
const everybody: readonly Whom[] = ['npm alone', 'the process group'];

/** The second start finds everything ready. */
const secondStartSeconds = 10;
/** How long what was killed may take to vanish: to see that something stays, not how fast it goes. */
const vanishWithinMs = 60_000;

/** Steps of one root, each a row. */
class Steps {
  readonly rows: Row[] = [];
  readonly #suite: string;

  constructor(suite: string) {
    this.#suite = suite;
  }

  /** Does a step; what it throws is why it failed. @returns its row */
  async do(name: string, work: () => Promise<Outcome>): Promise<Row> {
    const begun = performance.now();
    const outcome = await work().catch((error: unknown): Outcome => ({ why: String(error) }));
    const row = { name, seconds: (performance.now() - begun) / 1000, ...outcome };
    this.rows.push(row);
    console.log(lineOf(this.#suite, row));
    return row;
  }
}

/** Types a command in a clone. The shell becomes npm, so npm is what is killed. */
function type(box: Box, clone: string, command: string, mark?: string): Run {
  return box.start(`cd '${clone}' && exec ${command}`, mark);
}

async function started(run: Run): Promise<Outcome> {
  const { status } = await run.ended;
  return status === 0 ? {} : { why: `it ended with ${status}` };
}

async function startedSoon(run: Run): Promise<Outcome> {
  const { status, seconds } = await run.ended;
  if (status !== 0) return { why: `it ended with ${status}` };
  return speedOf(seconds, secondStartSeconds, loadavg()[0] ?? 0, cpus().length);
}

async function tested(run: Run): Promise<Outcome> {
  const { status, text } = await run.ended;
  const { passed, failed, skipped } = countsOf(text, status);
  const note = `${passed} passed, ${failed} failed, ${skipped} skipped`;
  return failed === 0 && passed > 0 ? { note } : { note, why: 'not all of it passed' };
}

async function killed(run: Run, whom: Whom, momentMs: number): Promise<Outcome> {
  const met = await run.killAfter(momentMs, whom);
  return met
    ? { note: `killed after ${inSeconds(momentMs)}` }
    : { why: `it had ended before ${inSeconds(momentMs)} had passed` };
}

/** Waits until nothing is left, and asks git whether the clones are as they were. */
async function nothingLeft(box: Box, places: readonly string[]): Promise<Outcome> {
  for (const deadline = performance.now() + vanishWithinMs; ; ) {
    const left = box.left();
    if (left.length === 0) break;
    if (performance.now() > deadline) return { why: left.join('; ') };
    await delay(100);
  }
  for (const place of places) {
    const { status, text } = await box.start(`cd '${place}' && git status --porcelain`).ended;
    if (status !== 0 || text !== '') return { why: `git status of ${place}: ${text.trim()}` };
  }
  return { note: 'processes, mounts, BPF pins, namespaces, state, files in the clones' };
}

/** On a copy of the bare root, the first start of all is killed: packages half installed, modules half fetched. */
async function firstStartKilled(root: Root, log: string, whom: Whom, steps: Steps, options: ScenarioOptions) {
  const twin = await root.twin(log);
  const [clone] = clones;
  try {
    await twin.clone(clone, options.dirty);
    const box = await twin.box();
    try {
      const name = `first start of all, ${whom} killed -9`;
      const momentMs = momentOf(options.seed, name, 1_000, 20_000);
      await steps.do(name, () => killed(type(box, clone, npmStart), whom, momentMs));
      await steps.do('`npm start` after it', () => started(type(box, clone, npmStart)));
      await steps.do('nothing is left behind', () => nothingLeft(box, [clone]));
    } finally {
      await box.close();
    }
  } finally {
    twin.remove();
  }
}

async function plain(box: Box, steps: Steps, options: ScenarioOptions): Promise<number> {
  const [clone] = clones;
  await steps.do('`npm start`', () => started(type(box, clone, npmStart)));
  const again = await steps.do('`npm start` again, under 10 s', () => startedSoon(type(box, clone, npmStart)));
  if (!options.starts) {
    await steps.do('`npm test`', () => tested(type(box, clone, npmTest)));
    await steps.do('`npm test` again', () => tested(type(box, clone, npmTest)));
  }
  await steps.do('nothing is left behind', () => nothingLeft(box, [clone]));
  return again.seconds;
}

/** @param usualSeconds how long a start takes that finds everything ready */
async function startsKilled(box: Box, steps: Steps, options: ScenarioOptions, usualSeconds: number): Promise<void> {
  const [clone] = clones;
  for (const whom of everybody) {
    const name = `\`npm start\`, ${whom} killed -9`;
    const momentMs = momentOf(options.seed, name, 500, Math.max(1_000, usualSeconds * 800));
    await steps.do(name, () => killed(type(box, clone, npmStart), whom, momentMs));
    await steps.do('`npm start` after it', () => started(type(box, clone, npmStart)));
  }
}

/** The same command in both clones at once, each with its own row. */
async function both(box: Box, steps: Steps, command: string, judge: (run: Run) => Promise<Outcome>): Promise<void> {
  const row = (clone: string, index: number) =>
    steps.do(`\`${command}\` in both clones at once, ${index === 0 ? 'first' : 'second'} clone`, () =>
      judge(type(box, clone, command, `${index + 1}| `)),
    );
  await Promise.all(clones.map(row));
}

async function testsKilled(box: Box, steps: Steps, options: ScenarioOptions): Promise<void> {
  const row = (clone: string, index: number) => {
    const whom = everybody[index] ?? 'npm alone';
    const name = `\`npm test\` in ${index === 0 ? 'the first' : 'the second'} clone, ${whom} killed -9`;
    const momentMs = momentOf(options.seed, name, 5_000, 120_000);
    return steps.do(name, () => killed(type(box, clone, npmTest, `${index + 1}| `), whom, momentMs));
  };
  await Promise.all(clones.map(row));
}

async function onMachine(root: Root, log: string, steps: Steps, options: ScenarioOptions): Promise<void> {
  const bare = await steps.do('a bare system', async () => ({ note: await root.bootstrap() }));
  if (bare.why !== undefined) return;
  for (const whom of everybody) await firstStartKilled(root, log, whom, steps, options);
  const [first, second] = clones;
  const cloned = await steps.do('a fresh clone', () => root.clone(first, options.dirty).then(() => ({})));
  if (cloned.why !== undefined) return;
  const box = await root.box();
  try {
    const usualSeconds = await plain(box, steps, options);
    await startsKilled(box, steps, options, usualSeconds);
    await steps.do('a second clone', () => root.clone(second, options.dirty).then(() => ({})));
    await both(box, steps, npmStart, started);
    if (!options.starts) {
      await testsKilled(box, steps, options);
      await both(box, steps, npmTest, tested);
    }
    await steps.do('nothing is left behind', () => nothingLeft(box, clones));
  } finally {
    await box.close();
  }
}

/** Makes a root of a suite, does everything in it, and prints the rows and their table. */
export async function freshMachine(suite: string, settings: Settings, options: ScenarioOptions): Promise<Row[]> {
  mkdirSync(join(repository, '.sixgate'), { recursive: true });
  const log = join(repository, '.sixgate', `fresh-${suite}.log`);
  writeFileSync(log, '');
  const commit = execFileSync('git', ['-c', 'safe.directory=*', '-C', repository, 'rev-parse', '--short', 'HEAD']);
  const steps = new Steps(suite);
  const root = new Root(suite, settings, log);
  try {
    await onMachine(root, log, steps, options);
  } finally {
    if (options.keep) console.log(`${suite}: kept ${root.path}`);
    else root.remove();
  }
  const day = new Date().toISOString().slice(0, 10);
  const machine = `Linux ${release()}, ${cpus().length} processors`;
  console.log(`\n## ${day}, ${suite}\n\n${machine}, commit ${commit.toString().trim()}, \`--seed ${options.seed}\`\n`);
  console.log(`${tableOf(steps.rows)}\n`);
  return steps.rows;
}
