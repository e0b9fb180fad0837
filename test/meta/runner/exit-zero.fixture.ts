import { assert, suite } from '../../kit/suite.ts';

const test = suite('exit zero');
test('leaves', () => {
  assert.ok(true);
  console.log('  Total:     3\n  Passed:    3\n  Skipped:   0');
  process.exit(0);
});
test('fails', () => assert.ok(false));
test.run();
