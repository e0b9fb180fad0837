import { assert, suite } from '../../kit/suite.ts';

const test = suite('before each throws');
test.before.each(() => {
  throw new Error('not prepared');
});
test('passes', () => assert.ok(true));
test.run();
