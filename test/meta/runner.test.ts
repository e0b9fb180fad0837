/** Each fixture falls into one trap; the runner has to report every one of them as a failure. */
import { execFile, execFileSync, spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { compareHost, hostState, processesOf } from '../kit/host-state.ts';
import { type FileResult, runFile } from '../kit/run-file.ts';
import { isFullRun, kindOf, shuffled } from '../kit/runner.ts';
import { invertForSabotage, tooManyExcuses } from '../kit/sabotage-verdict.ts';
import { judgeDrops, textWithGoldens } from '../kit/seen-drops.ts';
import { judgeSkips } from '../kit/skips.ts';
import { assert, eventually, needs, suite } from '../kit/suite.ts';

const here = dirname(fileURLToPath(import.meta.url));
const fixtures = join(here, 'runner');
const runnerFile = join(here, '../kit/runner.js');

/** Fixture → what the report has to say. */
const traps: Readonly<Record<string, RegExp>> = {
  failing: /deeply equal/,
  'unawaited-timer': /after that test had ended|"asserts later"/,
  'unawaited-rejects': /not awaited/,
  'second-suite-not-run': /"second" was never run/,
  only: /marked only/,
  'exit-zero': /"leaves" began and never ended/,
  'never-ends': /"waits for ever" began and never ended/,
  'before-throws': /no laboratory/,
  'after-throws': /packets are missing/,
  'before-each-throws': /not prepared/,
  'after-each-throws': /not tidied/,
  'late-test': /"late" was added to "late test" after run/,
  'late-test-in-timer': /after run\(\)/,
  'no-test': /has no test/,
  'empty-cases': /list of cases is empty/,
  'no-suite': /makes no suite/,
  'no-assertion': /made no assertion/,
  swallowed: /error was swallowed/,
  'throws-no-error': /no Error was thrown: a text/,
  'same-names': /two tests are called "twice"/,
  'open-handle': /still open: .*TCPServerWrap/,
  'too-long': /did not end within/,
  killed: /ended by SIGKILL/,
  'rejection-after-end': /exited with status 1/,
  'module-throws': /did not reach its end|exited with status/,
  forged: /closing record/,
  'status-zero': /truthy/,
};

/** Fixtures that are reported by something else than the file's own result. */
const others = ['good', 'all-skipped', 'leaves-process', 'lives-on'];

function run(name: string, options: { readonly tree?: boolean; readonly runId?: string } = {}): Promise<FileResult> {
  const limitMs = name === 'too-long' ? 1_500 : 180_000;
  const runId = options.runId ?? process.env.SIXGATE_RUN_ID ?? 'meta';
  return runFile(join(fixtures, `${name}.fixture.js`), {
    limitMs,
    tree: options.tree ?? false,
    runId,
    env: { CI: '1' },
  });
}

function reportOf(result: FileResult): string {
  const failed = result.tests.filter((test) => test.outcome === 'failed').map((test) => test.message ?? '');
  return [...failed, ...result.problems].join('\n');
}

function runner(...args: string[]): Promise<{ code: number; stdout: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [runnerFile, ...args], { encoding: 'utf8' }, (error, stdout) => {
      resolve({ code: error === null ? 0 : Number(error.code), stdout });
    });
  });
}

const test = suite('the runner');

test.each(
  Object.entries(traps),
  ([name]) => `reports the fixture ${name}`,
  async ([name, expected]) => assert.match(reportOf(await run(name)), expected),
);

test('knows what each fixture is for', () => {
  const found = readdirSync(fixtures)
    .filter((name) => name.endsWith('.fixture.js'))
    .map((name) => name.replace('.fixture.js', ''));
  assert.equal(found.sort(), [...Object.keys(traps), ...others].sort());
});

test('finds nothing wrong with a good file, bare and in a tree', async () => {
  for (const tree of process.getuid?.() === 0 ? [false, true] : [false]) {
    const result = await run('good', { tree });
    assert.is(reportOf(result), '');
    assert.is(result.tests.length, 1);
    assert.is(result.tests[0]?.assertions, 1);
  }
});

test('says what is not there', async () => {
  assert.match(reportOf(await run('no-such-file')), /does not exist/);
});

