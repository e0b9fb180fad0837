import { suite } from '../kit/suite.ts';
import { ping } from '../kit/traffic.ts';
import { gatewayPe, Scene, server4, sid, towardsPe, wire } from './scene.ts';

const test = suite('debug');
test('x', async () => {
  const pe = sid('pe', '46');
  const scene = await Scene.open({ srv6: towardsPe([], pe, pe), gateways: { pe: gatewayPe }, coreMtu: 1400 });
  for (const host of [scene.client, scene.server]) await host.run('sysctl -qw net.ipv4.ip_no_pmtu_disc=1');
  const capture = await scene.tap('gw', '');
  for (const size of [1333, 1472, 3000]) console.log((await ping(scene.client, server4, { size })).output);
  console.log(await scene.gateway.cli('status'));
  console.log(await scene.others.get('pe')?.cli('status'));
  console.log(await scene.gateway.cli('drops'));
  console.log(await scene.others.get('pe')?.cli('drops'));
  const path = await capture.stop();
  console.log(await scene.client.run(`tcpdump -nvr ${path} | head -60`));
  void wire;
});
test.run();
