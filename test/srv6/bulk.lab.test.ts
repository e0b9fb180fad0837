/** Many bytes of both families through the domain: against the kernel, and between two gateways. */
import type { Host } from '../kit/lab.ts';
import { assert, needs, suite } from '../kit/suite.ts';
import { bodyDigest, download, upload, web } from '../kit/web.ts';
import { openPeers as open, peers } from './peers.ts';
import { server } from './scene.ts';

const test = suite('srv6: bulk');
const bytes = 10_000_000;
const families = [4, 6] as const;

test.each(
  peers.flatMap((peer) => [true, false].map((txChecksum) => ({ ...peer, txChecksum }))),
  ({ name, txChecksum }) =>
    `curl of 10 MB both ways against ${name}, checksums ${txChecksum ? 'left to the gateway' : 'complete'}`,
  async ({ options, txChecksum }) => {
    const scene = await open({ ...options, txChecksum });
    for (const family of families) {
      await web(scene.server, server[family]);
      const address = family === 6 ? `[${server[6]}]` : server[4];
      assert.is(await download(scene.client, address, bytes), bodyDigest(bytes));
      assert.is(await upload(scene.client, address, bytes), bodyDigest(bytes));
    }
    await scene.close();
  },
);

/** Bytes that the receiver of an iperf3 run counted. */
async function iperf(host: Host, family: number, address: string, options: string): Promise<number> {
  const text = await host.run(`iperf3 -${family} -c ${address} ${options} --json`);
  const { end } = JSON.parse(text) as { end: { sum_received?: { bytes: number }; sum?: { bytes: number } } };
  return end.sum_received?.bytes ?? end.sum?.bytes ?? 0;
}

test.each(
  peers,
  ({ name }) => `iperf3 over TCP and UDP, both ways, against ${name}`,
  async ({ options }) => {
    needs('iperf3');
    // Bounded by bytes and not by time: a slow machine only takes longer.
    const scene = await open(options);
    await scene.server.spawn('exec iperf3 -s --forceflush').waitFor(/Server listening/);
    for (const family of families) {
      for (const way of ['', '-R']) {
        assert.ok((await iperf(scene.client, family, server[family], `-n 20M -b 200M ${way}`)) > 10_000_000);
        assert.ok((await iperf(scene.client, family, server[family], `-u -l 1200 -k 4000 -b 20M ${way}`)) > 0);
      }
    }
    await scene.close();
  },
);

test.run();
