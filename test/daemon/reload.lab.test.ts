import { assert, suite } from '../kit/suite.ts';
import { echo, exchange } from '../kit/traffic.ts';
import { configuration, openScene, pythons, server4, server6 } from './scene.ts';

const test = suite('daemon: reload');

interface SessionView {
  readonly outside: { readonly address: string };
  readonly state: string;
  readonly expiresMs: number;
}

test('without any pool every flow ends, and pool addresses are nobody’s', async () => {
  const scene = await openScene();
  const { c, s } = await pythons(scene);
  await s.do(`door = listen("${server4}", 80)`);
  await c.do(`a = tcp("${server6}", 80)`);
  await s.do('b, peer = door.accept()');
  scene.gateway.writeConfig(configuration({ nat64: '{}' }));
  await scene.gateway.cli(`apply ${scene.gateway.configFile}`);
  await c.do('a.send(b"anybody?")');
  assert.equal(await scene.gateway.cli('sessions -o json'), { sessions: [], total: 0 });
  assert.ok((await scene.gateway.drops('lan', 'session_revoked')) === 1);
  assert.not.ok((await scene.gw.run('ip -6 route; ip route')).includes('blackhole'));
  await scene.lab.close();
});

test('SIGHUP reads the file again; a wrong one changes nothing', async () => {
  const scene = await openScene();
  const { gateway } = scene;
  await echo(scene.server, 'udp', server4, 7);
  const { revision } = (await gateway.status()) as unknown as { revision: number };
  gateway.writeConfig(`${configuration()}speed: high\n`);
  process.kill(gateway.pid, 'SIGHUP');
  await gateway.waitForLog(/speed/);
  assert.is((await gateway.status()).revision, revision);
  gateway.writeConfig(configuration({ timeouts: '{udp: 7s}' }));
  process.kill(gateway.pid, 'SIGHUP');
  await gateway.waitForLog(/"msg":"reloaded"/);
  assert.is((await gateway.status()).revision, revision + 1);
  assert.is(await exchange(scene.client, 'udp', server6, 7), 'same');
  const { sessions } = await gateway.cli<{ sessions: SessionView[] }>('sessions -o json');
  assert.ok((sessions[0]?.expiresMs ?? 0) <= 8_000, JSON.stringify(sessions));
  await scene.lab.close();
});

test.run();
