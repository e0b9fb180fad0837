import { runInNewContext } from 'node:vm';
import { MisuseError } from '../kit/assert.ts';
import { trial } from '../kit/scope.ts';
import { assert, eventually, nonEmpty, suite } from '../kit/suite.ts';

/** What an assertion throws; undefined when it passes. Its failure is not charged to the test. */
async function outcome(fn: () => unknown): Promise<unknown> {
  try {
    await trial(fn);
    return undefined;
  } catch (error) {
    return error;
  }
}

class Private {
  readonly #value: number;
  constructor(value: number) {
    this.#value = value;
  }
  get value(): number {
    return this.#value;
  }
}

function* numbers(first: number): Generator<number> {
  yield first;
}

const test = suite('the assertions');

/** What uvu takes for equal, or true, without looking. */
const misuses: Readonly<Record<string, () => unknown>> = {
  'equal of instances with private state': () => assert.equal(new Private(1), new Private(2)),
  'equal of such instances further down': () => assert.equal({ a: [new Private(1)] }, { a: [new Private(2)] }),
  'equal of errors': () => assert.equal(new Error('a'), new Error('b')),
  'equal of promises': () => assert.equal(Promise.resolve(1), Promise.resolve(2)),
  'equal of URLs': () => assert.equal(new URL('http://a.example'), new URL('http://b.example')),
  'equal of iterators': () => assert.equal(numbers(1), numbers(2)),
  'equal of symbol keys': () => assert.equal({ [Symbol.for('a')]: 1 }, { [Symbol.for('a')]: 2 }),
  'ok of a promise': () => assert.ok(Promise.resolve(false)),
  'ok of a function': () => assert.ok(() => false),
  'is of a promise': () => assert.is<unknown>(Promise.resolve(1), 1),
  'throws of an asynchronous function': () => assert.throws(async () => {}, /x/),
  'throws with a text': () => assert.throws(() => JSON.parse('{'), 'text' as never),
  'throws with a function that says nothing': () => assert.throws(() => JSON.parse('{'), (() => {}) as never),
  'match with nothing': () => assert.match('abc', ''),
  'match with a pattern that keeps state': () => assert.match('abc', /b/g),
  'rejects of no promise': () => assert.rejects((() => 1) as never, /x/),
  'between nothing': () => assert.between(1, 2, 0),
};

test.each(
  Object.entries(misuses),
  ([name]) => `refuse ${name}`,
  async ([, fn]) => assert.ok((await outcome(fn)) instanceof MisuseError),
);

const failures: Readonly<Record<string, () => unknown>> = {
  'is of 0 and -0': () => assert.is(0, -0),
  'equal of different bytes': () => assert.equal(Buffer.from([1, 2]), Buffer.from([1, 3])),
  'equal of undefined keys': () => assert.equal<object>({ a: undefined }, { b: undefined }),
  'equal of sets of objects': () => assert.equal(new Set([{ a: 1 }]), new Set([{ a: 2 }])),
  'not equal of the same bytes': () => assert.not.equal(Buffer.from([1]), new Uint8Array([1])),
  'throws of a function that does not': () => assert.throws(() => 1, /x/),
  'throws of another message': () => assert.throws(() => JSON.parse('{'), /xyz/),
  'throws of another class': () => assert.throws(() => JSON.parse('{'), TypeError),
  'rejects of a promise that is kept': () => assert.rejects(Promise.resolve(1), /x/),
  'rejects of another message': () => assert.rejects(Promise.reject(new Error('abc')), /xyz/),
  'match of another text': () => assert.match('abc', /x/),
  'between of a number outside': () => assert.between(3, 1, 2),
  'between of no number': () => assert.between(Number.NaN, 1, 2),
  unreachable: () => assert.unreachable(),
};

test.each(
  Object.entries(failures),
  ([name]) => `fail: ${name}`,
  async ([, fn]) => {
    const error = await outcome(fn);
    assert.ok(error instanceof Error && error.name === 'Assertion');
  },
);

test('pass what is right', async () => {
  assert.equal<Uint8Array>(Buffer.from([1, 2]), new Uint8Array([1, 2]));
  assert.equal(new Map([['a', { b: 1 }]]), new Map([['a', { b: 1 }]]));
  assert.is(Number.NaN, Number.NaN);
  assert.throws(() => JSON.parse('{'), SyntaxError);
  assert.throws(() => JSON.parse('{'), /JSON/);
  assert.throws(
    () => runInNewContext('throw 5'),
    (error) => error === 5,
  );
  await assert.rejects(async () => {
    throw new RangeError('far');
  }, RangeError);
  assert.between(1, 1, 1);
});

test('eventually gives the value of the first good try', async () => {
  let tries = 0;
  const value = await eventually(() => {
    tries += 1;
    assert.ok(tries > 3);
    return tries;
  });
  assert.is(value, 4);
});

test('eventually passes the last failure on', async () => {
  const started = performance.now();
  const error = await outcome(() => eventually(() => assert.is<number>(1, 2), { within: 100 }));
  assert.match(String(error), /not within 100 ms: Expected values to be identical/);
  assert.between(performance.now() - started, 90, 2_000);
  assert.match(String(await outcome(() => eventually(() => false, { within: 30 }))), /condition stayed false/);
});

test('nonEmpty gives what it is given', () => {
  assert.equal(nonEmpty(new Set([1, 2])), [1, 2]);
});

test.run();
