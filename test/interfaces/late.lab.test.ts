import { pinnedIds } from '../daemon/pins.ts';
import { configuration, openScene, problemCodes, pythons, type Scene, server4, server6 } from '../daemon/scene.ts';
import type { ExpectedDrops } from '../kit/account.ts';
import { eventually } from '../kit/eventually.ts';
import { type Host, Lab } from '../kit/lab.ts';
import { assert, suite } from '../kit/suite.ts';
import { echo, exchange, ping } from '../kit/traffic.ts';

const test = suite('interfaces: late and made anew');

/**
 * How often the client asks in vain depends on when the daemon has put the device into service: first there is no
 * route, then one out of a device that is not yet a port.
 */
const untilServed: ExpectedDrops = { lan: { no_route: 'any', egress_not_port: 'any' } };

const plug = (lab: Lab, gw: Host, server: Host): Promise<void> =>
  lab.link(server.port('eth0', { addresses: [`${server4}/24`] }), gw.port('eth1'));

const works = (client: Host): Promise<boolean> =>
  eventually(async () => (await ping(client, server6, { waitSeconds: 0.2 })).received === 1);

test('a device that is missing at the start is told of, and used when it appears', async () => {
  const lab = await Lab.open();
  const { client, gw, server } = lab.hosts('client', 'gw', 'server');
  await lab.link(client.port('eth0', { addresses: ['2001:db8:1::2/64'] }), gw.port('eth0'));
  await client.run('ip -6 route add default via 2001:db8:1::1');
  const gateway = await lab.gateway(gw, configuration());
  await gateway.waitForLog(/"degraded: eth1 missing"/);
  assert.match(await gateway.cli<string>('status'), /DEGRADED {2}1 problem\n.*eth1 missing/);
  assert.equal(await problemCodes(gateway), ['INTERFACE_MISSING']);
  assert.is((await ping(client, '2001:db8:1::1')).received, 1, 'the box itself');
  gateway.expectDrops(untilServed);
  await plug(lab, gw, server);
  assert.ok(await works(client));
  await eventually(async () => assert.equal(await problemCodes(gateway), []));
  await gateway.waitForLog(/"no longer: eth1 missing"/);
  assert.match(await gw.run('ip addr show dev eth1'), '198.51.100.2/24');
  await lab.close();
});

async function replug({ lab, gw, server }: Scene): Promise<void> {
  await gw.run('ip link del eth1');
  await plug(lab, gw, server);
}

test('a device that is made anew is used again, by the flows of before too', async () => {
  const scene = await openScene();
  await echo(scene.server, 'udp', server4, 7);
  const { c } = await pythons(scene);
  await c.do(`a = udp("::"); a.settimeout(0.2); a.connect(("${server6}", 7))`);
  const again = (): Promise<unknown> => c.do('a.send(b"again") and a.recv(100)');
  await again();
  const before = await scene.gateway.cli<{ sessions: object[] }>('sessions -o json');
  scene.gateway.expectDrops(untilServed);
  for (let time = 0; time < 2; time += 1) {
    await replug(scene);
    await eventually(again);
  }
  const after = await scene.gateway.cli<{ sessions: object[] }>('sessions -o json');
  assert.is(after.sessions.length, before.sessions.length, 'the flow kept its session');
  const { sg_sess: _, ...ids } = await pinnedIds(scene.gw, 'gw');
  assert.is(Object.keys(ids).filter((name) => name.startsWith('link/native')).length, 2);
  const failures = await scene.gw.run('bpftool -j map dump pinned /sys/fs/bpf/sixgate/gw/maps/sg_txfail');
  assert.is(
    (JSON.parse(failures) as unknown[]).length,
    2,
    'what failed to leave by devices that are gone is forgotten',
  );
  await scene.lab.close();
});

test('a device that is made anew while no daemon runs is used when one starts', async () => {
  const scene = await openScene();
  assert.is((await ping(scene.client, server6)).received, 1);
  await scene.gateway.stop('SIGKILL');
  await replug(scene);
  scene.gateway.expectDrops({ lan: { no_route: 1 } });
  assert.is((await ping(scene.client, server6, { waitSeconds: 0.2 })).received, 0);
  await scene.gateway.start();
  assert.ok(await works(scene.client));
  await scene.lab.close();
});

test('new MAC addresses on either side of a port, and another MTU, are taken up', async () => {
  const scene = await openScene();
  await echo(scene.server, 'udp', server4, 7);
  assert.ok(await works(scene.client));
  // A host says what its new address is when it next talks to the gateway.
  await scene.server.run('ip link set eth0 address 02:53:47:00:01:01 && ping -c 1 -W 1 198.51.100.2');
  assert.ok(await works(scene.client), 'of the server');
  await scene.gw.run('ip link set eth1 address 02:53:47:00:01:02');
  // Until the daemon has taken it up, pool addresses are still said to be at the old one.
  await eventually(async () => {
    await scene.server.run('ip neigh flush dev eth0');
    await exchange(scene.client, 'udp', server6, 7, { waitSeconds: 0.2 });
    assert.match(await scene.server.run('ip neigh'), /198\.51\.100\.1[01] .* 02:53:47:00:01:02/);
  });
  assert.ok(await works(scene.client), 'of the gateway');
  await scene.server.run('ip link set eth0 mtu 1400');
  await scene.gw.run('ip link set eth1 mtu 1400');
  await eventually(async () => {
    const { ports } = await scene.gateway.status();
    assert.is((ports[1] as unknown as { mtu: number }).mtu, 1400);
  });
  scene.gateway.expectDrops({ lan: { too_big: 1 } });
  const tooBig = await ping(scene.client, server6, { size: 1400, dontFragment: true });
  assert.match(tooBig.output, 'mtu=1420');
  assert.is(await exchange(scene.client, 'udp', server6, 7, { data: 'x'.repeat(1440) }), 'same');
  await scene.lab.close();
});

test.run();
