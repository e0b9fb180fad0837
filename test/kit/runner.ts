/**
 * `node dist/test/kit/runner.js [WORD…]`: finds the test files, runs each in its own process, prints what came of it.
 * The kind of a test is its suffix and gives the parallelism and the time limit.
 */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { dropReasons } from '../../appliance/model/vocab.gen.ts';
import { compareHost, type HostState, hostState, otherRunIsOn, processesOf } from './host-state.ts';
import { type FileResult, runFile } from './run-file.ts';
import { invertForSabotage, tooManyExcuses } from './sabotage-verdict.ts';
import { judgeDrops, textWithGoldens } from './seen-drops.ts';
import { judgeSkips, readSkips } from './skips.ts';

const repository = resolve(dirname(fileURLToPath(import.meta.url)), '../../..');
const kinds = ['unit', 'packet', 'lab', 'web', 'vm'] as const;
type Kind = (typeof kinds)[number];

/** To notice what hangs: several times what a busy machine needs, where the command line's tests take a minute. */
const limitMs: Readonly<Record<Kind, number>> = {
  unit: 600_000,
  packet: 600_000,
  lab: 600_000,
  web: 600_000,
  vm: 900_000,
};

interface TestFile {
  /** Path of the source within the repository, as people know it. */
  readonly source: string;
  readonly compiled: string;
  readonly kind: Kind;
  readonly alone: boolean;
}

const usage = `usage: runner.js [WORD…] [--kind KIND[,KIND]] [--file PATH…] [--repeat N] [--shuffle SEED] [--sabotage] [--verbose]
  WORD        only files whose path contains the word (several: all of them)
  --kind      ${kinds.join(', ')}
  --file      exactly this compiled file, whatever its name
  --repeat    every file N times
  --shuffle   the files in another order; the seed is printed
  --sabotage  lab tests with the gateway's programs taken away: each must fail`;

/** A list in an order that only the seed decides (mulberry32, Fisher and Yates). */
export function shuffled<T>(items: readonly T[], seed: number): T[] {
  const list = [...items];
  let state = seed >>> 0;
  const random = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
  for (let last = list.length - 1; last > 0; last -= 1) {
    const other = Math.floor(random() * (last + 1));
    [list[last], list[other]] = [list[other] as T, list[last] as T];
  }
  return list;
}

/** The kind by the suffix of the name. */
export function kindOf(source: string): Kind {
  const match = /\.(packet|lab|web|vm)(\.alone)?\.test\.ts$/.exec(source);
  return (match?.[1] as Kind | undefined) ?? 'unit';
}

function toTestFile(compiled: string): TestFile {
  const inside = relative(join(repository, 'dist'), compiled);
  const source = (inside.startsWith('..') ? relative(repository, compiled) : inside).replace(/\.js$/, '.ts');
  const kind = kindOf(source);
  return { source, compiled, kind, alone: source.includes('.alone.') || kind === 'web' || kind === 'vm' };
}

function findTests(): TestFile[] {
  const dist = join(repository, 'dist');
  const sources = (folder: string): Set<string> =>
    new Set(
      readdirSync(join(repository, folder), { recursive: true, encoding: 'utf8' }).map((name) => join(folder, name)),
    );
  const known = new Set([...sources('appliance'), ...sources('test')]);
  return (
    readdirSync(dist, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.test.js'))
      .map((name) => toTestFile(join(dist, name)))
      // A compiled test whose source was deleted is no test any more.
      .filter((file) => known.has(file.source))
      .sort((a, b) => (a.source < b.source ? -1 : 1))
  );
}

function readOptions() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      kind: { type: 'string' },
      file: { type: 'string', multiple: true },
      repeat: { type: 'string', default: '1' },
      shuffle: { type: 'string' },
      sabotage: { type: 'boolean', default: false },
      verbose: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  const repeat = Number(values.repeat);
  if (!Number.isInteger(repeat) || repeat < 1) throw new Error('--repeat wants a number');
  const wanted = values.sabotage ? ['lab'] : (values.kind?.split(',') ?? [...kinds]);
  for (const kind of wanted) if (!(kinds as readonly string[]).includes(kind)) throw new Error(`no such kind: ${kind}`);
  const seed = values.shuffle === undefined ? undefined : Number(values.shuffle);
  if (seed !== undefined && !Number.isSafeInteger(seed)) throw new Error('--shuffle wants a number');
  return { ...values, words: positionals, repeat, kinds: wanted, seed };
}

