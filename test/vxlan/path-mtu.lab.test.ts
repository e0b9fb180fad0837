/** An underlay of 1500 bytes leaves 1450 for the packets of pods (1430 where it is IPv6): whoever sends more is told. */
import { arriving } from '../egress/scene.ts';
import { eventually } from '../kit/eventually.ts';
import { Python } from '../kit/python.ts';
import { assert, suite } from '../kit/suite.ts';
import { ping } from '../kit/traffic.ts';
import { bodyDigest, download, upload, web } from '../kit/web.ts';
import { cart, openScene, server4, server6, startPod } from './scene.ts';

const test = suite('vxlan: path MTU');
const bytes = 3_000_000;

test.each(
  [
    { underlay: 4, mtu: 1450 },
    { underlay: 6, mtu: 1430 },
  ] as const,
  ({ underlay }) => `the server is told of what fits, and curl works both ways: underlay IPv${underlay}`,
  async ({ underlay, mtu }) => {
    const { lab, gateway, one, server } = await openScene({ underlay });
    const pod = await startPod(lab, one, 'cart', { ...cart, underlay });
    gateway.expectDrops({ uplink: { too_big: 'some', frag_no_first: 'any' }, lan: { frag_no_first: 'any' } });
    // As agents do: pods and nodes know what their own underlay carries; the server does not.
    await one.run(`ip link set vx0 mtu ${mtu}`);
    await pod.run(`ip link set eth0 mtu ${mtu}`);
    const [far, near] = [await arriving(server), await arriving(one)];
    const [host, client] = [await Python.start(server), await Python.start(pod)];
    for (const [address, own, protocol] of [
      [server4, cart.address4, 'IP'],
      [server6, cart.address6, 'IPV6'],
    ] as const) {
      await host.do(`s = udp("${address}", 7000); s.setsockopt(IPPROTO_${protocol}, ${protocol}_MTU_DISCOVER, 2)`);
      await client.do(`s = udp("${own}", 6000); s.sendto(b"there", ("${address}", 7000))`);
      await host.do('data, peer = s.recvfrom(100); s.connect(peer); s.send(bytes(1440))');
      await eventually(async () => {
        assert.is(await host.do(`s.getsockopt(IPPROTO_${protocol}, ${protocol}_MTU)`), mtu);
      });
      // What the kernel was told it tells once more, instead of sending.
      await host.do('s.getsockopt(SOL_SOCKET, SO_ERROR)');
      await host.do(`s.send(bytes(${mtu} - ${protocol === 'IP' ? 28 : 48}))`);
      assert.is((await client.do<unknown[]>('got(s)'))[2], mtu - (protocol === 'IP' ? 28 : 48));
    }
    assert.is(await gateway.drops('uplink', 'too_big'), 2);
    for (const address of [server4, `[${server6}]`]) {
      await web(server, address.replace(/[[\]]/g, ''));
      assert.is(await download(pod, address, bytes), bodyDigest(bytes));
      assert.is(await upload(pod, address, bytes), bodyDigest(bytes));
    }
    for (const address of [server4, server6])
      for (const size of [mtu - 49, 1472, 3000, 20_000])
        assert.is((await ping(pod, address, { size })).received, 1, `${address}, ${size} bytes`);
    await far.checkClean();
    await near.checkClean();
    assert.ok((await near.packets(['frame.len'])).every((packet) => Number(packet['frame.len']) <= 1514));
    await lab.close();
  },
);

test.run();