test('recognises a process left behind', async () => {
  const runId = `meta-${process.pid}`;
  assert.is(reportOf(await run('leaves-process', { runId })), '');
  const left = processesOf(runId);
  for (const pid of left) process.kill(pid, 'SIGKILL');
  assert.is(left.length, 1);
  await eventually(() => assert.is(processesOf(runId).length, 0));
});

test('a tree takes the process with it', async () => {
  needs('root');
  const runId = `meta-tree-${process.pid}`;
  assert.is(reportOf(await run('leaves-process', { runId, tree: true })), '');
  assert.equal(processesOf(runId), []);
});

test('a runner that is killed takes its trees with it', async () => {
  needs('root');
  const runId = `meta-killed-${process.pid}`;
  const child = spawn(process.execPath, [runnerFile, '--file', join(fixtures, 'lives-on.fixture.js')], {
    stdio: 'ignore',
    env: { ...process.env, SIXGATE_RUN_ID: runId },
  });
  const maps = (): string => execFileSync('bpftool', ['map', 'show'], { encoding: 'utf8' });
  const commands = (): string[] => processesOf(runId).map((pid) => readFileSync(`/proc/${pid}/cmdline`, 'utf8'));
  await eventually(() => assert.ok(commands().some((line) => line.startsWith('sleep'))), { within: 30_000 });
  assert.match(maps(), 'kit_victim');
  child.kill('SIGKILL');
  await eventually(() => assert.equal(processesOf(runId), []));
  await eventually(() => assert.not.match(maps(), 'kit_victim'));
});

test('tells what the host has gained or lost', () => {
  const before = { mount: new Set(['a', 'b']), 'BPF map': new Set(['map 1']) };
  assert.equal(compareHost(before, before), []);
  assert.equal(compareHost(before, { mount: new Set(['a', 'c']), 'BPF map': new Set(['map 2']) }), [
    'mount left behind: c',
    'mount has gone: b',
    'BPF map left behind: map 2',
  ]);
  assert.ok((hostState('meta').mount?.size ?? 0) > 0);
});

test('closes with one line and exits by it', async () => {
  const good = await runner('--file', join(fixtures, 'good.fixture.js'));
  assert.is(good.code, 0);
  assert.match(good.stdout, /^1 passed, 0 failed\n$/m);
  const bad = await runner(
    '--file',
    join(fixtures, 'failing.fixture.js'),
    '--file',
    join(fixtures, 'good.fixture.js'),
    '--repeat',
    '2',
  );
  assert.is(bad.code, 1);
  assert.match(bad.stdout, /\n2 passed, 2 failed\n$/);
  assert.match(bad.stdout, /slowest:/);
});

test('counts a broken file without a failed test as one failure', async () => {
  const result = await runner('--file', join(fixtures, 'second-suite-not-run.fixture.js'));
  assert.is(result.code, 1);
  assert.match(result.stdout, /\n1 passed, 1 failed\n$/);
});

test('an unlisted skip fails', async () => {
  const result = await runner('--file', join(fixtures, 'all-skipped.fixture.js'));
  assert.is(result.code, 1);
  assert.match(result.stdout, /test\/skips.json does not list/);
  assert.match(result.stdout, /\n0 passed, 1 failed, 1 skipped\n$/);
});

test('judges the list of skips', () => {
  const skipped = {
    type: 'test',
    suite: 's',
    test: 't',
    outcome: 'skipped',
    assertions: 0,
    durationMs: 0,
    probe: 'vrf',
    message: 'no',
  } as const;
  const files = [{ source: 'x.lab.test.ts', tests: [skipped] }];
  const known = [{ probe: 'vrf', reason: 'the kernel of CI has none' }];
  assert.equal(
    judgeSkips(known, files, () => 'no', true),
    [],
  );
  assert.match(judgeSkips([], files, () => 'no', true).join(), 'does not list');
  assert.match(judgeSkips(known, [], () => undefined, true).join(), 'this machine can do it');
  assert.equal(
    judgeSkips(known, [], () => undefined, false),
    [],
  );
});

