/** The kernel as headend, every behaviour of the gateway as endpoint. */
import { assert, suite } from '../kit/suite.ts';
import { ping } from '../kit/traffic.ts';
import { client4, client6, Scene, server4, server6, sid, site, wire } from './scene.ts';

const test = suite('srv6: endpoint');

const gw = (func: string): string => sid('gw', func);
const mid = sid('mid1', 'e');

/** Segment lists by the family of what they carry. */
const lists = [
  { family: 6, segments: [gw('d6')] },
  { family: 6, segments: [gw('f6')] },
  { family: 6, segments: [gw('46')] },
  { family: 6, segments: [gw('e'), gw('d6')] },
  { family: 6, segments: [gw('e'), mid, gw('f6')] },
  { family: 6, segments: [mid, gw('e1'), gw('46')] },
  { family: 6, segments: [gw('a'), mid, gw('46')] },
  { family: 6, segments: [gw('a1'), gw('46')] },
  { family: 6, segments: [gw('e3')] },
  { family: 6, segments: [mid, gw('a3')] },
  { family: 4, segments: [gw('d4')] },
  { family: 4, segments: [gw('f4')] },
  { family: 4, segments: [gw('46')] },
  { family: 4, segments: [gw('e'), gw('d4')] },
  { family: 4, segments: [gw('a'), mid, gw('f4')] },
  { family: 4, segments: [mid, gw('e1'), gw('46')] },
  { family: 4, segments: [gw('e3')] },
] as const;
const cases = (['encap', 'encap.red'] as const).flatMap((mode) => lists.map((list) => ({ mode, ...list })));
const addressOf = (index: number): string =>
  cases[index]?.family === 4 ? `10.1.0.${index + 11}` : `2001:db8:1::${index + 11}`;

const srv6 = `
  sids:
    - {sid: "${gw('e')}", behavior: End}
    - {sid: "${gw('e1')}", behavior: End, flavors: [psp]}
    - {sid: "${gw('e2')}", behavior: End, flavors: [usp]}
    - {sid: "${gw('e3')}", behavior: End, flavors: [usd]}
    - {sid: "${gw('a')}", behavior: End.X, interface: core, via: "${wire('mid1')}"}
    - {sid: "${gw('a1')}", behavior: End.X, via: "${wire('mid1')}", flavors: [psp]}
    - {sid: "${gw('a3')}", behavior: End.X, interface: lan, via: "${client6}", flavors: [psp, usp, usd]}
    - {sid: "${gw('d4')}", behavior: End.DX4, via: ${client4}}
    - {sid: "${gw('d6')}", behavior: End.DX6, interface: lan, via: "${client6}"}
    - {sid: "${gw('f4')}", behavior: End.DT4}
    - {sid: "${gw('f6')}", behavior: End.DT6}
    - {sid: "${gw('46')}", behavior: End.DT46}
  policies:
    six: {segmentLists: [{segments: ["${sid('pe', 'd6')}"]}]}
    four: {segmentLists: [{segments: ["${sid('pe', 'd4')}"]}]}
  steering:
    - {to: "${site.pe[6]}", policy: six}
    - {to: "${site.pe[4]}", policy: four}`;

const kernel = {
  pe: [
    `ip -6 route add ${sid('pe', 'd6')} encap seg6local action End.DX6 nh6 ${server6} dev eth0`,
    `ip -6 route add ${sid('pe', 'd4')} encap seg6local action End.DX4 nh4 ${server4} dev eth0`,
    ...cases.map(
      ({ family, mode, segments }, i) =>
        `ip -${family} route add ${addressOf(i)} encap seg6 mode ${mode} segs ${segments.join(',')} dev eth1`,
    ),
  ],
  mid1: [`ip -6 route add ${mid} encap seg6local action End dev eth1`],
};

async function open(): Promise<Scene> {
  const scene = await Scene.open({ srv6, kernel });
  const lines = cases.map(
    ({ family }, i) => `ip addr add ${addressOf(i)}/${family === 4 ? '24' : '64 nodad'} dev eth0`,
  );
  await scene.client.run(lines.join(' && '));
  return scene;
}

