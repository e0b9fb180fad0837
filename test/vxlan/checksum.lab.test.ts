/** Over IPv6 the outer UDP checksum covers the whole inner packet (RFC 8200 section 8.1): tshark adds it up. */
import { arriving } from '../egress/scene.ts';
import { eventually } from '../kit/eventually.ts';
import { Python } from '../kit/python.ts';
import { assert, suite } from '../kit/suite.ts';
import { ping } from '../kit/traffic.ts';
import { bodyDigest, download, web } from '../kit/web.ts';
import { cart, openScene, server4, server6, startPod } from './scene.ts';

const test = suite('vxlan: checksums over IPv6');

/** UDP of many lengths from the server, odd ones too, without and with a checksum; each is answered by the pod. */
async function datagrams(far: Python, pod: Python, address: string, own: string, zero: boolean): Promise<void> {
  await far.do(`s = udp("${address}", 7000); s.setsockopt(SOL_SOCKET, SO_NO_CHECK, ${zero ? 1 : 0})`);
  await pod.do(`s = udp("${own}", 6000); s.setsockopt(SOL_SOCKET, SO_NO_CHECK, ${zero ? 1 : 0})`);
  for (const size of [0, 1, 2, 7, 256, 1233, 1400, 3001]) {
    await pod.do(`s.sendto(bytes(${size}), ("${address}", 7000))`);
    await far.do('data, peer = s.recvfrom(65535); s.sendto(bytes(b"\\xa5") * len(data), peer)');
    assert.is(await pod.do(`len(s.recv(65535))`), size);
  }
  await far.do('s.close()');
  await pod.do('s.close()');
}

test('TCP, UDP with and without a checksum, ICMP, and fragments of them', async () => {
  const { gateway, lab, one, server } = await openScene({ underlay: 6 });
  const learning = { too_big: 'any', frag_no_first: 'any' } as const;
  gateway.expectDrops({ uplink: learning, lan: learning });
  const host = await startPod(lab, one, 'cart', { ...cart, underlay: 6 });
  await one.run('ip link set vx0 mtu 1430');
  const near = await arriving(one);
  const [far, pod] = [await Python.start(server), await Python.start(host)];
  for (const [address, own] of [
    [server4, cart.address4],
    [server6, cart.address6],
  ] as const) {
    // The first large reply is the one that the server learns from what fits.
    await eventually(async () => (await ping(host, address, { size: 3001 })).received === 1);
    for (const size of [0, 1, 56, 1301, 3001])
      assert.is((await ping(host, address, { size })).received, 1, `${address}, ${size} bytes`);
    for (const zero of own.includes(':') ? [false] : [false, true]) await datagrams(far, pod, address, own, zero);
  }
  await web(server, server4);
  assert.is(await download(host, server4, 300_001), bodyDigest(300_001));
  await near.checkClean();
  const fields = ['udp.checksum', 'udp.checksum.status'] as const;
  const outer = await near.packets(fields, 'udp.dstport == 8472');
  assert.ok(outer.length > 60);
  // What the outer checksum covers is data to tshark: it looks at one UDP header a packet.
  assert.equal([...new Set(outer.map((packet) => packet['udp.checksum.status']))], ['1']);
  assert.not.ok(outer.some((packet) => packet['udp.checksum'] === '0x0000'));
  await lab.close();
});

test.run();
