/** The gateway as headend and the kernel as every other node: both encapsulations, one to three segments. */
import { assert, suite } from '../kit/suite.ts';
import { ping } from '../kit/traffic.ts';
import { client, Scene, server4, server6, sid, site, wire } from './scene.ts';

const test = suite('srv6: headend');

const behaviors = [
  { func: 'd6', family: 6 },
  { func: 'f6', family: 6 },
  { func: 'd4', family: 4 },
] as const;
const paths = [[], [sid('mid1', 'e')], [sid('mid1', 'e'), sid('mid2', 'e')]];

/** One destination for each kind of encapsulation, all of them the same server. */
const cases = (['H.Encaps', 'H.Encaps.Red'] as const).flatMap((encapsulation) =>
  paths.flatMap((path) =>
    behaviors.map(({ func, family }) => ({ encapsulation, segments: [...path, sid('pe', func)], family })),
  ),
);
const addressOf = (index: number): string =>
  cases[index]?.family === 4 ? `10.2.0.${index + 11}` : `2001:db8:2::${index + 11}`;

/** Kernel nodes: decapsulation towards the server, and the way back into one SID of the gateway. */
const kernel = {
  pe: [
    `ip -6 route add ${sid('pe', 'd6')} encap seg6local action End.DX6 nh6 ${server6} dev eth0`,
    `ip -6 route add ${sid('pe', 'f6')} encap seg6local action End.DT6 table 254 dev eth0`,
    `ip -6 route add ${sid('pe', 'd4')} encap seg6local action End.DX4 nh4 ${server4} dev eth0`,
    `ip -6 route add ${site.gw[6]} encap seg6 mode encap segs ${sid('gw', '46')} dev eth1`,
    `ip route add ${site.gw[4]} encap seg6 mode encap segs ${sid('gw', '46')} dev eth1`,
  ],
  mid1: [`ip -6 route add ${sid('mid1', 'e')} encap seg6local action End dev eth1`],
  mid2: [`ip -6 route add ${sid('mid2', 'e')} encap seg6local action End dev eth1`],
};

/** The key `srv6`: a policy and a steered destination for each case. */
function configured(): string {
  const policies = cases.map(
    ({ encapsulation, segments }, i) =>
      `    p${i}: {encapsulation: ${encapsulation}, segmentLists: [{segments: [${segments.map((s) => `"${s}"`).join(', ')}]}]}`,
  );
  const steering = cases.map(
    ({ family }, i) => `    - {to: "${addressOf(i)}/${family === 4 ? 32 : 128}", policy: p${i}}`,
  );
  return `
  sids: [{sid: "${sid('gw', '46')}", behavior: End.DT46}]
  policies:\n${policies.join('\n')}\n  steering:\n${steering.join('\n')}`;
}

async function open(): Promise<Scene> {
  const scene = await Scene.open({ srv6: configured(), kernel });
  const lines = cases.map(
    ({ family }, i) => `ip addr add ${addressOf(i)}/${family === 4 ? '24' : '64 nodad'} dev eth0`,
  );
  await scene.server.run(lines.join(' && '));
  return scene;
}

test('packets reach the kernel behind every encapsulation, and what comes back is taken out', async () => {
  const scene = await open();
  for (const [i, { encapsulation, segments }] of cases.entries()) {
    const { received, output } = await ping(scene.client, addressOf(i), { count: 2 });
    assert.is(received, 2, `${encapsulation} ${segments.join(' ')}: ${output}`);
  }
  assert.is(await scene.sidPackets(sid('gw', '46')), 2 * cases.length);
  await scene.close();
});

