import { configuration, openHosts, pythons, server4, server6 } from '../daemon/scene.ts';
import { eventually } from '../kit/eventually.ts';
import { assert, suite } from '../kit/suite.ts';
import { ping } from '../kit/traffic.ts';

const test = suite('interfaces: a far end that takes no redirected frame');

interface Failing {
  readonly name: string;
  readonly forwarded: number;
  readonly sent: number;
  readonly sendFailed: Readonly<Record<string, number>>;
}

test('every frame that it refuses is counted as a failed transmission', async () => {
  const hosts = await openHosts();
  const { lab, gw, server, client } = hosts;
  const gateway = await lab.gateway(gw, configuration());
  assert.is((await ping(client, server6)).received, 1);
  const { c, s } = await pythons(hosts);
  await s.do(`r = udp("${server4}", 9)`);
  const capture = await server.capture('eth0', 'udp port 9');
  const port = async (name: string): Promise<Failing> =>
    (await gateway.status()).ports.find((other) => other.name === name) as unknown as Failing;
  const before = await port('uplink');
  assert.equal(before.sendFailed, {});
  // Without receive offload (and without XDP of its own) a veth has no queue for frames.
  await server.run('ethtool -K eth0 gro off');
  gateway.expectDrops({ uplink: { send_failed: 50 } });
  await c.do('a = udp("::")');
  await c.do(`for i in range(50): a.sendto(b"lost", ("${server6}", 9))`);
  await eventually(async () => {
    const { sent, sendFailed } = await port('uplink');
    assert.is(sent - before.sent, 50);
    assert.equal(sendFailed, { transmit: 50 });
  });
  assert.is((await port('lan')).sendFailed.transmit, undefined);
  assert.match(await gateway.cli<string>('status'), /uplink .* 50$/m);
  await server.run('ethtool -K eth0 gro on');
  await c.do(`a.sendto(b"here", ("${server6}", 9))`);
  assert.is(await s.do('got(r)[2]'), 'here');
  assert.is((await capture.packets(['frame.number'])).length, 1);
  await lab.close();
});

test.run();
