import { assert, eventually, suite } from '../../test/kit/suite.ts';
import { SixgateError } from '../model/errors.ts';
import { Reconciler, type Step } from './reconcile.ts';

const test = suite('reconcile');
const asProblem = (step: string, thrown: unknown): SixgateError =>
  new SixgateError('STEP_FAILED', `${step}: ${(thrown as Error).message}`);

test('steps run in their order, and their problems are told together', async () => {
  const ran: string[] = [];
  const step = (name: string, ...problems: SixgateError[]): Step<string> => ({
    name,
    run: async (desired) => {
      ran.push(`${name} ${desired}`);
      return problems;
    },
  });
  const problem = new SixgateError('B', 'is not as it should be');
  const reconciler = new Reconciler({ steps: [step('a'), step('b', problem), step('c')], asProblem, leastMs: 60_000 });
  const problems = await reconciler.become('x');
  assert.equal(ran, ['a x', 'b x', 'c x']);
  assert.equal(
    problems.map(({ code }) => code),
    ['B'],
  );
  await reconciler.close();
});

test('a step that throws is a problem, and the others run all the same', async () => {
  let after = 0;
  const steps: Step<string>[] = [
    { name: 'bad', run: () => Promise.reject(new Error('no')) },
    {
      name: 'good',
      run: async () => {
        after += 1;
        return [];
      },
    },
  ];
  const reconciler = new Reconciler({ steps, asProblem, leastMs: 60_000 });
  assert.equal(
    (await reconciler.become('x')).map(({ message }) => message),
    ['bad: no'],
  );
  assert.is(after, 1);
  await reconciler.close();
});

test('a failed round is tried again by itself until all is well', async () => {
  let rounds = 0;
  const steps: Step<string>[] = [
    {
      name: 'late',
      run: async () => {
        rounds += 1;
        return rounds < 3 ? [new SixgateError('LATE', 'not yet')] : [];
      },
    },
  ];
  const reconciler = new Reconciler({ steps, asProblem, leastMs: 1 });
  assert.is((await reconciler.become('x')).length, 1);
  await eventually(() => assert.is(reconciler.problems.length, 0));
  assert.is(rounds, 3);
  await reconciler.close();
});

test('rounds never overlap: what is told during one leads to one more behind it', async () => {
  let running = 0;
  let most = 0;
  const seen: string[] = [];
  const steps: Step<string>[] = [
    {
      name: 'slow',
      run: async (desired) => {
        running += 1;
        most = Math.max(most, running);
        await new Promise((resolve) => setImmediate(resolve));
        seen.push(desired);
        running -= 1;
        return [];
      },
    },
  ];
  const reconciler = new Reconciler({ steps, asProblem });
  await Promise.all([reconciler.become('a'), reconciler.become('b'), reconciler.become('c')]);
  assert.is(most, 1);
  assert.is(seen.at(-1), 'c');
  assert.ok(seen.length <= 3, `${seen.length} rounds`);
  await reconciler.close();
});

test('after close nothing runs any more', async () => {
  let rounds = 0;
  const steps: Step<string>[] = [
    {
      name: 'count',
      run: async () => {
        rounds += 1;
        return [];
      },
    },
  ];
  const reconciler = new Reconciler({ steps, asProblem });
  await reconciler.become('x');
  reconciler.trigger(0);
  await reconciler.close();
  await reconciler.become('y');
  assert.is(rounds, 1);
});

test.run();
