/**
 * The tests' one entrance. Wraps uvu, which passes silently in many ways (a suite never run, a hook that throws, no
 * assertion at all, `.only` left behind); here each of them is a failure, told on a descriptor of its own.
 *
 * ```ts
 * const test = suite('nat64 echo');
 * test('answers', async () => { assert.is(1 + 1, 2); });
 * test.run();
 * ```
 */
import { getActiveResourcesInfo } from 'node:process';
import { suite as uvuSuite } from 'uvu';
import { SkipSignal } from './probes.ts';
import { type Outcome, report, type TestRecord } from './report.ts';
import { addProblem, allProblems, inScope, newScope, runCleanups, type Scope } from './scope.ts';

export { assert } from './assert.ts';
export { eventually } from './eventually.ts';
export { needs } from './probes.ts';
export { seen } from './report.ts';
export { atEnd } from './scope.ts';

/** What a test may say about itself. */
export interface TestOptions {
  /** Why this lab test passes without any Sixgate program; the sabotage run accepts that, at most ten times. */
  readonly kernelToo?: string;
}

/** What a test gets. */
export interface TestContext {
  readonly suite: string;
  readonly name: string;
}

type Body = (context: TestContext) => unknown;
type Hook = () => unknown;

interface HookAdder {
  (hook: Hook): void;
  each(hook: Hook): void;
}

/** A suite: call it to add a test, and `run()` once at the end of the file. */
export interface Suite {
  (name: string, body: Body): void;
  (name: string, options: TestOptions, body: Body): void;
  /** Runs only the tests added like this; refused when CI is set. */
  only(name: string, body: Body): void;
  /** One test for each case; an empty list is an error. `name` must tell them apart. */
  each<T>(cases: Iterable<T>, name: (item: T) => string, body: (item: T, context: TestContext) => unknown): void;
  readonly before: HookAdder;
  readonly after: HookAdder;
  run(): void;
}

interface Test {
  readonly name: string;
  readonly options: TestOptions;
  readonly body: Body;
  readonly only: boolean;
  state: 'waiting' | 'running' | 'done';
  eachError: unknown;
  errors: Error[];
  skip: SkipSignal | undefined;
  assertions: number;
  startedMs: number;
  outcome: Outcome | undefined;
}

interface SuiteState {
  readonly name: string;
  readonly tests: Test[];
  readonly before: Hook[];
  readonly after: Hook[];
  readonly beforeEach: Hook[];
  readonly afterEach: Hook[];
  beforeError: unknown;
  /** Accounts of the hooks; what they opened is put away at the end of the suite. */
  readonly hookScopes: Scope[];
  run: boolean;
  finished: boolean;
}

const suites: SuiteState[] = [];

function toError(value: unknown): Error {
  return value instanceof Error ? value : new Error(`something that is no Error was thrown: ${String(value)}`);
}

/** A file written wrongly fails, even when it catches the error. */
function refuse(sentence: string): never {
  addProblem(sentence);
  throw new Error(sentence);
}

/** Refuses an empty list of cases, whose loop would test nothing. */
export function nonEmpty<T>(items: Iterable<T>): readonly T[] {
  const list = [...items];
  if (list.length === 0) refuse('the list of cases is empty');
  return list;
}

