import { assert, suite } from '../kit/suite.ts';
import { echo, exchange, ping } from '../kit/traffic.ts';
import { arriving, blue4, blue6, openScene, server4, server6, sourcesOf } from './scene.ts';

const test = suite('egress: source NAT');

test.each(
  [
    ['IPv4', server4, blue4],
    ['IPv6', server6, blue6],
  ] as const,
  ([family]) => family,
  async ([, address, outside]) => {
    const { lab, client, server } = await openScene();
    const capture = await arriving(server);
    assert.is((await ping(client, address, { count: 5 })).received, 5);
    for (const kind of ['tcp', 'udp'] as const) {
      const peer = await echo(server, kind, address, 7000);
      assert.is(await exchange(client, kind, address, 7000), 'same');
      await peer.waitFor(new RegExp(`^from ${outside.replaceAll('.', '\\.')} `));
    }
    assert.equal(await sourcesOf(capture, 'tcp || udp || icmp.type == 8 || icmpv6.type == 128'), [outside]);
    await capture.checkClean();
    await lab.close();
  },
);

test.run();
