import { assert, suite } from '../kit/suite.ts';
import { ping } from '../kit/traffic.ts';
import { bodyDigest, download, upload, web } from '../kit/web.ts';
import { Scene } from './scene.ts';

const test = suite('nat64: path MTU');
const bytes = 10_000_000;
const sizes = [1, 8, 56, 100, 1232, 1233, 1372, 1373, 1452, 1453, 3000, 9000, 20_000, 60_000];

/** Either the gateway's own links are small, and it tells; or those behind a router are, and it translates. */
const paths = [
  { name: 'at the gateway', mtu: { inside: 1280, outside: 1400 } },
  { name: 'behind routers', mtu: { client: 1280, server: 1400 } },
  { name: 'in the middle of the client network', mtu: { inside: 1280, server: 1400 } },
] as const;

test.each(
  paths,
  ({ name }) => `1280 inside and 1400 outside, ${name}: curl of 10 MB both ways`,
  async ({ mtu }) => {
    const scene = await Scene.open({ routers: true, mtu });
    await web(scene.server, scene.server4);
    const address = `[${scene.server6}]`;
    assert.is(await download(scene.client, address, bytes), bodyDigest(bytes));
    assert.is(await upload(scene.client, address, bytes), bodyDigest(bytes));
    await scene.close();
  },
);

test.each(
  paths,
  ({ name }) => `1280 inside and 1400 outside, ${name}: ping of every size both ways`,
  async ({ mtu }) => {
    const scene = await Scene.open({ routers: true, mtu });
    // The first packet that is too large teaches the client's kernel, as the next test shows.
    await ping(scene.client, scene.server6, { size: 1400, count: 3 });
    for (const size of sizes) {
      const { received, output } = await ping(scene.client, scene.server6, { size });
      assert.is(received, 1, `${size} bytes: ${output}`);
    }
    const [session] = await scene.sessions('--proto icmp');
    const back = `-n -W 1 -e ${session?.outside.port} ${session?.outside.address}`;
    for (const size of sizes) {
      const { code, stdout } = await scene.server.try(`ping -c 1 -M dont -s ${size} ${back}`);
      assert.is(code, 0, `${size} bytes: ${stdout}`);
    }
    await scene.close();
  },
);

test.run();
