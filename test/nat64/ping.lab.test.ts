import { assert, suite } from '../kit/suite.ts';
import { ping } from '../kit/traffic.ts';
import { Scene } from './scene.ts';

const test = suite('nat64: ping');
/** Around the sizes at which one link, the other, or both need fragments. */
const sizes = [1, 8, 56, 100, 1232, 1452, 1453, 1472, 1473, 3000, 9000, 20_000, 60_000];

test('an IPv6-only client pings an IPv4 server, whatever the size', async () => {
  const scene = await Scene.open();
  for (const size of sizes) {
    const { received, output } = await ping(scene.client, scene.server6, { size, count: 2 });
    assert.is(received, 2, `${size} bytes: ${output}`);
  }
  await scene.close();
});

test('a place where a first fragment waited is free as soon as its datagram is complete', async () => {
  const scene = await Scene.open();
  const { received, output } = await ping(scene.client, scene.server6, { size: 3000, count: 150 });
  assert.is(received, 150, output);
  await scene.close();
});

test('the server pings back into a mapping, whatever the size', async () => {
  const scene = await Scene.open({ servers: ['third'] });
  assert.is((await ping(scene.client, scene.server6)).received, 1);
  const [session] = await scene.sessions('--proto icmp');
  for (const host of [scene.server, scene.host('third')]) {
    for (const size of sizes) {
      const result = await host.try(
        `ping -n -c 1 -W 2 -M dont -s ${size} -e ${session?.outside.port} ${session?.outside.address}`,
      );
      assert.is(result.code, 0, `${host.name}, ${size} bytes: ${result.stdout}`);
    }
  }
  // The server's ones belong to the client's own session; the third host opened one by endpoint-independent filtering.
  const destinations = (await scene.sessions('--proto icmp')).map((one) => one.destination.address);
  assert.equal(destinations, ['198.51.100.1', '198.51.100.3']);
  await scene.close();
});

test('a ping to an identifier that nobody has is the first that the gateway hears, and is dropped and counted', async () => {
  const scene = await Scene.open({ capture: false });
  scene.gateway.expectDrops({ uplink: { pool_no_session: 1 } });
  assert.is((await ping(scene.server, '198.51.100.10', { waitSeconds: 1 })).received, 0);
  assert.is(await scene.drops('uplink', 'pool_no_session'), 1);
  await scene.close();
});

test.run();
