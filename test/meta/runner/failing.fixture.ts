import { assert, suite } from '../../kit/suite.ts';

const test = suite('failing');
test('fails', () => assert.equal({ a: [1] }, { a: [2] }));
test.run();