/** Makes a suite; names are unique in a file. */
export function suite(name: string): Suite {
  if (name === '') refuse('a suite needs a name');
  if (suites.some((other) => other.name === name)) refuse(`two suites are called "${name}"`);
  const state: SuiteState = {
    name,
    tests: [],
    before: [],
    after: [],
    beforeEach: [],
    afterEach: [],
    beforeError: undefined,
    hookScopes: [],
    run: false,
    finished: false,
  };
  suites.push(state);

  const add = (testName: string, options: TestOptions, body: Body | undefined, only: boolean): void => {
    refuseLate(state, `the test "${testName}"`);
    if (typeof body !== 'function') refuse(`the test "${testName}" has no body`);
    if (state.tests.some((other) => other.name === testName)) refuse(`two tests are called "${testName}"`);
    state.tests.push({
      name: testName,
      options,
      body,
      only,
      state: 'waiting',
      eachError: undefined,
      errors: [],
      skip: undefined,
      assertions: 0,
      startedMs: 0,
      outcome: undefined,
    });
  };
  const hookAdder = (once: Hook[], each: Hook[]): HookAdder =>
    Object.assign((hook: Hook) => addHook(state, once, hook), { each: (hook: Hook) => addHook(state, each, hook) });

  const call = (testName: string, second: TestOptions | Body, third?: Body): void =>
    typeof second === 'function' ? add(testName, {}, second, false) : add(testName, second, third, false);
  return Object.assign(call, {
    only: (testName: string, body: Body) => {
      if (process.env.CI !== undefined) refuse(`"${testName}" is marked only: the other tests would not run`);
      add(testName, {}, body, true);
    },
    each: <T>(cases: Iterable<T>, nameOf: (item: T) => string, body: (item: T, context: TestContext) => unknown) => {
      for (const item of nonEmpty(cases)) add(nameOf(item), {}, (context) => body(item, context), false);
    },
    before: hookAdder(state.before, state.beforeEach),
    after: hookAdder(state.after, state.afterEach),
    run: () => runSuite(state),
  });
}

function refuseLate(state: SuiteState, what: string): void {
  if (!state.run) return;
  refuse(`${what} was added to "${state.name}" after run(): it would never be executed`);
}

function addHook(state: SuiteState, list: Hook[], hook: Hook): void {
  refuseLate(state, 'a hook');
  list.push(hook);
}

async function runHooks(state: SuiteState, kind: string, hooks: readonly Hook[]): Promise<unknown> {
  for (const hook of hooks) {
    const scope = newScope(`${state.name}, ${kind}`);
    state.hookScopes.push(scope);
    try {
      await inScope(scope, hook);
      closeScope(scope);
    } catch (error) {
      scope.ended = true;
      return error;
    }
  }
  return undefined;
}

function closeScope(scope: Scope): void {
  scope.ended = true;
  if (scope.pending > 0) throw new Error(`${scope.pending} asynchronous assertion(s) were not awaited`);
  const swallowed = scope.failures[0];
  if (swallowed !== undefined) throw new Error(`an assertion failed and its error was swallowed: ${swallowed.message}`);
}

/** uvu is handed one hook of each kind, none of which throws: a throwing hook would end the suite with success. */
function runSuite(state: SuiteState): void {
  refuseLate(state, 'a second run()');
  state.run = true;
  const only = state.tests.filter((test) => test.only);
  const chosen = only.length > 0 ? only : state.tests;
  const inner = uvuSuite(state.name);
  inner.before(async () => {
    state.beforeError = await runHooks(state, 'before', state.before);
  });
  inner.before.each(async (crumbs) => {
    const test = chosen.find((other) => other.name === crumbs.__test__);
    if (test === undefined) return;
    test.state = 'running';
    test.startedMs = performance.now();
    report({ type: 'start', suite: state.name, test: test.name });
    if (state.beforeError === undefined) test.eachError = await runHooks(state, 'before.each', state.beforeEach);
  });
  inner.after.each(async (crumbs) => {
    const test = chosen.find((other) => other.name === crumbs.__test__);
    const error = state.beforeError === undefined ? await runHooks(state, 'after.each', state.afterEach) : undefined;
    if (test === undefined) return;
    if (error !== undefined) {
      process.stderr.write(`after.each of "${test.name}": ${toError(error).stack}\n`);
      test.errors.push(toError(error));
    }
    finish(state, test);
  });
  inner.after(async () => {
    let error = await runHooks(state, 'after', state.after);
    for (const scope of state.hookScopes) {
      const left = await runCleanups(scope);
      error ??= left;
    }
    if (error !== undefined) {
      process.stderr.write(`after of "${state.name}": ${toError(error).stack}\n`);
      addProblem(`after of "${state.name}" failed: ${toError(error).message}`);
    }
    state.finished = true;
    if (suites.every((other) => other.finished)) watchForOpenHandles();
  });
  for (const test of chosen) inner(test.name, () => perform(state, test));
  inner.run();
}

