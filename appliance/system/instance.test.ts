import { execFileSync, spawn } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { assert, atEnd, eventually, seen, suite } from '../../test/kit/suite.ts';
import { SixgateError } from '../model/errors.ts';
import { claimInstance, identify, instancePaths, isAlive, removeStaleSocket, runningDaemon } from './instance.ts';

const test = suite('system: instance');
const base = mkdtempSync(join(tmpdir(), 'sg-inst-'));
test.after(() => rmSync(base, { recursive: true }));

function isCode(code: string): (error: unknown) => boolean {
  seen('error', code);
  return (error) => error instanceof SixgateError && error.code === code;
}

const pathsOf = (name: string) => instancePaths(name, { SIXGATE_RUN_DIR: base });

test('an instance has its places', () => {
  assert.equal(instancePaths('main', {}), {
    name: 'main',
    run: '/run/sixgate/main',
    socket: '/run/sixgate/main/api.sock',
    pidFile: '/run/sixgate/main/daemon.pid',
    state: '/var/lib/sixgate/main',
    bpffs: '/sys/fs/bpf/sixgate/main',
  });
  const moved = instancePaths('b', { SIXGATE_RUN_DIR: '/r', SIXGATE_STATE_DIR: '/s', SIXGATE_BPFFS: '/b' });
  assert.equal([moved.run, moved.state, moved.bpffs], ['/r/b', '/s/b', '/b/sixgate/b']);
});

test.each(['', '-a', 'A', 'a b', '../x', 'a/b', 'abcdefghijk', 'a.b', 'main\n'], JSON.stringify, (name) => {
  assert.throws(() => instancePaths(name, {}), isCode('INSTANCE_NAME'));
});

test('a path that no socket can have is refused', () => {
  const env = { SIXGATE_RUN_DIR: `/${'x'.repeat(100)}` };
  assert.throws(() => instancePaths('main', env), isCode('INSTANCE_PATH_TOO_LONG'));
});

test('one daemon an instance; released, the next one may', async () => {
  const paths = pathsOf('one');
  const release = await claimInstance(paths);
  assert.is(statSync(paths.run).mode & 0o777, 0o700);
  assert.is(runningDaemon(paths)?.pid, process.pid);
  await assert.rejects(claimInstance(paths), isCode('INSTANCE_RUNNING'));
  release();
  assert.is(runningDaemon(paths), undefined);
  (await claimInstance(paths))();
  assert.equal(readdirSync(paths.run), []);
});

test('the pid file of a dead process, of another process with its number, or with rubbish is replaced', async () => {
  const paths = pathsOf('stale');
  mkdirSync(paths.run);
  const own = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8');
  for (const text of [`1 1 ${own}`, `4194304 5 ${own}`, '1', '', `${process.pid} 1 ${own}`]) {
    writeFileSync(paths.pidFile, text);
    assert.is(runningDaemon(paths), undefined, text);
    (await claimInstance(paths))();
  }
  assert.equal(readdirSync(paths.run), []);
});

test('release leaves the pid file of another one alone', async () => {
  const paths = pathsOf('other');
  const release = await claimInstance(paths);
  writeFileSync(paths.pidFile, 'not ours');
  release();
  assert.is(readFileSync(paths.pidFile, 'utf8'), 'not ours');
});

test('a directory that cannot be made is an error with a sentence', async () => {
  writeFileSync(join(base, 'file'), '');
  const paths = instancePaths('x', { SIXGATE_RUN_DIR: join(base, 'file') });
  await assert.rejects(claimInstance(paths), isCode('INSTANCE_DIRECTORY'));
});

test('a living socket is refused even without a pid file; a dead one is removed', async () => {
  const paths = pathsOf('sock');
  mkdirSync(paths.run);
  const server = createServer((socket) => socket.destroy());
  await new Promise<void>((resolve) => server.listen(paths.socket, resolve));
  await assert.rejects(claimInstance(paths), isCode('INSTANCE_RUNNING'));
  await new Promise((resolve) => server.close(resolve));

  const script = `require('net').createServer().listen(${JSON.stringify(paths.socket)}, () => process.kill(process.pid, 'SIGKILL'))`;
  assert.throws(() => execFileSync(process.execPath, ['-e', script]), Error);
  assert.ok(existsSync(paths.socket));
  await removeStaleSocket(paths.socket, 'sock');
  assert.not.ok(existsSync(paths.socket));
  await removeStaleSocket(paths.socket, 'sock');
});

test('a zombie does not live', async () => {
  // The shell goes on as `sleep`, which never collects its child.
  const parent = spawn('sh', ['-c', 'sh -c "echo \\$\\$; read line" & exec sleep 60'], {
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  atEnd(async () => void parent.kill('SIGKILL'));
  const line = await new Promise<Buffer>((resolve) => parent.stdout.once('data', resolve));
  const pid = Number(line.toString());
  await eventually(() => readFileSync(`/proc/${parent.pid}/comm`, 'utf8') === 'sleep\n');
  parent.stdin.end();
  await eventually(() => readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z '));
  assert.is(identify(pid), undefined);
});

test('a process is itself, until it is another one', () => {
  const own = identify(process.pid);
  assert.ok(own !== undefined && isAlive(own));
  assert.not.ok(isAlive({ ...own, startTicks: '1' }));
  assert.not.ok(isAlive({ ...own, bootId: 'x' }));
});

test.run();
