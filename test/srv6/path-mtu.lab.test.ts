/** A domain that carries less than the sites: whoever sends is told, and IPv4 that may be cut is cut. */
import { assert, suite } from '../kit/suite.ts';
import { ping } from '../kit/traffic.ts';
import { bodyDigest, download, upload, web } from '../kit/web.ts';
import {
  gatewayPe,
  kernelEnd,
  Scene,
  type SceneOptions,
  server,
  server4,
  server6,
  sid,
  towardsPe,
  wire,
} from './scene.ts';

const test = suite('srv6: path MTU');
const bytes = 5_000_000;
const pe = sid('pe', '46');

/** Both ends are gateways: the kernel tells nobody of packets that are too large for its tunnels. */
async function between(segments: readonly string[], more: Partial<SceneOptions>): Promise<Scene> {
  const scene = await Scene.open({
    srv6: towardsPe(segments, pe, pe),
    gateways: { pe: gatewayPe },
    kernel: { mid1: [kernelEnd('mid1')] },
    ...more,
  });
  for (const gateway of [scene.gateway, ...scene.others.values()]) gateway.expectDrops({ lan: { too_big: 'any' } });
  return scene;
}

async function curlBothWays({ client, server: host }: Scene): Promise<void> {
  for (const family of [4, 6] as const) {
    await web(host, server[family]);
    const address = family === 6 ? `[${server6}]` : server4;
    assert.is(await download(client, address, bytes), bodyDigest(bytes));
    assert.is(await upload(client, address, bytes), bodyDigest(bytes));
  }
}

test('a core of 1400 bytes: Packet Too Big and Fragmentation Needed name what fits inside', async () => {
  const scene = await between([sid('mid1', 'e')], { coreMtu: 1400 });
  // 40 bytes IPv6, 8 + 16 bytes of a reduced list of two.
  assert.match((await ping(scene.client, server6, { size: 1400, dontFragment: true })).output, 'mtu=1336');
  assert.match((await ping(scene.client, server4, { size: 1400, dontFragment: true })).output, 'mtu = 1336');
  // One segment, no routing header.
  assert.match((await ping(scene.server, '2001:db8:1::2', { size: 1400, dontFragment: true })).output, 'mtu=1360');
  assert.match((await ping(scene.server, '10.1.0.2', { size: 1400, dontFragment: true })).output, 'mtu = 1360');
  assert.is(await scene.drops('lan', 'too_big'), 2);
  for (const size of [1288, 1289, 1308, 1309, 3000, 20_000]) {
    for (const family of [4, 6] as const)
      assert.is((await ping(scene.client, server[family], { size })).received, 1, `IPv${family}, ${size} bytes`);
  }
  await scene.close();
});

test('a core of 1400 bytes: curl both ways', async () => {
  const scene = await between([sid('mid1', 'e')], { coreMtu: 1400 });
  await curlBothWays(scene);
  await scene.close();
});

test('IPv4 without DF is cut before it is encapsulated', async () => {
  const scene = await between([], { coreMtu: 1400 });
  for (const host of [scene.client, scene.server]) await host.run('sysctl -qw net.ipv4.ip_no_pmtu_disc=1');
  const capture = await scene.tap('gw', `src host ${wire('gw')}`);
  for (const size of [1333, 1472, 3000]) assert.is((await ping(scene.client, server4, { size })).received, 1);
  const seen = await capture.packets(['ip.len', 'ip.frag_offset'], 'ip.dst == 10.2.0.2');
  assert.ok(seen.length >= 7, `${seen.length} pieces`);
  assert.ok(seen.every((packet) => Number(packet['ip.len']) <= 1360));
  await capture.checkClean();
  await scene.close();
});

test.each(
  [
    { name: 'one segment', segments: [], inner: 1460 },
    { name: 'two segments', segments: [sid('mid2', 'e')], inner: 1436 },
  ],
  ({ name }) => `a router of the core tells of a link of 1500 bytes, and the inner sender is told in turn: ${name}`,
  async ({ segments, inner }) => {
    const scene = await between(segments, {
      via: { pe: 'mid1', mid2: 'mid1' },
      kernel: { mid1: [], mid2: [kernelEnd('mid2')] },
    });
    const router = scene.host('mid1');
    await router.run(`ip -6 route replace fcbb:bb00:2::/48 via ${wire('pe')} mtu 1500`);
    await router.run(`ip -6 route replace fcbb:bb00:12::/48 via ${wire('mid2')} mtu 1500`);
    // The first one is lost: it is what the router tells of.
    await ping(scene.client, server6, { size: 1452, dontFragment: true, waitSeconds: 0.3 });
    assert.match(
      (await ping(scene.client, server6, { size: 1452, dontFragment: true })).output,
      `Packet too big: mtu=${inner}`,
    );
    assert.match((await ping(scene.client, server4, { size: 1472, dontFragment: true })).output, `mtu = ${inner}`);
    assert.is((await ping(scene.client, server6, { size: 1452 })).received, 1);
    assert.is((await ping(scene.client, server4, { size: 1472 })).received, 1);
    await curlBothWays(scene);
    await scene.close();
  },
);

test.run();
