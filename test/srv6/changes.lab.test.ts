/** What a change of the document, a restart and a device that comes and goes mean for SIDs and steering. */
import { eventually } from '../kit/eventually.ts';
import { assert, suite } from '../kit/suite.ts';
import { ping } from '../kit/traffic.ts';
import { client6, configuration, kernelEnd, kernelPe, Scene, server4, server6, sid, site, towardsPe } from './scene.ts';

const test = suite('srv6: changes');
const kernel = { pe: kernelPe(), mid1: [kernelEnd('mid1')] };
const quiet = { waitSeconds: 0.2 };

async function apply(scene: Scene, srv6: string): Promise<void> {
  scene.gateway.writeConfig(configuration('gw', { srv6 }));
  await scene.gateway.cli(`apply ${scene.gateway.configFile}`);
}

test('steering is made, changed and taken away; the kernel has a blackhole below it as long', async () => {
  const scene = await Scene.open({ srv6: '', kernel });
  const route = (): Promise<string> => scene.host('gw').run(`ip -6 route show ${site.pe[6]}`);
  assert.is((await ping(scene.client, server6, quiet)).received, 0);
  await apply(scene, towardsPe([]));
  assert.is((await ping(scene.client, server6)).received, 1);
  assert.match(await route(), /^blackhole/);
  const capture = await scene.tap('mid1', `dst host ${sid('mid1', 'e')}`);
  await apply(scene, towardsPe([sid('mid1', 'e')]));
  assert.is((await ping(scene.client, server6, { count: 2 })).received, 2);
  assert.is((await capture.packets(['ipv6.dst'])).length, 2);
  // A SID keeps its count over changes.
  assert.is(await scene.sidPackets(sid('gw', '46')), 3);
  await apply(scene, '');
  assert.is((await ping(scene.client, server6, quiet)).received, 0);
  assert.is(await route(), '');
  await scene.close();
});

test('a restart changes nothing, and traffic goes on while the daemon is away', async () => {
  const scene = await Scene.open({ srv6: towardsPe([sid('mid1', 'e')]), kernel });
  assert.is((await ping(scene.client, server4)).received, 1);
  await scene.gateway.stop();
  assert.is((await ping(scene.client, server4, { count: 3 })).received, 3);
  await scene.gateway.start();
  assert.is((await ping(scene.client, server6, { count: 3 })).received, 3);
  assert.is(await scene.sidPackets(sid('gw', '46')), 7);
  await scene.close();
});

test('without programs nothing leaves unencapsulated, and no SID is a way in', async () => {
  const scene = await Scene.open({ srv6: towardsPe([]), kernel });
  assert.is((await ping(scene.client, server6)).received, 1);
  await scene.gateway.detach();
  const capture = await scene.tap('gw', `host ${client6} or host ${server6}`);
  for (const address of [server6, server4]) assert.is((await ping(scene.client, address, quiet)).received, 0);
  assert.is((await ping(scene.server, client6, quiet)).received, 0);
  const plain = await capture.packets(['ipv6.src'], 'ipv6.src == 2001:db8:1::2');
  assert.equal(plain, []);
  await scene.close();
});

test('an interface goes to a tenant and comes back: its network moves from table to table', async () => {
  const scene = await Scene.open({ srv6: towardsPe([]), kernel });
  const red = (srv6: string): string => `
  sids: [{sid: "${sid('gw', '46')}", behavior: End.DT46, tenant: red}]
  policies: ${srv6}
  steering: [{to: "${site.pe[6]}", tenant: red, policy: six}, {to: "${site.pe[4]}", tenant: red, policy: four}]
tenants: {red: {table: 110}}`;
  const lists = `{six: {segmentLists: [{segments: ["${sid('pe', 'd6')}"]}]}, four: {segmentLists: [{segments: ["${sid('pe', 'd4')}"]}]}}`;
  const lan = '{device: eth0, role: inside, tenant: red, addresses: ["2001:db8:1::1/64", 10.1.0.1/24]}';
  const networks = async (): Promise<string[]> => {
    // A table that has never had a route does not exist.
    const show = async (table: string): Promise<string> =>
      (await scene.host('gw').try(`ip route show table ${table} dev eth0; ip -6 route show table ${table} dev eth0`))
        .stdout;
    return (await Promise.all(['main', '110'].map(show))).map((text) =>
      ['10.1.0.0/24', '2001:db8:1::/64'].filter((net) => text.includes(net)).join(' '),
    );
  };
  const both = '10.1.0.0/24 2001:db8:1::/64';
  assert.equal(await networks(), [both, '']);
  scene.gateway.writeConfig(configuration('gw', { srv6: red(lists), lan }));
  await scene.gateway.cli(`apply ${scene.gateway.configFile}`);
  assert.equal(await networks(), ['', both]);
  for (const address of [server6, server4]) assert.is((await ping(scene.client, address)).received, 1);
  await apply(scene, towardsPe([]));
  assert.equal(await networks(), [both, '']);
  assert.is(await scene.host('gw').run('ip route show table 110; ip -6 route show table 110'), '');
  for (const address of [server6, server4]) assert.is((await ping(scene.client, address)).received, 1);
  await scene.close();
});

test('a SID waits for the device of its interface, and follows it when it is made anew', async () => {
  const srv6 = `${towardsPe([]).replace('sids: [', `sids: [{sid: "${sid('gw', 'd6')}", behavior: End.DX6, interface: late, via: "2001:db8:9::2"}, `)}`;
  const late = 'late: {device: eth9, role: inside, addresses: ["2001:db8:9::1/64"]}';
  const scene = await Scene.open({
    srv6,
    kernel,
    lan: `{device: eth0, role: inside, addresses: ["2001:db8:1::1/64"]}\n  ${late}`,
  });
  const gw = scene.host('gw');
  const state = async (): Promise<string> => {
    const { sids } = await scene.gateway.cli<{ sids: { sid: string; state: string }[] }>('srv6 sids -o json');
    return sids.find((one) => one.sid === sid('gw', 'd6'))?.state ?? '';
  };
  await scene.host('pe').run(`ip -6 route add 2001:db8:9::2 encap seg6 mode encap segs ${sid('gw', 'd6')} dev eth1`);
  assert.is(await state(), 'waiting');
  assert.is((await ping(scene.server, '2001:db8:9::2', quiet)).received, 0);
  assert.is(await scene.drops('core', 'srv6_no_sid'), 1);
  for (const round of [1, 2]) {
    const host = scene.lab.host(`late${round}`);
    await scene.lab.link(host.port('eth0', { addresses: ['2001:db8:9::2/64'] }), gw.port('eth9'));
    await host.run('ip -6 route add default via 2001:db8:9::1');
    await eventually(
      async () => (await state()) === 'ok' && (await ping(scene.server, '2001:db8:9::2', quiet)).received === 1,
    );
    await gw.run('ip link del eth9');
    await eventually(async () => (await state()) === 'waiting');
  }
  await scene.close();
});

test.run();
