import { assert, suite } from '../../test/kit/suite.ts';
import { Numbers } from './numbers.ts';

const test = suite('mirror: numbers');

test('a number that is given back rests before it is taken again', () => {
  let now = 0;
  const numbers = new Numbers(10, 13, 2000, () => now);
  assert.equal([numbers.take(), numbers.take()], [10, 11]);
  numbers.give(10);
  assert.is(numbers.take(), 12);
  assert.is(numbers.take(), undefined);
  now = 1999;
  assert.is(numbers.take(), undefined);
  now = 2000;
  assert.equal([numbers.take(), numbers.take()], [10, undefined]);
});

test('the numbers between those in use are free at once', () => {
  const numbers = new Numbers(10, 20, 2000, () => 0);
  numbers.occupy([11, 14]);
  assert.equal(
    Array.from({ length: 6 }, () => numbers.take()),
    [10, 12, 13, 15, 16, 17],
  );
});

test.run();
