import { assert, suite } from '../../kit/suite.ts';

const test = suite('first');
const other = suite('second');
test('runs', () => assert.ok(true));
other('does not', () => assert.ok(false));
test.run();
