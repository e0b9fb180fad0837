import { assert, suite } from '../../kit/suite.ts';

const test = suite('before throws');
test.before(() => {
  throw new Error('no laboratory');
});
test('passes', () => assert.ok(true));
test.run();
