/**
 * Assertions that cannot pass by accident. They rest on uvu/assert for comparing and for its readable differences and
 * refuse what compares as equal without looking: promises, errors, iterators, instances whose state is private,
 * symbol keys.
 */
import * as plain from 'uvu/assert';
import { compare } from 'uvu/diff';
import { addProblem, currentScope, type Scope } from './scope.ts';

/** What an error has to be like: its message matches, it is of that class, or the function says true. */
export type ErrorExpectation = RegExp | (new (...args: never[]) => Error) | ((error: unknown) => boolean);

/** The assertions of a test. Each counts; a test without one fails. */
export interface Assert {
  /** `value` is truthy; promises and functions, which always are, are refused. */
  ok(value: unknown, message?: string): asserts value;
  /** Identical (`Object.is`). */
  is<T>(actual: T, expected: NoInfer<T>, message?: string): void;
  /** Deeply equal; Buffer and Uint8Array with the same bytes are equal. */
  equal<T>(actual: T, expected: NoInfer<T>, message?: string): void;
  /** The text contains `expected`, or matches it. */
  match(actual: string, expected: string | RegExp, message?: string): void;
  /** `fn` throws at once, and the error is the expected one. */
  throws(fn: () => unknown, expected: ErrorExpectation, message?: string): void;
  /** The promise fails with the expected error; await this. */
  rejects(
    promise: Promise<unknown> | (() => Promise<unknown>),
    expected: ErrorExpectation,
    message?: string,
  ): Promise<void>;
  /** `actual` lies between the two, both included. */
  between(actual: number, low: number, high: number, message?: string): void;
  /** This line must not be reached. */
  unreachable(message?: string): never;
  readonly not: {
    ok(value: unknown, message?: string): void;
    is(actual: unknown, expected: unknown, message?: string): void;
    equal(actual: unknown, expected: unknown, message?: string): void;
    match(actual: string, expected: string | RegExp, message?: string): void;
  };
}

/** The test itself is written wrongly; never to be confused with a product that fails. */
export class MisuseError extends Error {
  override readonly name = 'MisuseError';
}

function enter(): Scope | undefined {
  const scope = currentScope();
  if (scope === undefined) {
    addProblem('an assertion was made outside of any test');
    return undefined;
  }
  if (scope.ended) addProblem(`an assertion of "${scope.name}" was made after that test had ended: await it`);
  scope.count += 1;
  return scope;
}

function check(body: () => void): void {
  const scope = enter();
  try {
    body();
  } catch (error) {
    scope?.failures.push(error instanceof Error ? error : new Error(String(error)));
    throw error;
  }
}

function isThenable(value: unknown): boolean {
  return typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function';
}

function isBytes(value: unknown): value is Uint8Array {
  return value instanceof Uint8Array;
}

