import { configuration, openHosts, pythons, type Scene, server4, server6 } from '../daemon/scene.ts';
import { assert, suite } from '../kit/suite.ts';
import { ping } from '../kit/traffic.ts';
import { bodyDigest, download, web } from '../kit/web.ts';

const test = suite('interfaces: plain traffic');

const lan = '{device: eth0, role: inside, addresses: ["2001:db8:1::1/64", 192.0.2.1/24]}';
const uplink = '{device: eth1, role: outside, addresses: [198.51.100.2/24, "2001:db8:9::1/64"]}';
const plain6 = '2001:db8:9::2';

/** Both sides have addresses of both families. */
async function open(forward: 'deny' | 'allow' | undefined, outsideMtu?: number): Promise<Scene> {
  const hosts = await openHosts({ server: outsideMtu === undefined ? {} : { mtu: outsideMtu } });
  const { client, server, gw, lab } = hosts;
  if (outsideMtu !== undefined) await gw.run(`ip link set eth1 mtu ${outsideMtu}`);
  await client.run('ip addr add 192.0.2.2/24 dev eth0 && ip route add default via 192.0.2.1');
  await server.run(`ip addr add ${plain6}/64 dev eth0 nodad && ip -6 route add default via 2001:db8:9::1`);
  await server.run('ip route add 192.0.2.0/24 via 198.51.100.2');
  const more = forward === undefined ? '' : `firewall: {forward: ${forward}}`;
  return { ...hosts, gateway: await lab.gateway(gw, configuration({ lan, uplink, more })) };
}

test.each(
  [undefined, 'deny'] as const,
  (forward) => `is denied ${forward === undefined ? 'unless told otherwise' : 'when told so'}`,
  async (forward) => {
    const scene = await open(forward);
    const { client, server, gateway } = scene;
    gateway.expectDrops({ lan: { forward_denied: 5 }, uplink: { forward_denied: 4 } });
    assert.is((await ping(client, plain6, { count: 3, waitSeconds: 0.2 })).received, 0);
    assert.is((await ping(client, server4, { count: 2, waitSeconds: 0.2 })).received, 0);
    assert.is(await gateway.drops('lan', 'forward_denied'), 5);
    assert.is((await ping(server, '192.0.2.2', { count: 4, waitSeconds: 0.2 })).received, 0);
    assert.is(await gateway.drops('uplink', 'forward_denied'), 4);
    assert.is((await ping(client, server6)).received, 1, 'NAT64');
    for (const address of ['2001:db8:1::1', '192.0.2.1', '198.51.100.2', '2001:db8:9::1'])
      assert.is((await ping(client, address)).received, 1, `the box itself, ${address}`);
    await scene.lab.close();
  },
);

test('is routed when allowed, with TTL and hop limit', async () => {
  const scene = await open('allow');
  const { client, server, gateway, gw } = scene;
  gateway.expectDrops({ lan: { hop_limit: 3 } });
  const capture = await server.capture('eth0', 'icmp[0] == 8 or icmp6[0] == 128');
  assert.is((await ping(client, plain6, { count: 3, ttl: 9 })).received, 3);
  assert.is((await ping(client, server4, { count: 3, ttl: 9 })).received, 3);
  const seen = await capture.packets(['ipv6.hlim', 'ip.ttl']);
  assert.equal(new Set(seen.map((packet) => packet['ipv6.hlim'] + packet['ip.ttl'])), new Set(['8']));
  assert.is(seen.length, 6);
  assert.match((await ping(client, plain6, { ttl: 1 })).output, /2001:db8:1::1.*Time exceeded/);
  assert.match((await ping(client, server4, { ttl: 1 })).output, /192\.0\.2\.1.*Time to live exceeded/);
  assert.is(await gateway.drops('lan', 'hop_limit'), 2);
  assert.match(await client.run(`traceroute -n -q 1 -w 1 ${server4}`), /1 {2}192\.0\.2\.1.*\n.*2 {2}198\.51\.100\.1/);
  await web(server, server4);
  await web(server, plain6);
  assert.is(await download(client, server4, 500_000), bodyDigest(500_000));
  assert.is(await download(client, `[${plain6}]`, 500_000), bodyDigest(500_000));
  // The gateway's kernel had no part in it.
  assert.match(await gw.run('nstat -az IpForwDatagrams Ip6OutForwDatagrams'), /IpForwDatagrams +0 .*\n.*Datagrams +0 /);
  await scene.lab.close();
});

