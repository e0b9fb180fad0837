import { assert, suite } from '../kit/suite.ts';
import { ping } from '../kit/traffic.ts';
import { configuration, openScene, server6 } from './scene.ts';

const test = suite('daemon: start');
const right = configuration();

test('a daemon does not start with a wrong file, and a running data path goes on', async () => {
  const scene = await openScene();
  await scene.gateway.stop();
  scene.gateway.writeConfig(right.replace('role: outside', 'role: otside'));
  const run = await scene.gateway.tryCli(`run --config ${scene.gateway.configFile}`);
  assert.is(run.code, 3, run.stderr);
  assert.match(run.stderr, /^\S*gw\.yaml:4:\d+ {2}CONFIG_/m);
  assert.match(run.stderr, 'outside');
  assert.not.match(run.stdout, /^ready/m);
  assert.is((await ping(scene.client, server6)).received, 1);
  const none = await scene.gateway.tryCli('run --config /nowhere/gateway.yaml');
  assert.is(none.code, 3, none.stderr);
  assert.is((await ping(scene.client, server6)).received, 1);
  scene.gateway.writeConfig(right);
  await scene.gateway.start();
  await scene.lab.close();
});

test('a second daemon of the same name is refused', async () => {
  const scene = await openScene();
  const second = await scene.gateway.tryCli(`run --config ${scene.gateway.configFile}`);
  assert.is(second.code, 1);
  assert.match(second.stderr, 'INSTANCE_RUNNING');
  assert.is((await ping(scene.client, server6)).received, 1);
  await scene.lab.close();
});

test.run();
