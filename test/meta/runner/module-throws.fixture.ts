import { assert, suite } from '../../kit/suite.ts';

const test = suite('module throws');
test('passes', () => assert.ok(true));
test.run();
throw new Error('while loading');
