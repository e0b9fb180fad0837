import { assert, suite } from '../kit/suite.ts';
import { ping } from '../kit/traffic.ts';
import { bodyDigest, download, upload, web } from '../kit/web.ts';
import { farServer4, farServer6, openRouted } from './routers.ts';

const test = suite('egress: path MTU');
const bytes = 2_000_000;
const sizes = [56, 1252, 1253, 1272, 1273, 1352, 1353, 1372, 1373, 1452, 1472, 1473, 3000, 20_000];

test.each(
  [
    { name: "the gateway's own outside link", mtu: { outside: 1400 } },
    { name: 'a link behind a router outside', mtu: { server: 1300 } },
    { name: 'a link behind a router inside, and one outside', mtu: { client: 1320, server: 1400 } },
  ],
  ({ name }) => `smaller than the rest: ${name}`,
  async ({ mtu }) => {
    const { lab, gateway, client, server } = await openRouted(mtu);
    // What senders learn from: how many packets are under way by then is their affair.
    gateway.expectDrops({
      lan: { too_big: 'any', frag_no_first: 'any' },
      uplink: { too_big: 'any', frag_no_first: 'any' },
    });
    for (const address of [farServer4, farServer6]) {
      const host = address.includes(':') ? `[${address}]` : address;
      await web(server, address);
      assert.is(await download(client, host, bytes), bodyDigest(bytes));
      assert.is(await upload(client, host, bytes), bodyDigest(bytes));
      // The first packets that are too large teach the sender's kernel.
      await ping(client, address, { size: 1452, count: 3 });
      for (const size of sizes) {
        const { received, output } = await ping(client, address, { size });
        assert.is(received, 1, `${size} bytes: ${output}`);
      }
    }
    for (const size of sizes) {
      const { code, stdout } = await client.try(`ping -n -c 1 -W 2 -M dont -s ${size} ${farServer4}`);
      assert.is(code, 0, `${size} bytes in fragments: ${stdout}`);
    }
    await lab.close();
  },
);

test.run();
