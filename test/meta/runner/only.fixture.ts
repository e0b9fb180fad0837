import { assert, suite } from '../../kit/suite.ts';

const test = suite('only');
test('would fail', () => assert.ok(false));
test.only('runs', () => assert.ok(true));
test.run();
