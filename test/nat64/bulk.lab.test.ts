import { assert, needs, suite } from '../kit/suite.ts';
import { Iperf } from '../kit/traffic.ts';
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

test('iperf3 over TCP and UDP, both ways', async () => {
  needs('iperf3');
  // Bounded by bytes and not by time: a slow machine only takes longer.
  const scene = await Scene.open();
  const datagrams = [];
  for (const host of [scene.client, scene.server]) datagrams.push(await host.capture('eth0', 'udp and greater 1200'));
  const iperf = new Iperf(scene.server);
  for (const way of ['', '-R']) {
    const [tcp, udp] = [`-n 20M -b 200M ${way}`, `-u -l 1200 -k 4000 -b 20M ${way}`];
    assert.ok((await iperf.received(scene.client, scene.server6, tcp)) > 10_000_000, `TCP ${way}`);
    assert.ok((await iperf.received(scene.client, scene.server6, udp)) > 0, `UDP ${way}`);
  }
  // A receiver that gets no time to run loses datagrams by itself: what counts is what was on both cables.
  const seen = [];
  for (const capture of datagrams) {
    const packets = await capture.packets(['udp.srcport'], 'udp.length == 1208');
    seen.push([packets.filter((packet) => packet['udp.srcport'] === '5201').length, packets.length]);
  }
  assert.equal(seen[1], seen[0]);
  const [fromServer = 0, both = 0] = seen[0] ?? [];
  assert.ok(
    fromServer >= 4_000 && both - fromServer >= 4_000,
    `${fromServer} datagrams from the server, ${both} in all`,
  );
  await scene.close();
});

test.run();
