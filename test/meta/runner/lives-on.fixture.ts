import { execFileSync, spawn } from 'node:child_process';
import { assert, suite } from '../../kit/suite.ts';

const test = suite('lives on');
test('makes what could be left behind, and waits', async () => {
  const line = 'bpftool map create /sys/fs/bpf/m type array key 4 value 4 entries 1 name kit_victim && ip netns add a';
  execFileSync('sh', ['-c', line]);
  spawn('sleep', ['77'], { detached: true, stdio: 'ignore' }).unref();
  assert.ok(true);
  await new Promise((resolve) => setTimeout(resolve, 60_000));
});
test.run();
