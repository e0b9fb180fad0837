import { assert, suite } from '../../kit/suite.ts';

const test = suite('good');
test('asserts', () => assert.is(1 + 1, 2));
test.run();
