import { assert, suite } from '../../kit/suite.ts';

const test = suite('too long');
test('spins', () => {
  assert.ok(true);
  for (;;);
});
test.run();