type Options = ReturnType<typeof readOptions>;

function choose(options: Options): TestFile[] {
  const all = options.file?.map((path) => toTestFile(resolve(path))) ?? findTests();
  const chosen = all.filter(
    (file) =>
      options.kinds.includes(file.kind) &&
      options.words.every((word) => file.source.includes(word)) &&
      // The tests of the kit and of netlink-ts run no gateway.
      !(options.sabotage && /^test\/(kit|meta|netlink)\//.test(file.source)),
  );
  const repeated = Array.from({ length: options.repeat }, () => chosen).flat();
  return options.seed === undefined ? repeated : shuffled(repeated, options.seed);
}

function indent(text: string): string {
  const lines = text.trimEnd().split('\n');
  const shown = lines.length > 300 ? [`… ${lines.length - 300} lines left out`, ...lines.slice(-300)] : lines;
  return shown.map((line) => `    ${line}`).join('\n');
}

function show(source: string, result: FileResult, verbose: boolean): void {
  const failed = result.tests.filter((test) => test.outcome === 'failed');
  const skipped = result.tests.filter((test) => test.outcome === 'skipped').length;
  const seconds = (result.durationMs / 1000).toFixed(1);
  if (failed.length === 0 && result.problems.length === 0) {
    const passed = result.tests.length - skipped;
    console.log(`ok    ${source}  ${passed} tests${skipped > 0 ? `, ${skipped} skipped` : ''}, ${seconds} s`);
    if (verbose && result.output.trim() !== '') console.log(indent(result.output));
    return;
  }
  console.log(`FAIL  ${source}  ${seconds} s`);
  for (const test of failed) console.log(`      ${test.suite}: ${test.test}: ${test.message ?? ''}`);
  for (const problem of result.problems) console.log(`      ${problem}`);
  if (result.output.trim() !== '') console.log(indent(result.output));
}

/** Kills what carries this run's mark and says what it was; trees make this impossible unless the kit is broken. */
function leftProcesses(runId: string): string[] {
  return processesOf(runId).map((pid) => {
    let line = '';
    try {
      line = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
      process.kill(pid, 'SIGKILL');
    } catch {
      // It has just ended by itself.
    }
    return `process left behind: ${pid} ${line}`;
  });
}

/** The kernel frees BPF objects and namespaces a little after the last process has gone. */
async function leaks(before: HostState, runId: string): Promise<string[]> {
  const processes = leftProcesses(runId);
  const deadline = performance.now() + 5_000;
  for (;;) {
    const found = compareHost(before, hostState(runId));
    if (found.length === 0 || performance.now() > deadline) return [...processes, ...found];
    await delay(100);
  }
}

async function runAll(files: readonly TestFile[], options: Options, runId: string): Promise<[TestFile, FileResult][]> {
  const results: [TestFile, FileResult][] = [];
  const root = process.getuid?.() === 0;
  const jobs = Number(process.env.SIXGATE_TEST_JOBS ?? '2');
  const work = async (queue: TestFile[]): Promise<void> => {
    for (let file = queue.shift(); file !== undefined; file = queue.shift()) {
      const env: Record<string, string> = options.sabotage ? { SIXGATE_SABOTAGE: '1' } : {};
      const plain = await runFile(file.compiled, { limitMs: limitMs[file.kind], tree: root, runId, env });
      const result = options.sabotage ? invertForSabotage(plain) : plain;
      results.push([file, result]);
      show(file.source, result, options.verbose);
    }
  };
  const stages = [
    files.filter((file) => !file.alone && (file.kind === 'unit' || file.kind === 'packet')),
    files.filter((file) => !file.alone && file.kind === 'lab'),
  ];
  for (const stage of stages) await Promise.all(Array.from({ length: jobs }, () => work(stage)));
  await work(files.filter((file) => file.alone));
  return results;
}

/** Whether nothing was left out: only then can it be said what no test has seen. */
export function isFullRun(options: Pick<Options, 'words' | 'file' | 'kind' | 'sabotage'>): boolean {
  return options.words.length === 0 && options.file === undefined && options.kind === undefined && !options.sabotage;
}

/** Sentences of what no test has seen; says as well what could not be judged. */
function judgeSeen(results: readonly [TestFile, FileResult][]): readonly string[] {
  const reasons = dropReasons.map(({ name }) => name).filter((name) => name !== 'none');
  const files = results.map(([{ source }, { tests, seen }]) => ({ source, tests, seen }));
  const { missing, excused } = judgeDrops(reasons, files, (source) => textWithGoldens(repository, source));
  for (const sentence of excused) console.log(`not judged: ${sentence}`);
  return missing;
}

function saveSeen(results: readonly [TestFile, FileResult][]): void {
  const seen = [
    ...new Set(results.flatMap(([, result]) => result.seen.map((record) => `${record.kind} ${record.name}`))),
  ].sort();
  mkdirSync(join(repository, 'build/test'), { recursive: true });
  writeFileSync(join(repository, 'build/test/seen.json'), `${JSON.stringify(seen, null, 2)}\n`);
}

async function main(): Promise<number> {
  let options: Options;
  try {
    options = readOptions();
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\n${usage}`);
    return 2;
  }
  if (options.help) {
    console.log(usage);
    return 0;
  }
  const files = choose(options);
  if (files.length === 0) {
    console.error('no test file matches');
    console.log('0 passed, 1 failed');
    return 1;
  }
  if (options.seed !== undefined) console.log(`order by --shuffle ${options.seed}`);
  // A nested run (the kit's own tests) keeps the mark of the outer one: what it leaves behind is found there as well.
  const runId = process.env.SIXGATE_RUN_ID ?? `${process.pid}-${Date.now()}`;
  const nested = process.env.SIXGATE_RUN_ID !== undefined;
  let alone = nested || !otherRunIsOn(runId);
  const before = hostState(runId);

  const results = await runAll(files, options, runId);

  const left = nested ? [] : await leaks(before, runId);
  alone &&= nested || !otherRunIsOn(runId);
  const judged = options.sabotage
    ? [tooManyExcuses(results.map(([, result]) => result))].filter((sentence) => sentence !== undefined)
    : judgeSkips(
        readSkips(repository),
        results.map(([file, result]) => ({ source: file.source, tests: result.tests })),
      );
  if (isFullRun(options)) judged.push(...judgeSeen(results));
  for (const sentence of [...(alone ? left : []), ...judged]) console.log(`FAIL  ${sentence}`);
  if (!alone && left.length > 0) console.log(`another test run is going on; not judged: ${left.join('; ')}`);
  saveSeen(results);

  if (results.length > 1) {
    const slowest = [...results].sort(([, a], [, b]) => b.durationMs - a.durationMs).slice(0, 10);
    console.log('slowest:');
    for (const [file, result] of slowest)
      console.log(`  ${(result.durationMs / 1000).toFixed(1).padStart(6)} s  ${file.source}`);
  }
  const tests = results.flatMap(([, result]) => result.tests);
  const count = (outcome: string): number => tests.filter((test) => test.outcome === outcome).length;
  const broken = results.filter(
    ([, result]) => result.problems.length > 0 && !result.tests.some((test) => test.outcome === 'failed'),
  ).length;
  const passed = count('passed');
  const skipped = count('skipped');
  let failed = count('failed') + broken + (alone ? left.length : 0) + judged.length;
  if (passed === 0 && failed === 0) {
    console.log('FAIL  no test passed: nothing was shown');
    failed = 1;
  }
  console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
  return failed > 0 ? 1 : 0;
}

if (process.argv[1] !== undefined && resolve(process.argv[1]) === fileURLToPath(import.meta.url))
  process.exitCode = await main();
