/** Segment routing that somebody puts into the kernel of the gateway is what the gateway does; a Linux is the other end. */
import type { Capture, Host } from '../kit/lab.ts';
import { Python } from '../kit/python.ts';
import { assert, eventually, needs, suite } from '../kit/suite.ts';
import { ping } from '../kit/traffic.ts';
import { configuration, farSid, openScene, ownSid } from './scene.ts';

const test = suite('mirror of the kernel');
test.before(() => needs('seg6'));

const answers = async (client: Host, address: string): Promise<boolean> => (await ping(client, address)).received === 1;

test('a route into a tunnel and a SID take effect, and vanish again', async () => {
  const { lab, client, gw, gateway } = await openScene();
  const route = `2001:db8:a::/48 encap seg6 mode encap segs ${farSid} dev eth1`;
  const sid = `${ownSid}/128 encap seg6local action End.DT6 table 254 dev eth1`;
  assert.is(await answers(client, '2001:db8:a::1'), false);
  await gw.run(`ip -6 route add ${route}`);
  await gw.run(`ip -6 route add ${sid}`);
  await eventually(() => answers(client, '2001:db8:a::1'));

  await gw.run(`ip -6 route del ${sid}`);
  await eventually(async () => assert.is(await answers(client, '2001:db8:a::1'), false));
  assert.ok((await gateway.drops('core', 'srv6_no_sid')) > 0);

  await gw.run(`ip -6 route add ${sid} && ip -6 route del ${route}`);
  await eventually(async () => assert.is(await answers(client, '2001:db8:a::1'), false));
  const before = await gateway.drops('core', 'srv6_no_sid');
  await gw.run(`ip -6 route add ${route.replace('mode encap', 'mode encap.red')}`);
  await eventually(() => answers(client, '2001:db8:a::1'));
  assert.is(await gateway.drops('core', 'srv6_no_sid'), before);
  await lab.close();
});

/** Last byte of the outer destination of the IPv6 packets in tunnels that came to the far node. */
function firstsOf(capture: Capture): (number | undefined)[] {
  // Ethernet, IPv6 header, segment routing header of one segment with the inner protocol in front.
  return capture.frames().flatMap((frame) => (frame[14 + 40] === 41 ? [frame[14 + 39]] : []));
}

test('several segments and several lists, with the outer header of the configuration', async () => {
  const { lab, client, gw, node } = await openScene();
  await gw.run(`ip route add 10.9.0.0/16 encap seg6 mode encap segs fcbb:bb00:b1::9,${farSid} dev eth1`);
  const capture = await node.capture('eth0', 'ip6 proto 43');
  await eventually(async () => {
    await ping(client, '10.9.0.1', { waitSeconds: 0.1 });
    assert.ok(capture.frames().length > 0);
  });
  const [packet] = await capture.packets(['ipv6.src', 'ipv6.dst', 'ipv6.hlim', 'ip.dst', 'ip.ttl']);
  assert.equal(packet, {
    'ipv6.src': '2001:db8:c0::1',
    'ipv6.dst': 'fcbb:bb00:b1::9',
    'ipv6.hlim': '64',
    'ip.dst': '10.9.0.1',
    'ip.ttl': '63',
  });

  // Two lists by weight: 3 of 4 flows, which a hash spreads.
  const way = (segment: string, weight: number): string =>
    `nexthop encap seg6 mode encap segs ${segment} via 2001:db8:c0::2 dev eth1 weight ${weight}`;
  await gw.run(`ip -6 route add 2001:db8:a::/48 ${way('fcbb:bb00:b1::1', 3)} ${way('fcbb:bb00:b1::2', 1)}`);
  const c = await Python.start(client);
  await c.do('s = udp("::")');
  const shared = await node.capture('eth0', 'ip6 proto 43');
  await eventually(async () => {
    await c.do('s.sendto(b"x", ("2001:db8:a::1", 9))');
    assert.ok(firstsOf(shared).length > 0);
  });
  await c.do('[s.sendto(b"x", ("2001:db8:a::1", port)) for port in range(1, 401)]');
  await eventually(() => assert.ok(firstsOf(shared).length > 400));
  const firsts = firstsOf(shared);
  assert.between(firsts.filter((first) => first === 1).length / firsts.length, 0.65, 0.85);
  await lab.close();
});

const far = (number: number): string => `2001:db8:a:${number.toString(16)}::`;

