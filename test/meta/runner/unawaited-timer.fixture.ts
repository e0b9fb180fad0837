import { assert, suite } from '../../kit/suite.ts';

const test = suite('unawaited timer');
test('asserts later', () => {
  assert.ok(true);
  setTimeout(() => assert.is(1, 1), 20);
});
test.run();
