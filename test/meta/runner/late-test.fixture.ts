import { assert, suite } from '../../kit/suite.ts';

const test = suite('late test');
test('passes', () => assert.ok(true));
test.run();
try {
  test('late', () => assert.ok(false));
} catch {
  // The kit must remember it all the same.
}
