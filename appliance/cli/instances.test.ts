import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CliHome } from '../../test/cli/cli-kit.ts';
import { DOCUMENT, OTHER_DOCUMENT } from '../../test/cli/fake-services.ts';
import { assert, eventually, seen, suite } from '../../test/kit/suite.ts';

const test = suite('cli: instances');
const home = new CliHome();

test.before(async () => {
  home.write('a.yaml', DOCUMENT);
  home.write('b.yaml', OTHER_DOCUMENT);
  await home.start('a.yaml');
});
test.after(() => home.remove());

/** Starts to monitor, and goes on when the first line is there. */
const monitorInBackground = ': > seen.txt; $sixgate monitor > seen.txt & until [ -s seen.txt ]; do :; done;';

test('a second daemon is refused, another instance is not', async () => {
  const second = await home.run(['run', '--config', 'a.yaml']);
  assert.is(second.status, 1);
  assert.match(second.err, /^INSTANCE_RUNNING {2}The instance main runs already/);
  await home.start('b.yaml', 'two');
  const named = await home.run(['show', '--instance', 'two']);
  const byEnv = await home.run(['show'], { env: { SIXGATE_INSTANCE: 'two' } });
  assert.equal([named.out, byEnv.out], [OTHER_DOCUMENT, OTHER_DOCUMENT]);
  const footer = (await home.run(['--instance', 'two', 'sessions', '--limit', '1'])).err;
  assert.match(footer, '(sixgate sessions --instance two --limit 1 --after 1)');
});

test('stop ends the daemon and what listens to it; --detach works without one', async () => {
  const line = `export SIXGATE_INSTANCE=two; ${monitorInBackground} $sixgate stop; wait $!; echo $?`;
  const { out, err } = await home.bash(line);
  seen('command', 'stop');
  assert.match(out, /^two ended \(process \d+\)\n.*sixgate stop --detach --instance two takes it off\n1\n$/);
  assert.match(err, /^\d+ shown, 0 lost\nAPI_STREAM_ENDED {2}The gateway ended the stream\./);
  seen('error', 'API_STREAM_ENDED');
  const again = await home.run(['stop', '--detach', '--instance', 'two']);
  assert.equal(again, { status: 0, out: 'two was not running; the data path is off\n', err: '' });
  assert.is(readFileSync(join(home.directory, 'run/detached'), 'utf8'), 'two');
});

test('a daemon that does not end is named, with what to type', async () => {
  home.write('deaf.yaml', DOCUMENT);
  const daemon = await home.start('deaf.yaml', 'deaf');
  const { status, err } = await home.run(['stop', '--instance', 'deaf', '--within', '100ms']);
  assert.is(status, 1);
  assert.match(err, `STOP_TOO_SLOW  Process ${daemon.pid} did not end within 100ms. Look at its log, or type kill -9`);
  seen('error', 'STOP_TOO_SLOW');
});

test('a daemon goes on when nobody reads what it prints', async () => {
  const { out } = await home.bash(
    'export SIXGATE_INSTANCE=mute; set -o pipefail; { $sixgate run -c a.yaml; echo $? > mute.txt; } | exec true & ' +
      'until $sixgate status -o name 2> mute.err; do :; done; $sixgate stop; wait; cat mute.txt',
  );
  assert.match(out, /^uplink\nmute ended.*\n.*\n0\n$/);
});

test('after a kill -9 the instance is free, and says so', async () => {
  const daemon = await home.start('a.yaml', 'three');
  daemon.kill('SIGKILL');
  await eventually(async () => (await home.run(['status', '--instance', 'three'])).status === 1);
  assert.ok(existsSync(join(home.directory, 'run/three/api.sock')));
  assert.match((await home.run(['stop', '--instance', 'three'])).out, 'three was not running');
  const again = await home.start('a.yaml', 'three');
  assert.is(again.exitCode, null);
});

test.run();
