import { assert, suite } from '../../kit/suite.ts';

process.on('exit', () => {
  process.exitCode = 0;
});
const test = suite('status zero');
test('fails', () => assert.ok(false));
test.run();