test('packets larger than the next link: the sender is told, or they become fragments', async () => {
  const scene = await open('allow', 1400);
  const { client, server, gateway } = scene;
  gateway.expectDrops({ lan: { too_big: 2 } });
  assert.match((await ping(client, server4, { size: 1400, dontFragment: true })).output, 'mtu = 1400');
  assert.match((await ping(client, plain6, { size: 1400, dontFragment: true })).output, 'mtu=1400');
  assert.is(await gateway.drops('lan', 'too_big'), 2);
  // Both hosts have learnt by now; without a memory of it the gateway has to cut.
  await client.run('ip route flush cache; sysctl -qw net.ipv4.ip_no_pmtu_disc=1');
  const capture = await server.capture('eth0', 'icmp or (ip[6:2] & 0x1fff != 0)');
  for (const size of [1373, 1400, 1472, 3000])
    assert.is((await ping(client, server4, { size })).received, 1, `IPv4, ${size} bytes`);
  for (const size of [1353, 1400, 3000])
    assert.is((await ping(client, plain6, { size })).received, 1, `IPv6, ${size} bytes`);
  const cut = await capture.packets(['ip.len'], 'ip.dst == 198.51.100.1 && (ip.flags.mf == 1 || ip.frag_offset > 0)');
  assert.ok(cut.length >= 9, `${cut.length} fragments`);
  assert.ok(cut.every((piece) => Number(piece['ip.len']) <= 1400));
  await capture.checkClean();
  await scene.lab.close();
});

test.each(
  ['NAT64', 'plain IPv4'],
  (kind) => `a neighbour that is not resolved yet costs no packet, as far as the kernel queues them (${kind})`,
  async (kind) => {
    const scene = await open('allow');
    const { c, s } = await pythons(scene);
    await s.do(`r = udp("${server4}", 9)`);
    // The kernel asks up to three times, a second apart, and keeps what fits into net.ipv4.neigh.*.unres_qlen_bytes.
    await scene.server.run('ip link set eth0 arp off');
    await scene.gw.run('ip neigh flush dev eth1');
    const target = kind === 'NAT64' ? `("::", "${server6}")` : `("0.0.0.0", "${server4}")`;
    await c.do(`own, far = ${target}; a = udp(own)`);
    await c.do('for i in range(101): a.sendto(b"%d" % i, (far, 9))');
    await scene.server.run('ip link set eth0 arp on');
    const all = Array.from({ length: 101 }, (_, i) => String(i));
    assert.equal(await s.do('[got(r)[2] for i in range(101)]'), all);
    await scene.lab.close();
  },
);

test('a route out of a device that is no port, and no route at all', async () => {
  const scene = await open('allow');
  scene.gateway.expectDrops({ lan: { egress_not_port: 1, no_route: 1 } });
  await scene.gw.run(
    'ip link add other type veth peer name end && ip link set other up && ip link set end up && ip route add 203.0.113.0/24 dev other',
  );
  assert.is((await ping(scene.client, '203.0.113.9', { waitSeconds: 0.2 })).received, 0);
  assert.is(await scene.gateway.drops('lan', 'egress_not_port'), 1);
  await scene.gw.run('ip route add blackhole 192.88.99.0/24');
  assert.is((await ping(scene.client, '192.88.99.1', { waitSeconds: 0.2 })).received, 0);
  assert.is(await scene.gateway.drops('lan', 'no_route'), 1);
  await scene.lab.close();
});

test.run();
