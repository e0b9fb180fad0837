/** Chains of two to four segments through gateways and kernel nodes in turn. */
import { assert, suite } from '../kit/suite.ts';
import { ping } from '../kit/traffic.ts';
import { Scene, server4, server6, sid, site, wire } from './scene.ts';

const test = suite('srv6: chains');

/** mid1 is a gateway, mid2 and pe are the kernel. */
const one = (func: string): string => sid('mid1', func);
const two = sid('mid2', 'e');
const [last6, last4] = [sid('pe', 'd6'), sid('pe', 'd4')];

const cases = (
  [
    { family: 6, segments: [one('e'), last6] },
    { family: 6, segments: [one('e1'), last6] },
    { family: 6, segments: [one('a'), two, last6] },
    { family: 6, segments: [two, one('e1'), last6] },
    { family: 6, segments: [one('e'), two, one('a1'), last6] },
    { family: 6, segments: [two, one('e'), two, last6] },
    { family: 6, segments: [two, one('e3')] },
    { family: 4, segments: [one('e'), last4] },
    { family: 4, segments: [two, one('e1'), last4] },
    { family: 4, segments: [one('a'), two, one('e'), last4] },
    { family: 4, segments: [one('a3')] },
  ] as const
).flatMap((list) => (['H.Encaps', 'H.Encaps.Red'] as const).map((encapsulation) => ({ ...list, encapsulation })));
const addressOf = (index: number): string =>
  cases[index]?.family === 4 ? `10.2.0.${index + 11}` : `2001:db8:2::${index + 11}`;

const policies = cases.map(
  ({ encapsulation, segments }, i) =>
    `    p${i}: {encapsulation: ${encapsulation}, segmentLists: [{segments: [${segments.map((s) => `"${s}"`).join(', ')}]}]}`,
);
const steering = cases.map(
  ({ family }, i) => `    - {to: "${addressOf(i)}/${family === 4 ? 32 : 128}", policy: p${i}}`,
);
const srv6 = `
  sids: [{sid: "${sid('gw', '46')}", behavior: End.DT46}, {sid: "${sid('gw', 'e')}", behavior: End}]
  policies:\n${policies.join('\n')}\n  steering:\n${steering.join('\n')}`;

/** What mid1 takes out itself it encapsulates again. */
const middle = `
  sids:
    - {sid: "${one('e')}", behavior: End}
    - {sid: "${one('e1')}", behavior: End, flavors: [psp]}
    - {sid: "${one('e3')}", behavior: End, flavors: [usd]}
    - {sid: "${one('a')}", behavior: End.X, via: "${wire('mid2')}"}
    - {sid: "${one('a1')}", behavior: End.X, via: "${wire('pe')}", flavors: [psp]}
    - {sid: "${one('a3')}", behavior: End.DT46}
  policies:
    six: {segmentLists: [{segments: ["${two}", "${last6}"]}]}
    four: {segmentLists: [{segments: ["${last4}"]}]}
  steering: [{to: "${site.pe[6]}", policy: six}, {to: "${site.pe[4]}", policy: four}]`;

const back = [one('e'), two, sid('gw', 'e'), sid('gw', '46')].join(',');
const kernel = {
  pe: [
    `ip -6 route add ${last6} encap seg6local action End.DX6 nh6 ${server6} dev eth0`,
    `ip -6 route add ${last4} encap seg6local action End.DX4 nh4 ${server4} dev eth0`,
    `ip -6 route add ${site.gw[6]} encap seg6 mode encap segs ${back} dev eth1`,
    `ip route add ${site.gw[4]} encap seg6 mode encap.red segs ${back} dev eth1`,
  ],
  mid2: [`ip -6 route add ${two} encap seg6local action End dev eth1`],
};

async function open(): Promise<Scene> {
  const scene = await Scene.open({ srv6, kernel, gateways: { mid1: middle } });
  const lines = cases.map(
    ({ family }, i) => `ip addr add ${addressOf(i)}/${family === 4 ? '24' : '64 nodad'} dev eth0`,
  );
  await scene.server.run(lines.join(' && '));
  return scene;
}

test('every chain carries packets there, and a chain of four segments carries them back', async () => {
  const scene = await open();
  for (const [i, { encapsulation, segments }] of cases.entries()) {
    for (const size of [56, 1400]) {
      const { received, output } = await ping(scene.client, addressOf(i), { count: 2, size });
      assert.is(received, 2, `${encapsulation} ${segments.join(' ')}, ${size} bytes: ${output}`);
    }
  }
  assert.is(await scene.sidPackets(sid('gw', '46')), 4 * cases.length);
  assert.is(await scene.sidPackets(sid('gw', 'e')), 4 * cases.length);
  await scene.close();
});

test('with PSP the kernel at the end gets no routing header, without it one that is used up', async () => {
  const scene = await open();
  const capture = await scene.tap('pe', `dst host ${last6}`);
  const [plain, popped] = [0, 2];
  for (const i of [plain, popped]) assert.is((await ping(scene.client, addressOf(i))).received, 1);
  const seen = await capture.packets(['ipv6.nxt', 'ipv6.routing.segleft'], 'icmpv6.type == 128');
  assert.equal(
    seen.map((packet) => `${packet['ipv6.nxt'].split(',')[0]} ${packet['ipv6.routing.segleft']}`),
    ['43 0', '41 '],
  );
  await scene.close();
});

test.run();
