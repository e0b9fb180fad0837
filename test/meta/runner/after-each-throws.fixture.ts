import { assert, suite } from '../../kit/suite.ts';

const test = suite('after each throws');
test.after.each(() => {
  throw new Error('not tidied');
});
test('first', () => assert.ok(true));
test('second', () => assert.ok(true));
test.run();
