import { assert, suite } from '../../kit/suite.ts';

const test = suite('late test in a timer');
test('passes', () => assert.ok(true));
setTimeout(() => test('late', () => assert.ok(false)), 0);
test.run();