test('a drop reason that no test has seen fails', () => {
  const base = { type: 'test', suite: 's', test: 't', assertions: 1, durationMs: 0 } as const;
  const passed = [{ ...base, outcome: 'passed' }] as const;
  const skipped = [{ ...base, outcome: 'skipped', probe: 'vlan' }] as const;
  const saw = (kind: string, name: string) => [{ type: 'seen', kind, name }] as const;
  const files = [
    { source: 'test/a.packet.test.ts', tests: passed, seen: saw('drop', 'no_route') },
    { source: 'test/b.packet.test.ts', tests: passed, seen: saw('error', 'too_big') },
    { source: 'test/meta/c.test.ts', tests: passed, seen: saw('drop', 'hop_limit') },
    { source: 'test/d.lab.test.ts', tests: [...passed, ...skipped], seen: [] },
  ];
  const text = (source: string): string => (source === 'test/d.lab.test.ts' ? "drops('lan', 'frag_bad')" : '');
  assert.equal(judgeDrops(['no_route', 'too_big', 'hop_limit', 'frag_bad', 'frag'], files, text), {
    missing: ['too_big', 'hop_limit', 'frag'].map((name) => `no test has seen the drop reason ${name}`),
    excused: ['drop reason frag_bad: test/d.lab.test.ts skipped tests (vlan)'],
  });
});

test('what a skipped test would have seen may stand in its golden packets', () => {
  const repository = join(here, '../../..');
  assert.match(textWithGoldens(repository, 'test/nat64/vlan.packet.test.ts'), /^drop truncated$/m);
});

test('only a run of all tests can say what no test has seen', () => {
  const full = { words: [], sabotage: false };
  assert.ok(isFullRun(full));
  for (const part of [{ words: ['nat64'] }, { file: ['x.js'] }, { kind: 'unit,packet,lab' }, { sabotage: true }])
    assert.not.ok(isFullRun({ ...full, ...part }), JSON.stringify(part));
});

test('what a file has seen reaches the runner', async () => {
  const { seen } = await run('good');
  assert.equal(
    seen.map(({ kind, name }) => `${kind} ${name}`),
    ['drop no_route'],
  );
});

test('a word that matches no file fails', async () => {
  const result = await runner('no-such-word-anywhere');
  assert.is(result.code, 1);
  assert.match(result.stdout, /^0 passed, 1 failed$/m);
});

test('wrong usage exits with 2', async () => {
  assert.is((await runner('--kind', 'quick')).code, 2);
  assert.is((await runner('--repeat', 'often')).code, 2);
  assert.is((await runner('--nonsense')).code, 2);
});

test('turns results round under sabotage', () => {
  const base = { type: 'test', suite: 's', test: 't', assertions: 1, durationMs: 1 } as const;
  const seen = [{ type: 'seen', kind: 'kit', name: 'sabotaged' }] as const;
  const file = { file: 'f', problems: ['it exited with status 1'], output: '', durationMs: 1 };
  const verdict = (tests: FileResult['tests'], marks: FileResult['seen']): string => {
    const result = invertForSabotage({ ...file, tests, seen: marks });
    return [...result.tests.map((record) => record.outcome), ...result.problems].join(', ');
  };
  assert.is(verdict([{ ...base, outcome: 'failed' }], seen), 'passed');
  assert.is(verdict([{ ...base, outcome: 'passed' }], seen), 'failed');
  assert.is(verdict([{ ...base, outcome: 'passed', kernelToo: 'plain routing' }], seen), 'passed');
  assert.match(verdict([{ ...base, outcome: 'failed' }], []), 'no gateway was sabotaged');
  assert.match(verdict([], seen), 'no test came to an end');
  const excused = { ...file, seen, tests: [{ ...base, outcome: 'passed', kernelToo: 'plain routing' } as const] };
  assert.is(tooManyExcuses([excused, excused], 2), undefined);
  assert.match(tooManyExcuses([excused, excused, excused], 2) ?? '', 'at most 2 may');
});

test('the kind of a file is its suffix', () => {
  assert.is(kindOf('appliance/model/address.test.ts'), 'unit');
  assert.is(kindOf('test/nat64/echo.packet.test.ts'), 'packet');
  assert.is(kindOf('test/nat64/rate.lab.alone.test.ts'), 'lab');
});

test('shuffles the same way for the same seed', () => {
  const items = Array.from({ length: 50 }, (_, index) => index);
  assert.equal(shuffled(items, 7), shuffled(items, 7));
  assert.not.equal(shuffled(items, 7), shuffled(items, 8));
  assert.equal(
    shuffled(items, 7).sort((a, b) => a - b),
    items,
  );
});

test.run();
