import { assert, suite } from '../../kit/suite.ts';

const test = suite('unawaited rejects');
test('forgets await', () => {
  assert.ok(true);
  void assert.rejects(new Promise((_resolve, reject) => setTimeout(() => reject(new Error('late')), 20)), /late/);
});
test.run();
