/**
 * Which test an assertion belongs to. The scope follows the asynchronous calls of a test, so that an assertion made
 * by a forgotten timer is charged to the test that started it, not to the one that happens to run.
 */
import { AsyncLocalStorage } from 'node:async_hooks';

/** The account of assertions of one test, hook or trial. */
export interface Scope {
  readonly name: string;
  count: number;
  /** Assertions that failed; a test that ends well with one of these has swallowed it. */
  failures: Error[];
  /** Asynchronous assertions that were started and have not ended. */
  pending: number;
  ended: boolean;
  /** What has to be put away when the test is over, last first. */
  readonly cleanups: (() => Promise<void>)[];
}

const storage = new AsyncLocalStorage<Scope>();
let running: Scope | undefined;
const problems: string[] = [];

/** Makes an empty account. */
export function newScope(name: string): Scope {
  return { name, count: 0, failures: [], pending: 0, ended: false, cleanups: [] };
}

/** Runs `body` with its assertions charged to `scope`. */
export async function inScope<T>(scope: Scope, body: () => T | Promise<T>): Promise<T> {
  const outer = running;
  running = scope;
  try {
    return await storage.run(scope, body);
  } finally {
    running = outer;
  }
}

/** The account of the caller. Foreign callbacks (koffi) lose their context: the running test takes those. */
export function currentScope(): Scope | undefined {
  return storage.getStore() ?? running;
}

/** Has `work` done when the running test is over, whatever comes of it; from `test.before`, when the suite is. */
export function atEnd(work: () => Promise<void>): void {
  currentScope()?.cleanups.push(work);
}

/** Does what `atEnd` was given. @returns the first error */
export async function runCleanups(scope: Scope): Promise<unknown> {
  let first: unknown;
  for (let work = scope.cleanups.pop(); work !== undefined; work = scope.cleanups.pop()) {
    try {
      await inScope(scope, work);
    } catch (error) {
      first ??= error;
    }
  }
  return first;
}

/**
 * Runs `body` as a try that may fail: its failed assertions do not count unless the error leaves this function and
 * the caller passes it on. The assertions of a good try are added to the test.
 */
export async function trial<T>(body: () => T | Promise<T>): Promise<T> {
  const outer = currentScope();
  const scope: Scope = { ...newScope(outer?.name ?? 'trial'), ...(outer && { cleanups: outer.cleanups }) };
  const value = await storage.run(scope, body);
  if (scope.failures[0] !== undefined) throw scope.failures[0];
  if (scope.pending > 0) throw new Error('a try ended before its asynchronous assertion did: await it');
  if (outer !== undefined) outer.count += scope.count;
  return value;
}

/** Notes something that would otherwise pass silently; the file fails. */
export function addProblem(sentence: string): void {
  problems.push(sentence);
}

/** Everything noted by `addProblem` so far. */
export function allProblems(): readonly string[] {
  return problems;
}
