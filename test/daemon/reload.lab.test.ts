import { assert, suite } from '../kit/suite.ts';
import { echo, exchange, ping } from '../kit/traffic.ts';
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
  scene.gateway.expectDrops({ lan: { session_revoked: 1 } });
  await c.do('a.send(b"anybody?")');
  assert.equal(await scene.gateway.cli('sessions -o json'), { sessions: [], total: 0 });
  assert.ok((await scene.gateway.drops('lan', 'session_revoked')) === 1);
  assert.not.ok((await scene.gw.run('ip -6 route; ip route')).includes('blackhole'));
  await scene.lab.close();
});

test('an address that leaves the document leaves alone, whatever others of its network there are', async () => {
  const { client, gateway, gw, lab } = await openScene({
    uplink: '{device: eth1, role: outside, addresses: [198.51.100.2/24, 198.51.100.3/24]}',
  });
  assert.is((await ping(client, server6)).received, 1);
  await gw.run('ip addr add 198.51.100.4/24 dev eth1');
  const addresses = async (): Promise<string[]> =>
    [...(await gw.run('ip -4 addr show eth1')).matchAll(/inet (\S+)/g)].map(([, address]) => address as string);
  gateway.writeConfig(configuration({ uplink: '{device: eth1, role: outside, addresses: [198.51.100.3/24]}' }));
  await gateway.cli(`apply ${gateway.configFile}`);
  assert.equal(await addresses(), ['198.51.100.3/24', '198.51.100.4/24']);
  await gateway.detach();
  assert.equal(await addresses(), ['198.51.100.4/24']);
  await lab.close();
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
