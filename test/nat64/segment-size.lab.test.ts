import { Python } from '../kit/python.ts';
import { assert, suite } from '../kit/suite.ts';
import { Scene } from './scene.ts';

const test = suite('nat64: TCP segment size');

test.each(
  [
    { mtu: {}, toServer: '1440', toClient: '1440' },
    { mtu: { outside: 1400 }, toServer: '1360', toClient: '1360' },
    { mtu: { inside: 1280 }, toServer: '1220', toClient: '1220' },
  ],
  ({ mtu }) => `the maximum segment size of both SYNs fits both links: ${JSON.stringify(mtu)}`,
  async ({ mtu, toServer, toClient }) => {
    const scene = await Scene.open({ mtu });
    const syns = [
      await scene.capture(scene.server, 'eth0', 'dst host 198.51.100.1 and tcp[tcpflags] & tcp-syn != 0'),
      await scene.capture(scene.client, 'eth0', 'dst host 2001:db8:1::2 and tcp and ip6[53] & 2 != 0'),
    ];
    const [client, server] = [await Python.start(scene.client), await Python.start(scene.server)];
    await server.do('l = listen("0.0.0.0", 80)');
    await client.do(`c = tcp("${scene.server6}", 80)`);
    const seen = [];
    for (const capture of syns) seen.push(...(await capture.packets(['tcp.options.mss_val'])));
    assert.equal(
      seen.map((packet) => packet['tcp.options.mss_val']),
      [toServer, toClient],
    );
    await scene.close();
  },
);

test.run();
