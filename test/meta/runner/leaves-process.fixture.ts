import { spawn } from 'node:child_process';
import { assert, suite } from '../../kit/suite.ts';

const test = suite('leaves a process');
test('starts one and forgets it', () => {
  const child = spawn('sleep', ['30'], { detached: true, stdio: 'ignore' });
  child.unref();
  assert.ok(child.pid !== undefined);
});
test.run();
