import { Python } from '../kit/python.ts';
import { assert, suite } from '../kit/suite.ts';
import { ping } from '../kit/traffic.ts';
import { Scene } from './scene.ts';

const test = suite('nat64: what is refused, told and counted');

test('a hop limit that ends at the gateway is told to the sender, of either family, and counted', async () => {
  const scene = await Scene.open();
  scene.gateway.expectDrops({ lan: { hop_limit: 1 }, uplink: { hop_limit: 1 } });
  assert.match(
    (await ping(scene.client, scene.server6, { ttl: 1 })).output,
    'From 2001:db8:1::1 icmp_seq=1 Time exceeded',
  );
  assert.is(await scene.drops('lan', 'hop_limit'), 1);
  assert.is((await ping(scene.client, scene.server6, { ttl: 2 })).received, 1);
  const [session] = await scene.sessions('--proto icmp');
  const back = `-n -c 1 -W 1 -e ${session?.outside.port} ${session?.outside.address}`;
  assert.match(
    (await scene.server.try(`ping -t 1 ${back}`)).stdout,
    'From 198.51.100.2 icmp_seq=1 Time to live exceeded',
  );
  assert.is(await scene.drops('uplink', 'hop_limit'), 1);
  assert.match(await scene.server.run(`ping -t 2 ${back}`), 'ttl=63');
  await scene.close();
});

test('a protocol that has no translation is refused, told to the client and counted', async () => {
  const scene = await Scene.open({ capture: false });
  scene.gateway.expectDrops({ lan: { nat64_proto: 1 }, uplink: { nat64_proto: 1 } });
  const client = await Python.start(scene.client);
  const errors = await scene.capture(scene.client, 'eth0', 'icmp6 and ip6[40] == 1');
  // A minimal encapsulation that no IPv6-IPv4 translation knows (GRE).
  await client.do(`socket(AF_INET6, SOCK_RAW, 47).sendto(b"\\0" * 16, ("${scene.server6}", 0))`);
  await errors.waitForFrames(1);
  assert.is(await scene.drops('lan', 'nat64_proto'), 1);
  const server = await Python.start(scene.server);
  await server.do(`socket(AF_INET, SOCK_RAW, 47).sendto(b"\\0" * 16, ("198.51.100.10", 0))`);
  await scene.server.run('ping -c 1 -W 1 198.51.100.2');
  assert.is(await scene.drops('uplink', 'nat64_proto'), 1);
  await scene.close();
});

test.run();