test('what the kernel encapsulates arrives behind every behaviour, and is counted at each SID', async () => {
  const scene = await open();
  for (const [i, { mode, segments }] of cases.entries()) {
    const { received, output } = await ping(scene.server, addressOf(i), { count: 2 });
    assert.is(received, 2, `${mode} ${segments.join(' ')}: ${output}`);
  }
  for (const func of ['e', 'e1', 'e3', 'a', 'a1', 'a3', 'd4', 'd6', 'f4', 'f6', '46']) {
    const uses = cases.filter(({ segments }) => (segments as readonly string[]).includes(gw(func))).length;
    assert.is(await scene.sidPackets(gw(func)), 2 * uses, func);
  }
  await scene.close();
});

test('PSP takes the header away: what reaches the last segment has none', async () => {
  const scene = await open();
  const index = cases.findIndex(({ segments }) => segments[0] === gw('a1'));
  const capture = await scene.tap('mid1', `dst host ${gw('46')}`);
  assert.is((await ping(scene.server, addressOf(index), { count: 2 })).received, 2);
  // To the node that End.X names, and back from there by its routes.
  const seen = await capture.packets(['ipv6.dst', 'ipv6.nxt', 'ipv6.plen', 'ipv6.hlim']);
  const packet = (hops: number) => ({
    'ipv6.dst': `${gw('46')},${addressOf(index)}`,
    'ipv6.nxt': '41,58',
    'ipv6.plen': '104,64',
    'ipv6.hlim': `${hops},64`,
  });
  assert.equal(seen, [packet(62), packet(61), packet(62), packet(61)]);
  await scene.close();
});

test('a SID answers ping, plainly, as last segment, and with USP (RFC 9259 section 2.2)', async () => {
  const scene = await open();
  const pe = scene.host('pe');
  for (const func of ['e', 'a', 'd4', '46', 'e2']) {
    const { received, output } = await ping(pe, gw(func), { count: 2 });
    assert.is(received, 2, `${func}: ${output}`);
  }
  await pe.run(`ip -6 route add ${gw('e2')} encap seg6 mode inline segs ${gw('e')} dev eth1`);
  assert.is((await ping(pe, gw('e2'), { count: 2, size: 1400 })).received, 2);
  assert.is(await scene.sidPackets(gw('e2')), 4);
  await scene.close();
});

test('what a behaviour does not take is refused with Parameter Problem, and counted by its reason', async () => {
  const scene = await open();
  const pe = scene.host('pe');
  const capture = await pe.capture('eth1', 'icmp6 and icmp6[0] == 4');
  await pe.run(`ip -6 route add 2001:db8:1::99 encap seg6 mode encap segs ${gw('d4')} dev eth1`);
  await pe.run(`ip -6 route add 2001:db8:1::98 encap seg6 mode encap segs ${gw('d6')},${gw('f6')} dev eth1`);
  await pe.run(`ip -6 route add 2001:db8:1::97 encap seg6 mode encap segs ${gw('ffff')} dev eth1`);
  for (const last of [99, 98, 97]) await ping(scene.server, `2001:db8:1::${last}`, { waitSeconds: 0.2 });
  assert.is(await scene.drops('core', 'srv6_upper_layer'), 1);
  assert.is(await scene.drops('core', 'srv6_segments_left'), 1);
  assert.is(await scene.drops('core', 'srv6_no_sid'), 1);
  // The second code is that of the echo request inside, which the error quotes.
  const seen = await capture.packets(['icmpv6.code', 'icmpv6.pointer']);
  // RFC 8986 section 4.1.1: code 4 points at the inner header, behind 40 bytes and the routing header.
  assert.equal(seen, [
    { 'icmpv6.code': '4,0', 'icmpv6.pointer': '64' },
    { 'icmpv6.code': '0,0', 'icmpv6.pointer': '43' },
  ]);
  await scene.close();
});

test.run();
