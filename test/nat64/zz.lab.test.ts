import { assert, suite } from '../kit/suite.ts';
import { ping } from '../kit/traffic.ts';
import { Scene } from './scene.ts';
const test = suite('debug');
test('x', async () => {
  const scene = await Scene.open({ capture: false });
  const cap = await scene.server.capture('eth0');
  const cap2 = await scene.client.capture('eth0');
  console.log((await ping(scene.server, '198.51.100.10', { waitSeconds: 1 })).output);
  console.log((await ping(scene.client, scene.server6, { waitSeconds: 1 })).output);
  console.log((await ping(scene.server, '198.51.100.10', { waitSeconds: 1 })).output);
  console.log(await scene.server.run('ip neigh; ip -s link show eth0; ethtool -S eth0; ethtool -k eth0 | grep generic-rec'));
  console.log(await scene.host('gw').run('ip neigh; ip -s link show eth1; ethtool -S eth1; ethtool -k eth1 | grep generic-rec'));
  console.log(await scene.server.run(`tshark -r ${await cap.stop()}`));
  console.log(await scene.server.run(`tshark -r ${await cap2.stop()}`));
  await scene.close();
  assert.ok(true);
});
test.run();