async function perform(state: SuiteState, test: Test): Promise<void> {
  const scope = newScope(test.name);
  try {
    if (state.beforeError !== undefined) throw state.beforeError;
    if (test.eachError !== undefined) throw test.eachError;
    await inScope(scope, () => test.body({ suite: state.name, name: test.name }));
    const left = await runCleanups(scope);
    if (left !== undefined) throw left;
    test.assertions = scope.count;
    closeScope(scope);
    if (scope.count === 0) throw new Error('the test made no assertion');
  } catch (error) {
    // The test has failed already; what cannot be put away now comes of that.
    await runCleanups(scope);
    scope.ended = true;
    test.assertions = scope.count;
    if (error instanceof SkipSignal) {
      test.skip = error;
      process.stdout.write(`skipped "${test.name}": needs ${error.probe}, but ${error.message}\n`);
      return;
    }
    test.errors.push(toError(error));
    // uvu prints the failure with its difference; it needs a real Error for that.
    throw toError(error);
  }
}

function finish(state: SuiteState, test: Test): void {
  test.state = 'done';
  test.outcome = test.errors.length > 0 ? 'failed' : test.skip !== undefined ? 'skipped' : 'passed';
  const message = test.errors[0]?.message ?? test.skip?.message;
  const record: TestRecord = {
    type: 'test',
    suite: state.name,
    test: test.name,
    outcome: test.outcome,
    assertions: test.assertions,
    durationMs: Math.round(performance.now() - test.startedMs),
    ...(message === undefined ? {} : { message: message.split('\n')[0] ?? '' }),
    ...(test.skip === undefined ? {} : { probe: test.skip.probe }),
    ...(test.options.kernelToo === undefined ? {} : { kernelToo: test.options.kernelToo }),
  };
  report(record);
}

/** A file whose tests are over has five seconds to end by itself; the timer alone does not keep it alive. */
function watchForOpenHandles(): void {
  setTimeout(() => {
    const open = getActiveResourcesInfo().filter((kind) => kind !== 'Timeout' && !kind.startsWith('TTY'));
    addProblem(`the tests are over but something is still open: ${open.join(', ') || 'a timer'}`);
    process.exit(1);
  }, 5_000).unref();
}

process.on('exit', (code) => {
  for (const state of suites) {
    if (!state.run) addProblem(`the suite "${state.name}" was never run: test.run() is missing`);
    else if (!state.finished) addProblem(`the suite "${state.name}" did not reach its end`);
    if (state.tests.length === 0) addProblem(`the suite "${state.name}" has no test`);
    const hasOnly = state.tests.some((test) => test.only);
    for (const test of state.tests) {
      if (test.state === 'running') addProblem(`the test "${test.name}" began and never ended`);
      else if (test.state === 'waiting' && state.run && !(hasOnly && !test.only))
        addProblem(`the test "${test.name}" was never executed`);
    }
    if (hasOnly)
      process.stderr.write(`only: ${state.tests.filter((test) => !test.only).length} other test(s) did not run\n`);
  }
  const all = suites.flatMap((state) => state.tests);
  const count = (outcome: Outcome): number => all.filter((test) => test.outcome === outcome).length;
  const problems = allProblems();
  for (const problem of problems) process.stderr.write(`problem: ${problem}\n`);
  report({
    type: 'end',
    suitesMade: suites.length,
    suitesFinished: suites.filter((state) => state.finished).length,
    registered: all.length,
    passed: count('passed'),
    failed: count('failed'),
    skipped: count('skipped'),
    assertions: all.reduce((sum, test) => sum + test.assertions, 0),
    problems,
  });
  if (code === 0 && (problems.length > 0 || count('failed') > 0)) process.exitCode = 1;
});
