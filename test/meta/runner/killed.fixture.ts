import { assert, suite } from '../../kit/suite.ts';

const test = suite('killed');
test('dies', () => {
  assert.ok(true);
  process.kill(process.pid, 'SIGKILL');
});
test.run();
