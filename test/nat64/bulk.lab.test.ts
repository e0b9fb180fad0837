import type { Host } from '../kit/lab.ts';
import { assert, needs, suite } from '../kit/suite.ts';
import { bodyDigest, download, upload, web } from '../kit/web.ts';
import { Scene } from './scene.ts';

const test = suite('nat64: bulk');
const bytes = 10_000_000;

test.each(
  [true, false],
  (txChecksum) => `curl of 10 MB both ways, ${txChecksum ? 'checksums left to the gateway' : 'checksums complete'}`,
  async (txChecksum) => {
    const scene = await Scene.open({ txChecksum });
    await web(scene.server, scene.server4);
    const address = `[${scene.server6}]`;
    assert.is(await download(scene.client, address, bytes), bodyDigest(bytes));
    assert.is(await upload(scene.client, address, bytes), bodyDigest(bytes));
    await scene.close();
  },
);

/** What the receiver of an iperf3 run counted. */
interface Received {
  readonly bytes: number;
  readonly packets?: number;
  readonly lost_packets?: number;
}

async function iperf(client: Host, address: string, options: string): Promise<Received> {
  const text = await client.run(`iperf3 -6 -c ${address} ${options} --json`);
  const { end } = JSON.parse(text) as { end: { sum_received?: Received; sum?: Received } };
  const received = end.sum_received ?? end.sum;
  if (received === undefined) throw new Error(text);
  return received;
}

test('iperf3 over TCP and UDP, both ways', async () => {
  needs('iperf3');
  // Bounded by bytes, not by time: a slow machine only takes longer. The captures would not hold more.
  const scene = await Scene.open();
  await scene.server.spawn('exec iperf3 -s --forceflush').waitFor(/Server listening/);
  for (const way of ['', '-R']) {
    const tcp = await iperf(scene.client, scene.server6, `-n 20M -b 200M ${way}`);
    assert.ok(tcp.bytes >= 20_000_000, `TCP ${way}: ${tcp.bytes} bytes`);
    const udp = await iperf(scene.client, scene.server6, `-u -l 1200 -k 4000 -b 20M ${way}`);
    assert.ok((udp.packets ?? 0) >= 4_000, `UDP ${way}: ${udp.packets} packets`);
    assert.is(udp.lost_packets, 0, `UDP ${way}`);
  }
  await scene.close();
});

test.run();
