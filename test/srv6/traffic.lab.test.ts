/** Packets of every size, and what a traceroute sees: against the kernel, and between two gateways. */
import type { Host } from '../kit/lab.ts';
import { assert, suite } from '../kit/suite.ts';
import { ping } from '../kit/traffic.ts';
import { openPeers as open, peers } from './peers.ts';
import { client, server } from './scene.ts';

const test = suite('srv6: traffic');
/** Around the sizes at which a site's link needs fragments. */
const sizes = [1, 8, 56, 100, 1232, 1452, 1453, 1472, 1473, 3000, 9000, 20_000, 60_000];
const families = [4, 6] as const;

test.each(
  peers,
  ({ name }) => `ping of every size, both ways, against ${name}`,
  async ({ options }) => {
    const scene = await open(options);
    for (const family of families) {
      for (const size of sizes) {
        const there = await ping(scene.client, server[family], { size, count: 2 });
        assert.is(there.received, 2, `there, ${size} bytes: ${there.output}`);
        const back = await ping(scene.server, client[family], { size, count: 2 });
        assert.is(back.received, 2, `back, ${size} bytes: ${back.output}`);
      }
    }
    await scene.close();
  },
);

/** The addresses that traceroute printed, hop by hop. */
function hops(output: string): string[] {
  return [...output.matchAll(/^ *\d+ +(\S+)/gm)].map(([, address]) => address as string);
}

test('traceroute sees the gateways at both ends and nothing of the domain, by UDP, ICMP and TCP', async () => {
  const scene = await open({ ...peers[1].options, txChecksum: false });
  for (const gateway of [scene.gateway, ...scene.others.values()])
    gateway.expectDrops({ lan: { hop_limit: 6 }, core: { hop_limit: 6 } });
  for (const options of ['', '-I', '-T -p 80']) {
    const trace = async (host: Host, family: number, address: string): Promise<string[]> =>
      hops(await host.run(`traceroute -${family} -n -q 1 -N 1 -w 2 -m 6 ${options} ${address}`));
    assert.equal(await trace(scene.client, 4, server[4]), ['10.1.0.1', '10.2.0.1', server[4]]);
    assert.equal(await trace(scene.client, 6, server[6]), ['2001:db8:1::1', '2001:db8:2::1', server[6]]);
    assert.equal(await trace(scene.server, 4, client[4]), ['10.2.0.1', '10.1.0.1', client[4]]);
    assert.equal(await trace(scene.server, 6, client[6]), ['2001:db8:2::1', '2001:db8:1::1', client[6]]);
  }
  await scene.close();
});

test.run();