test('the headers are those of RFC 8986 sections 5.1 and 5.2', async () => {
  const scene = await open();
  const capture = await scene.tap('gw', `src host ${wire('gw')}`);
  for (const i of cases.keys()) await ping(scene.client, addressOf(i), { ttl: 9 });
  const seen = await capture.packets(
    ['ipv6.dst', 'ipv6.hlim', 'ip.ttl', 'ipv6.routing.segleft', 'ipv6.routing.srh.last_entry', 'ipv6.routing.srh.addr'],
    'icmp.type == 8 || icmpv6.type == 128',
  );
  const expected = cases.map(({ encapsulation, segments, family }, i) => {
    const listed = encapsulation === 'H.Encaps' ? segments : segments.slice(1);
    const none = listed.length === 0;
    const inner = family === 6 ? `,${addressOf(i)}` : '';
    return {
      'ipv6.dst': `${segments[0]}${inner}`,
      'ipv6.hlim': family === 6 ? '64,8' : '64',
      'ip.ttl': family === 4 ? '8' : '',
      'ipv6.routing.segleft': none ? '' : String(segments.length - 1),
      'ipv6.routing.srh.last_entry': none ? '' : String(listed.length - 1),
      'ipv6.routing.srh.addr': listed.toReversed().join(','),
    };
  });
  assert.equal(seen, expected);
  await scene.close();
});

test('a flow has one flow label, its DSCP and its ECN bits are those of the packet', async () => {
  const scene = await open();
  const capture = await scene.tap('gw', `src host ${wire('gw')}`);
  for (const address of [addressOf(0), addressOf(2)]) {
    await scene.client.run(`ping -n -c 3 -i 0.02 -Q 0xb9 ${address}`);
    await scene.client.run(`ping -n -c 1 ${address}`);
  }
  const seen = await capture.packets(['ipv6.tclass', 'ipv6.flow'], 'icmp.type == 8 || icmpv6.type == 128');
  const first = (text: string): string => text.split(',')[0] as string;
  const classes = seen.map((packet) => Number(first(packet['ipv6.tclass'])));
  assert.equal(classes, [0xb9, 0xb9, 0xb9, 0, 0xb9, 0xb9, 0xb9, 0]);
  const labels = seen.map((packet) => first(packet['ipv6.flow']));
  assert.is(new Set(labels.slice(0, 3)).size, 1);
  assert.is(new Set(labels.slice(4, 7)).size, 1);
  assert.ok(new Set(labels).size > 1 && labels.every((label) => Number(label) !== 0), labels.join(' '));
  await scene.close();
});

test('lists of a policy share its flows by weight, and one flow stays on its list', async () => {
  const scene = await Scene.open({
    srv6: `
  sids: [{sid: "${sid('gw', '46')}", behavior: End.DT46}]
  policies:
    both:
      segmentLists:
        - {weight: 3, segments: ["${sid('mid1', 'e')}", "${sid('pe', 'd6')}"]}
        - {segments: ["${sid('mid2', 'e')}", "${sid('pe', 'd6')}"]}
  steering: [{to: "${site.pe[6]}", policy: both}]`,
    kernel,
  });
  const capture = await scene.tap('gw', `src host ${wire('gw')}`);
  const send = `import socket\nfor port in range(20000, 20256):\n s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM); s.bind(("${client[6]}", port))\n for i in range(3): s.sendto(b"x", ("${server6}", 9))\n s.close()`;
  await scene.client.run(`/usr/bin/python3 -c '${send}'`);
  await capture.waitForFrames(768);
  const seen = await capture.packets(['ipv6.dst', 'udp.srcport'], 'udp.dstport == 9');
  const ways = new Map<string, Set<string>>();
  for (const packet of seen) {
    const [first = ''] = packet['ipv6.dst'].split(',');
    ways.set(packet['udp.srcport'], (ways.get(packet['udp.srcport']) ?? new Set()).add(first));
  }
  const chosen = [...ways.values()].map((lists) => [...lists]);
  assert.is(chosen.length, 256);
  assert.ok(chosen.every((lists) => lists.length === 1));
  const heavy = chosen.filter(([list]) => list === sid('mid1', 'e')).length;
  assert.ok(heavy > 160 && heavy < 224, `${heavy} of 256 flows took the list with three quarters of the weight`);
  await scene.close();
});

test.run();
