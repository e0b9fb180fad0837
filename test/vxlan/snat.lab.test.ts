import { arriving, sourcesOf } from '../egress/scene.ts';
import { assert, suite } from '../kit/suite.ts';
import { echo, exchange, ping } from '../kit/traffic.ts';
import { blue4, blue6, cart, openScene, server4, server6, startPod } from './scene.ts';

const test = suite('vxlan: in, source NAT, out');

test.each(
  [
    ['IPv4 in IPv4', 4, server4, blue4],
    ['IPv6 in IPv4', 4, server6, blue6],
    ['IPv4 in IPv6', 6, server4, blue4],
    ['IPv6 in IPv6', 6, server6, blue6],
  ] as const,
  ([name]) => name,
  async ([, underlay, address, outside]) => {
    const { lab, one, server } = await openScene({ underlay });
    const pod = await startPod(lab, one, 'cart', { ...cart, underlay });
    const [far, near] = [await arriving(server), await arriving(one)];
    assert.is((await ping(pod, address, { count: 5 })).received, 5);
    for (const kind of ['tcp', 'udp'] as const) {
      const peer = await echo(server, kind, address, 7000);
      assert.is(await exchange(pod, kind, address, 7000), 'same');
      await peer.waitFor(new RegExp(`^from ${outside.replaceAll('.', '\\.')} `));
    }
    assert.equal(await sourcesOf(far, 'tcp || udp || icmp.type == 8 || icmpv6.type == 128'), [outside]);
    await far.checkClean();
    await near.checkClean();
    await lab.close();
  },
);

test.run();
