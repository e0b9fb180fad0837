import { assert, suite } from '../../kit/suite.ts';

const test = suite('swallowed');
test('catches its own assertion', () => {
  assert.ok(true);
  try {
    assert.is<number>(1, 2);
  } catch {
    // swallowed
  }
});
test.run();
