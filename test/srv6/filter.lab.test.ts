/** The edge of the SR domain (RFC 8754 section 5.1): who reaches a SID, and who does not. */
import { assert, suite } from '../kit/suite.ts';
import { ping } from '../kit/traffic.ts';
import { client6, kernelEnd, kernelPe, Scene, server6, sid, site, towardsPe, wire } from './scene.ts';

const test = suite('srv6: edge filter');

const open = (filter: string): Promise<Scene> =>
  Scene.open({
    srv6: `${towardsPe([])}\n  filter: ${filter}`,
    kernel: { pe: kernelPe(), mid1: [kernelEnd('mid1')] },
  });
const quiet = { waitSeconds: 0.2 };

test('from a port that is not core nobody reaches a SID, a locator, or another node of the domain', async () => {
  const scene = await open('{domain: ["fcbb:bb00::/32", "2001:db8:c0::/64"]}');
  const targets = [sid('gw', '46'), sid('gw', 'ffff'), sid('pe', 'd6'), wire('pe')];
  for (const target of targets) assert.is((await ping(scene.client, target, quiet)).received, 0, target);
  assert.is(await scene.drops('lan', 'srv6_edge_filter'), targets.length);
  // Encapsulated by the client itself, with a routing header and without one.
  await scene.client.run('sysctl -qw net.ipv6.conf.all.seg6_enabled=1 net.ipv6.conf.eth0.seg6_enabled=1');
  for (const [mode, segments] of [
    ['encap', sid('gw', '46')],
    ['encap.red', sid('gw', '46')],
    ['encap', `${sid('pe', 'd6')},${sid('gw', '46')}`],
  ] as const) {
    await scene.client.run(
      `ip -6 route replace ${server6} encap seg6 mode ${mode} segs ${segments} dev eth0 via 2001:db8:1::1`,
    );
    await ping(scene.client, server6, quiet);
  }
  assert.is(await scene.drops('lan', 'srv6_edge_filter'), targets.length + 3);
  assert.is(await scene.sidPackets(sid('gw', '46')), 0);
  // What is steered is not kept out by it.
  await scene.client.run(`ip -6 route del ${server6}`);
  assert.is((await ping(scene.client, server6)).received, 1);
  await scene.close();
});

test('on a core port only the sources that are named reach a SID', async () => {
  const scene = await open(`{sources: ["${wire('pe')}/128"]}`);
  assert.is((await ping(scene.client, server6)).received, 1);
  const pe = scene.host('pe');
  await pe.run('ip addr add 2001:db8:c0::99/64 dev eth1 nodad && ip sr tunsrc set 2001:db8:c0::99');
  assert.is((await ping(scene.server, client6, quiet)).received, 0);
  assert.is((await ping(scene.host('mid1'), sid('gw', '46'), quiet)).received, 0);
  assert.is(await scene.drops('core', 'srv6_edge_source'), 2);
  await pe.run(`ip sr tunsrc set ${wire('pe')}`);
  assert.is((await ping(scene.server, client6)).received, 1);
  await scene.close();
});

test('between nodes of the domain the gateway is a router, though plain traffic is denied', async () => {
  const scene = await open('{domain: ["fcbb:bb00::/32"]}');
  const mid = scene.host('mid1');
  await mid.run(`ip -6 route replace fcbb:bb00:2::/48 via ${wire('gw')}`);
  await mid.run(`ip -6 route add ${site.pe[6]} encap seg6 mode encap segs ${sid('pe', 'd6')} dev eth1`);
  await scene.host('pe').run(`ip -6 route add 2001:db8:77::1/128 via ${wire('mid1')}`);
  await mid.run('ip addr add 2001:db8:77::1/128 dev lo');
  assert.is((await ping(mid, server6, { source: '2001:db8:77::1', count: 2 })).received, 2);
  // An address that is not of the domain is plain traffic.
  await mid.run(`ip -6 route add ${site.gw[6]} via ${wire('gw')}`);
  assert.is((await ping(mid, client6, quiet)).received, 0);
  assert.is(await scene.drops('core', 'forward_denied'), 1);
  await scene.close();
});

test.run();
