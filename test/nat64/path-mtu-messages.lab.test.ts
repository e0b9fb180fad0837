import { Python } from '../kit/python.ts';
import { assert, suite } from '../kit/suite.ts';
import { ping } from '../kit/traffic.ts';
import { Scene } from './scene.ts';

const test = suite('nat64: messages of path MTU discovery');

/** What `ip route get` has learned. */
async function pathMtu(host: Scene['client'], address: string): Promise<number> {
  return Number(/mtu (\d+)/.exec(await host.run(`ip route get ${address}`))?.[1] ?? 0);
}

test.each(
  [
    { name: 'the gateway tells', mtu: { outside: 1400 }, from: '2001:db8:1::1', drops: { lan: { too_big: 1 } } },
    { name: 'a router tells and the gateway translates', mtu: { server: 1400 }, from: '64:ff9b::c633:6401', drops: {} },
  ],
  ({ name }) => `packet too big: ${name}, and the client's kernel believes it`,
  async ({ mtu, from, drops }) => {
    const scene = await Scene.open({ routers: true, mtu });
    scene.gateway.expectDrops(drops);
    const seen = await scene.capture(scene.client, 'eth0', 'icmp6 and ip6[40] == 2');
    const first = await ping(scene.client, scene.server6, { size: 1400, dontFragment: true });
    assert.is(first.received, 0);
    const [message] = await seen.packets(['ipv6.src', 'icmpv6.mtu', 'icmpv6.checksum.status']);
    // The quoted packet follows the outer one.
    assert.match(message?.['ipv6.src'] ?? '', new RegExp(`^${from},`));
    assert.is(message?.['icmpv6.mtu'], '1420');
    assert.is(await pathMtu(scene.client, scene.server6), 1420);
    assert.is((await ping(scene.client, scene.server6, { size: 1372, dontFragment: true })).received, 1);
    assert.is((await ping(scene.client, scene.server6, { size: 1400 })).received, 1);
    await scene.close();
  },
);

test.each(
  [
    { name: 'the gateway tells', mtu: { inside: 1280 }, from: '198.51.100.2', drops: { uplink: { too_big: 1 } } },
    { name: 'a router tells and the gateway translates', mtu: { client: 1280 }, from: '198.51.100.10', drops: {} },
  ],
  ({ name }) => `fragmentation needed: ${name}, and the server's kernel believes it`,
  async ({ mtu, from, drops }) => {
    const scene = await Scene.open({ routers: true, mtu, pool4: '[{addresses: 198.51.100.10}]' });
    scene.gateway.expectDrops(drops);
    const seen = await scene.capture(scene.server, 'eth0', 'icmp[0] == 3 and icmp[1] == 4');
    assert.is((await ping(scene.client, scene.server6)).received, 1);
    const [session] = await scene.sessions('--proto icmp');
    const back = `-n -c 1 -W 1 -e ${session?.outside.port} ${session?.outside.address}`;
    assert.match((await scene.server.try(`ping -M do -s 1300 ${back}`)).stdout, /Frag needed.*mtu = 1260/);
    const [message] = await seen.packets(['ip.src', 'icmp.mtu']);
    assert.match(message?.['ip.src'] ?? '', new RegExp(`^${from.replace('198.51.100.10', '[0-9.]+')},`));
    assert.is(message?.['icmp.mtu'], '1260');
    assert.is(await pathMtu(scene.server, '198.51.100.10'), 1260);
    assert.match(await scene.server.run(`ping -M do -s 1232 ${back}`), /1 received/);
    // The first answer of that size teaches the client's kernel in turn.
    await scene.server.try(`ping -M want -s 1300 ${back}`);
    assert.match(await scene.server.run(`ping -M want -s 1300 ${back}`), /1 received/);
    await scene.close();
  },
);

test('UDP that may be fragmented arrives as IPv6 fragments of 1280 bytes at most, through the door', async () => {
  const scene = await Scene.open({ mtu: { inside: 1400 } });
  const [client, server] = [await Python.start(scene.client), await Python.start(scene.server)];
  await client.do(`s = udp("::"); s.sendto(b"hello", ("${scene.server6}", 7000))`).catch(() => undefined);
  await server.do('s = udp("0.0.0.0", 7000)');
  await client.do(`s.sendto(b"hello", ("${scene.server6}", 7000))`);
  await server.do('mapped = s.recvfrom(100)[1]');
  const seen = await scene.capture(scene.client, 'eth0', 'ip6[6] == 44');
  await server.do('s.setsockopt(IPPROTO_IP, IP_MTU_DISCOVER, 0); s.sendto(b"x" * 1400, mapped)');
  assert.is((await client.do<[string, number, number]>('got(s)'))[2], 1400);
  const pieces = await seen.packets(['ipv6.plen', 'ipv6.fraghdr.offset', 'ipv6.fraghdr.more']);
  // 1,408 bytes of UDP: 1,232 fill a packet of 1,280 with its fragment header.
  assert.equal(pieces, [
    { 'ipv6.plen': '1240', 'ipv6.fraghdr.offset': '0', 'ipv6.fraghdr.more': '1' },
    { 'ipv6.plen': '184', 'ipv6.fraghdr.offset': '154', 'ipv6.fraghdr.more': '0' },
  ]);
  await scene.close();
});

test.run();
