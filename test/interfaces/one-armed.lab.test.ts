import { server4, server6 } from '../daemon/scene.ts';
import { Lab } from '../kit/lab.ts';
import { assert, suite } from '../kit/suite.ts';
import { echo, exchange, ping } from '../kit/traffic.ts';
import { bodyDigest, download, web } from '../kit/web.ts';

const test = suite('interfaces: one-armed');

test.each(
  ['native', 'generic'],
  (mode) => `clients and servers are on the same device (${mode})`,
  async (mode) => {
    const lab = await Lab.open();
    const { client, gw, server } = lab.hosts('client', 'gw', 'server');
    // In generic mode a checksum that the sender left open stays open, and a capture would show it as wrong.
    const txChecksum = mode === 'native';
    await lab.segment(
      'lan',
      gw.port('eth0'),
      client.port('eth0', { addresses: ['2001:db8:1::2/64'], txChecksum }),
      server.port('eth0', { addresses: [`${server4}/24`], txChecksum }),
    );
    await client.run('ip -6 route add default via 2001:db8:1::1');
    const capture = await server.capture('eth0', 'not ether src 02:53:47:00:00:05');
    const gateway = await lab.gateway(
      gw,
      `version: 1
interfaces:
  both: {device: eth0, role: [inside, outside], xdp: ${mode}, addresses: [2001:db8:1::1/64, 198.51.100.2/24]}
nat64: {main: {pool6: 64:ff9b::/96, pool4: [{addresses: 198.51.100.10}], limits: {sessions: 4096}}}
`,
    );
    for (const size of [56, 1400, 4000]) {
      const { received, output } = await ping(client, server6, { size, count: 3 });
      assert.is(received, 3, `${size} bytes: ${output}`);
    }
    await echo(server, 'udp', server4, 7);
    assert.is(await exchange(client, 'udp', server6, 7), 'same');
    await web(server, server4);
    assert.is(await download(client, `[${server6}]`, 1_000_000), bodyDigest(1_000_000));
    const port = await gateway.port('both');
    assert.is(port.sent >= port.forwarded, true);
    await capture.checkClean();
    await lab.close();
  },
);

test.run();
