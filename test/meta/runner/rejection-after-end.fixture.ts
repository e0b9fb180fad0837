import { assert, suite } from '../../kit/suite.ts';

const test = suite('rejection after the end');
test('forgets a promise', () => {
  assert.ok(true);
  void new Promise((_resolve, reject) => setTimeout(() => reject(new Error('nobody awaited this')), 30));
});
test.run();