/** Where packets to these destinations went: `2001:db8:a:1:: > first segment`. */
async function waysOf(client: Python, node: Host, numbers: readonly number[]): Promise<Map<string, string>> {
  const capture = await node.capture('eth0', 'ip6 proto 41');
  for (let at = 0; at < numbers.length; at += 100) {
    const part = numbers.slice(at, at + 100).map((number) => `${far(number)}1`);
    await client.do(`[s.sendto(b"x", (address, 9)) for address in ${JSON.stringify(part)}]`);
  }
  await node.run('ping -c 1 -W 1 2001:db8:c0::1');
  const ways = new Map<string, string>();
  for (const { 'ipv6.dst': both } of await capture.packets(['ipv6.dst'])) {
    const [outer = '', inner = ''] = both.split(',');
    ways.set(inner, outer);
  }
  await capture.stop();
  return ways;
}

test('a burst of a thousand routes, and a daemon that comes back to other ones', async () => {
  const { lab, client, gw, node, gateway } = await openScene();
  const c = await Python.start(client);
  await c.do('s = udp("::")');
  const numbers = Array.from({ length: 1000 }, (_, at) => at + 1);
  const segment = (number: number, generation: number): string => `fcbb:bb00:b1:${generation}::${number.toString(16)}`;
  const batch = (verb: string, which: readonly number[], generation: number): Promise<string> =>
    gw.run('ip -6 -batch -', {
      input: which
        .map(
          (number) =>
            `route ${verb} ${far(number)}/64 encap seg6 mode encap.red segs ${segment(number, generation)} dev eth1\n`,
        )
        .join(''),
    });
  const expected = (which: readonly number[], generation: number): [string, string][] =>
    which.map((number) => [`${far(number)}1`, segment(number, generation)]);
  const become = (wanted: readonly [string, string][]): Promise<void> =>
    eventually(async () => assert.equal([...(await waysOf(c, node, numbers))].sort(), [...wanted].sort()), {
      within: 20_000,
      every: 200,
    });
  await batch('add', numbers, 1);
  await become(expected(numbers, 1));

  await gateway.stop();
  await batch('del', numbers.slice(0, 300), 1);
  await batch('replace', numbers.slice(300, 600), 2);
  await gateway.start();
  await become([...expected(numbers.slice(300, 600), 2), ...expected(numbers.slice(600), 1)]);

  // Another document is another set of rules: the mirrored part comes with it.
  gateway.writeConfig(configuration('  outer: {hopLimit: 32}'));
  await gateway.cli(`apply ${gateway.configFile}`);
  await become([...expected(numbers.slice(300, 600), 2), ...expected(numbers.slice(600), 1)]);
  await batch('del', numbers.slice(300), 1);
  await become([]);
  await lab.close();
});

test('what the configuration steers stays, and what the data path has no words for is said by name', async () => {
  const { lab, client, gw, node, gateway } = await openScene();
  await gateway.stop();
  gateway.writeConfig(
    configuration(`  policies: {far: {segmentLists: [{segments: ["fcbb:bb00:b1::7"]}]}}
  steering: [{to: "2001:db8:a:1::/64", policy: far}]`),
  );
  await gateway.start();
  await gw.run(`ip -6 route add ${far(1)}/64 metric 5 encap seg6 mode encap.red segs fcbb:bb00:b1::8 dev eth1`);
  await gw.run(`ip -6 route add ${far(2)}/64 encap seg6 mode encap.red segs fcbb:bb00:b1::9 dev eth1`);
  const c = await Python.start(client);
  await c.do('s = udp("::")');
  await eventually(async () =>
    assert.equal(Object.fromEntries(await waysOf(c, node, [1, 2])), {
      [`${far(1)}1`]: 'fcbb:bb00:b1::7',
      [`${far(2)}1`]: 'fcbb:bb00:b1::9',
    }),
  );
  await gw.run('ip -6 route add fcbb:bb00:a1:99::/128 encap seg6local action End.T table 254 dev eth1');
  await gateway.waitForLog(/"MIRROR_REFUSED".*fcbb:bb00:a1:99::\/128 is not mirrored: its behaviour End\.T/);
  await gateway.waitForLog(/"MIRROR_REFUSED".*2001:db8:a:1::\/64 is not mirrored: the configuration says/);
  await lab.close();
});

test.run();
