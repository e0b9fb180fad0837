import { assert, seen, suite } from '../../kit/suite.ts';

const test = suite('good');
test('asserts', () => {
  assert.is(1 + 1, 2);
  seen('drop', 'no_route');
});
test.run();
