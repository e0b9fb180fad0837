import { assert, suite } from '../../kit/suite.ts';

const test = suite('same names');
test('twice', () => assert.ok(true));
test('twice', () => assert.ok(true));
test.run();
