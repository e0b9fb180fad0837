import { assert, suite } from '../../kit/suite.ts';

const test = suite('after throws');
test.after(() => {
  throw new Error('packets are missing');
});
test('passes', () => assert.ok(true));
test.run();