function refuseUncomparable(value: unknown, path: string, visited: Set<object>): void {
  if (typeof value !== 'object' || value === null || visited.has(value)) return;
  visited.add(value);
  const where = path === '' ? 'the value' : `the value at ${path}`;
  if (isThenable(value)) throw new MisuseError(`${where} is a promise: await it`);
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return;
  if (value instanceof Date || value instanceof RegExp) return;
  if (value instanceof Error) throw new MisuseError(`${where} is an Error: compare its code or message`);
  if (Object.getOwnPropertySymbols(value).length > 0)
    throw new MisuseError(`${where} has symbol keys, which are not compared`);
  if (value instanceof Map || value instanceof Set) {
    for (const [key, item] of value.entries()) {
      refuseUncomparable(key, `${path}<key>`, visited);
      refuseUncomparable(item, `${path}<${String(key)}>`, visited);
    }
    return;
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  const isPlain = prototype === null || prototype === Object.prototype || Array.isArray(value);
  if (!isPlain && Object.keys(value).length === 0) {
    const name = (value as { constructor?: { name?: string } }).constructor?.name ?? 'an instance';
    throw new MisuseError(`${where} is ${name} without own keys: two of them always compare as equal`);
  }
  for (const [key, item] of Object.entries(value)) refuseUncomparable(item, `${path}.${key}`, visited);
}

/** Errors are told apart by their own classes; a text is no expectation (uvu takes it for the message). */
function matchesError(error: unknown, expected: ErrorExpectation): boolean {
  if (expected instanceof RegExp)
    return expected.test(error instanceof Error ? `${error.name}: ${error.message}` : String(error));
  if (isErrorClass(expected)) return error instanceof expected;
  const answer: unknown = (expected as (error: unknown) => unknown)(error);
  if (typeof answer !== 'boolean') throw new MisuseError('the function that judges an error must answer true or false');
  return answer;
}

function isErrorClass(expected: unknown): expected is new (...args: never[]) => Error {
  return typeof expected === 'function' && (expected === Error || expected.prototype instanceof Error);
}

function requireExpectation(expected: unknown): asserts expected is ErrorExpectation {
  if (!(expected instanceof RegExp) && typeof expected !== 'function') {
    throw new MisuseError('say which error is expected: a RegExp, a class or a function; a text would be ignored');
  }
  if (expected instanceof RegExp) requirePattern(expected);
}

function requirePattern(pattern: string | RegExp): void {
  if (pattern === '') throw new MisuseError('every text contains the empty text');
  if (pattern instanceof RegExp && (pattern.global || pattern.sticky))
    throw new MisuseError('a pattern with g or y keeps state');
}

function describe(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}

function fail(message: string, actual: unknown, expects: unknown, operator: string, details = ''): never {
  throw new plain.Assertion({ message, actual, expects, operator, details, generated: true });
}

function judgeError(error: unknown, expected: ErrorExpectation, operator: string, message?: string): void {
  // An assertion inside the tested function is not the error that the test waits for.
  if (error instanceof plain.Assertion || error instanceof MisuseError) throw error;
  if (!matchesError(error, expected)) {
    fail(
      message ?? `another error was thrown than expected (${String(expected)}): ${describe(error)}`,
      describe(error),
      String(expected),
      operator,
    );
  }
}

function hexLines(bytes: Uint8Array): string {
  const lines: string[] = [];
  for (let offset = 0; offset < bytes.length; offset += 16) {
    const row = Array.from(bytes.subarray(offset, offset + 16), (byte) => byte.toString(16).padStart(2, '0')).join(' ');
    lines.push(`${offset.toString(16).padStart(4, '0')}  ${row}`);
  }
  return lines.join('\n');
}

function ok(value: unknown, message?: string): asserts value {
  check(() => {
    if (isThenable(value)) throw new MisuseError('a promise is always truthy: await it');
    if (typeof value === 'function') throw new MisuseError('a function is always truthy: call it');
    plain.ok(value, message);
  });
}

function equal(actual: unknown, expected: unknown, message?: string): void {
  check(() => {
    if (isBytes(actual) && isBytes(expected)) {
      if (Buffer.compare(actual, expected) !== 0) {
        fail(
          message ?? 'Expected bytes to be equal:',
          hexLines(actual),
          hexLines(expected),
          'equal',
          compare(hexLines(actual), hexLines(expected)),
        );
      }
      return;
    }
    refuseUncomparable(actual, '', new Set());
    refuseUncomparable(expected, '', new Set());
    plain.equal(actual, expected, message);
  });
}

/** The assertions; see the interface. */
export const assert: Assert = {
  ok,
  is: (actual, expected, message) =>
    check(() => {
      if (isThenable(actual)) throw new MisuseError('the value is a promise: await it');
      if (!Object.is(actual, expected))
        fail(message ?? 'Expected values to be identical:', actual, expected, 'is', compare(actual, expected));
    }),
  equal,
  match: (actual, expected, message) =>
    check(() => {
      if (typeof actual !== 'string') throw new MisuseError('match compares texts');
      requirePattern(expected);
      if (typeof expected === 'string' ? actual.includes(expected) : expected.test(actual)) return;
      fail(
        message ??
          `Expected the text to ${typeof expected === 'string' ? 'contain' : 'match'} ${String(expected)}; it is:\n${actual}`,
        actual,
        String(expected),
        'match',
      );
    }),
  throws: (fn, expected, message) =>
    check(() => {
      requireExpectation(expected);
      let value: unknown;
      try {
        value = fn();
      } catch (error) {
        judgeError(error, expected, 'throws', message);
        return;
      }
      if (isThenable(value)) {
        (value as Promise<unknown>).then(undefined, () => {});
        throw new MisuseError('the function is asynchronous: use rejects');
      }
      fail(message ?? 'Expected the function to throw', false, true, 'throws');
    }),
  rejects: async (promise, expected, message) => {
    const scope = enter();
    if (scope !== undefined) scope.pending += 1;
    try {
      requireExpectation(expected);
      const started = typeof promise === 'function' ? promise() : promise;
      if (!isThenable(started)) throw new MisuseError('rejects wants a promise or a function that gives one');
      try {
        await started;
      } catch (error) {
        judgeError(error, expected, 'rejects', message);
        return;
      }
      fail(message ?? 'Expected the promise to be rejected', false, true, 'rejects');
    } catch (error) {
      scope?.failures.push(error instanceof Error ? error : new Error(String(error)));
      throw error;
    } finally {
      if (scope !== undefined) scope.pending -= 1;
      if (scope?.ended === true) addProblem(`an assertion of "${scope.name}" ended after that test: await it`);
    }
  },
  between: (actual, low, high, message) =>
    check(() => {
      if (!(low <= high)) throw new MisuseError(`nothing lies between ${low} and ${high}`);
      if (!(actual >= low && actual <= high))
        fail(message ?? `Expected ${actual} to lie between ${low} and ${high}`, actual, `${low}..${high}`, 'between');
    }),
  unreachable: (message): never => {
    const error = new plain.Assertion({
      message: message ?? 'Expected not to be reached',
      operator: 'unreachable',
      actual: true,
      expects: false,
      details: '',
      generated: true,
    });
    enter()?.failures.push(error);
    throw error;
  },
  not: {
    ok: (value, message) =>
      check(() => {
        if (isThenable(value)) throw new MisuseError('the value is a promise: await it');
        plain.not(value, message);
      }),
    is: (actual, expected, message) => check(() => plain.is.not(actual, expected, message)),
    equal: (actual, expected, message) =>
      check(() => {
        if (isBytes(actual) && isBytes(expected)) {
          if (Buffer.compare(actual, expected) === 0)
            fail(message ?? 'Expected bytes to differ', hexLines(actual), '', 'not.equal');
          return;
        }
        refuseUncomparable(actual, '', new Set());
        refuseUncomparable(expected, '', new Set());
        plain.not.equal(actual, expected, message);
      }),
    match: (actual, expected, message) =>
      check(() => {
        if (typeof actual !== 'string') throw new MisuseError('match compares texts');
        requirePattern(expected);
        if (typeof expected === 'string' ? actual.includes(expected) : expected.test(actual)) {
          fail(
            message ?? `Expected the text not to match ${String(expected)}; it is:\n${actual}`,
            actual,
            String(expected),
            'not.match',
          );
        }
      }),
  },
};
