import { createServer } from 'node:net';
import { assert, suite } from '../../kit/suite.ts';

const test = suite('open handle');
test('leaves a server', () => {
  createServer().listen(0);
  assert.ok(true);
});
test.run();
