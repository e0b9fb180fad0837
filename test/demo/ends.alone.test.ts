import { execFileSync } from 'node:child_process';
import { assert, suite } from '../kit/suite.ts';
import { Demo, demoCommand } from './demo.ts';

const test = suite('the end of npm start');

test('Ctrl-C ends it with status 0, and nothing is left', async () => {
  const demo = new Demo(demoCommand);
  await demo.says(/two ports +curl +ok/);
  assert.ok(demo.processes().length > 5);
  demo.child.kill('SIGINT');
  assert.is(await demo.exit, 0, demo.output);
  assert.match(demo.output, /everything is removed/);
  await demo.vanishes();
});

test('a round that is interrupted has shown nothing: 130', async () => {
  const demo = new Demo([...demoCommand, '--once']);
  await demo.says(/two ports +curl +ok/);
  demo.child.kill('SIGINT');
  assert.is(await demo.exit, 130, demo.output);
  await demo.vanishes();
});

test('kill -9 leaves nothing behind', async () => {
  const demo = new Demo(demoCommand);
  await demo.says(/two ports +curl +ok/);
  demo.child.kill('SIGKILL');
  assert.is(await demo.exit, 'SIGKILL');
  await demo.vanishes();
});

test('who loses its parent ends, as when npm vanishes on SIGTERM', async () => {
  const demo = new Demo(['sh', '-c', '"$@"; exit $?', 'npm', ...demoCommand]);
  await demo.says(/two ports +curl +ok/);
  demo.child.kill('SIGKILL');
  await demo.exit;
  await demo.vanishes();
  assert.match(demo.output, /everything is removed/);
});

test('the commands that it offers work', async () => {
  const demo = new Demo(demoCommand);
  await demo.says(/run\/demo\/edge-a monitor/);
  const [, first = ''] = /nsenter -t (\d+) /.exec(demo.output) ?? [];
  // The number is that of the namespace in which the demonstration was started: this one.
  const within = (...command: string[]): string =>
    execFileSync('nsenter', ['-t', first, '-m', '-p', ...command], { encoding: 'utf8' });
  assert.match(within('/run/demo/client', 'ping', '-c', '1', '-W', '2', '64:ff9b::c633:6450'), /1 received/);
  assert.match(within('/run/demo/edge-a', 'sessions'), /nat64 +main +tcp +\[2001:db8:1::2\]/);
  demo.child.kill('SIGTERM');
  assert.is(await demo.exit, 0);
  await demo.vanishes();
});

test.run();
