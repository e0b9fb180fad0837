/** Addresses, routes, rules and neighbours: netlink-ts and `ip -j` see the same, whoever made them. */
import type { Encap, NewNeighbour, NewRoute, NewRule, Rtnetlink, Seg6Action, Seg6LocalEncap } from 'netlink-ts';
import { assert, eventually, suite } from '../kit/suite.ts';
import { addressJson, neighbourJson, routeJson, ruleJson } from './ip-json.ts';
import { ipJson, linkOf, namesOf, openNetlink, run } from './live.ts';

const test = suite('tables');

/** The kernel adds and marks routes of its own a while after a link is up, so the two looks may have to be repeated. */
async function compareRoutes(netlink: Rtnetlink, family: 4 | 6, table: number): Promise<number> {
  return eventually(async () => {
    const nameOf = await namesOf(netlink);
    const routes = await netlink.routes({ family, table });
    assert.ok(routes.every((route) => route.table === table && route.family === family));
    assert.equal(
      routes.map((route) => routeJson.ours(route, nameOf)),
      routeJson.theirs(ipJson(`-${family} -d route show table ${table}`), family === 6),
    );
    return routes.length;
  });
}

test.before(() => {
  run(`ip link add v0 type veth peer name v1 && ip link set v0 up && ip link set v1 up
    ip addr add 192.0.2.1/24 dev v0 && ip addr add 2001:db8::1/64 dev v0 nodad`);
});

test('addresses', async () => {
  const netlink = openNetlink();
  const { index } = await linkOf(netlink, 'v0');
  await netlink.addAddress({ index, address: '198.51.100.1/28', broadcast: '198.51.100.15', noPrefixRoute: true });
  await netlink.addAddress({ index, address: '198.51.100.77/32', peer: '198.51.100.78', scope: 'link' });
  await netlink.addAddress({ index, address: '2001:db8:5::1/64', noDad: true });
  await netlink.addAddress({ index, address: '2001:db8:6::1/128', noDad: true, validS: 100_000, preferredS: 50_000 });
  // Lifetimes run on between the two looks.
  const theirs = await eventually(async () => {
    const all = addressJson.theirs(ipJson('addr show'));
    assert.equal((await netlink.addresses()).map(addressJson.ours).sort(byText), [...all].sort(byText));
    return all;
  });
  for (const address of ['198.51.100.1', '198.51.100.77', '2001:db8:5::1', '2001:db8:6::1']) {
    assert.ok(
      theirs.some((each) => each.local === address),
      address,
    );
  }
  assert.ok(
    (await netlink.addresses({ family: 6, index })).every((address) => address.family === 6 && address.index === index),
  );
  assert.is(
    (await netlink.addresses({ index })).find((each) => each.local === '2001:db8:6::1')?.address,
    '2001:db8:6::1/128',
  );

  await assert.rejects(
    netlink.addAddress({ index, address: '2001:db8:5::1/64' }),
    (error) => codeOf(error) === 'EEXIST',
  );
  await netlink.addAddress({ index, address: '2001:db8:6::1/128', noDad: true }, { replace: true });
  assert.is((await netlink.addresses({ index })).find((each) => each.local === '2001:db8:6::1')?.validS, undefined);
  for (const address of ['198.51.100.1/28', '2001:db8:5::1/64', '2001:db8:6::1/128'])
    await netlink.delAddress({ index, address });
  await netlink.delAddress({ index, address: '198.51.100.77/32', peer: '198.51.100.78' });
  assert.equal(run('ip -o addr show dev v0').match(/198\.51\.100|2001:db8:[56]/g), null);
  await assert.rejects(
    netlink.delAddress({ index, address: '198.51.100.1/28' }),
    (error) => codeOf(error) === 'EADDRNOTAVAIL',
  );
});

test('routes', async () => {
  const netlink = openNetlink();
  const { index } = await linkOf(netlink, 'v0');
  const routes: NewRoute[] = [
    { destination: '203.0.113.0/24', via: '192.0.2.2', index, priority: 5, mtu: 1400, table: 77 },
    { destination: '203.0.113.0/24', via: '192.0.2.3', priority: 6, table: 77, protocol: 186 },
    { destination: '203.0.114.0/24', index, preferredSource: '192.0.2.1', table: 77 },
    { destination: '198.18.0.0/15', type: 'blackhole', table: 77 },
    { destination: '198.20.0.0/15', type: 'unreachable', table: 77 },
    { destination: '0.0.0.0/0', via: '10.9.9.9', index, onLink: true, table: 77 },
    { destination: '203.0.115.0/24', via: '2001:db8::9', index, table: 77 },
    {
      destination: '203.0.116.0/24',
      nextHops: [
        { via: '192.0.2.2', index, weight: 3 },
        { via: '192.0.2.3', index },
      ],
      table: 77,
    },
    { destination: '2001:db8:1::/48', via: '2001:db8::9', index, priority: 7, mtu: 1280, table: 1000 },
    { destination: '64:ff9b::/96', type: 'blackhole', table: 1000 },
    { destination: '::/0', via: 'fe80::1', index, table: 1000 },
    {
      destination: '2001:db8:2::/48',
      nextHops: [
        { via: '2001:db8::9', index },
        { via: '2001:db8::a', index },
      ],
      table: 1000,
    },
    { destination: '2001:db8:3::/48', source: '2001:db8:4::/64', via: '2001:db8::9', index, table: 1000 },
  ];
  await Promise.all(routes.filter((route) => route.source === undefined).map((route) => netlink.addRoute(route)));
  assert.is(await compareRoutes(netlink, 4, 77), 8);
  assert.is(await compareRoutes(netlink, 6, 1000), 4);

  // Adding replaces: same table, destination and priority.
  await netlink.addRoute({ destination: '203.0.113.0/24', via: '192.0.2.4', index, priority: 5, table: 77 });
  await netlink.addRoute({ destination: '2001:db8:1::/48', via: '2001:db8::a', index, priority: 7, table: 1000 });
  assert.is(await compareRoutes(netlink, 4, 77), 8);
  assert.is(await compareRoutes(netlink, 6, 1000), 4);
  assert.match(run('ip route show table 77'), '203.0.113.0/24 via 192.0.2.4 dev v0 proto static metric 5');
  assert.is((await netlink.routes({ family: 6, table: 1000, type: 'blackhole' })).length, 1);
  assert.is((await netlink.routes({ table: 77, protocol: 186 })).length, 1);
  // 203.0.113.0/24 twice, 203.0.114.0/24, 203.0.115.0/24 and the default; the kernel leaves out multipath ones or not.
  assert.ok((await netlink.routes({ table: 77, index })).length >= 5);

  for (const route of routes.filter((each) => each.source === undefined)) {
    const { destination, table, priority } = route;
    await netlink.delRoute({
      destination,
      ...(table === undefined ? {} : { table }),
      ...(priority === undefined ? {} : { priority }),
    });
  }
  assert.equal([await netlink.routes({ table: 77 }), await netlink.routes({ table: 1000 })], [[], []]);
  assert.is(run('ip route show table 77; ip -6 route show table 1000'), '');
  await assert.rejects(
    netlink.delRoute({ destination: '203.0.113.0/24', table: 77 }),
    (error) => codeOf(error) === 'ESRCH',
  );
});

test('routes into segment routing tunnels, and SIDs', async () => {
  const netlink = openNetlink();
  const { index } = await linkOf(netlink, 'v0');
  const segments = ['2001:db8:f::1', '2001:db8:f::2'];
  const local = (action: Seg6Action, more: Partial<Seg6LocalEncap> = {}): Encap => ({
    type: 'seg6local',
    action,
    ...more,
  });
  const encaps: Encap[] = [
    { type: 'seg6', mode: 'encap', segments },
    { type: 'seg6', mode: 'encap.red', segments },
    { type: 'seg6', mode: 'l2encap', segments: segments.slice(1) },
    local('End', { flavors: { psp: true } }),
    local('End', { flavors: { nextCsid: true }, blockBits: 24, nodeBits: 8 }),
    local('End.X', { nh6: '2001:db8::9' }),
    local('End.DX2', { oif: index }),
    local('End.DX4', { nh4: '192.0.2.2' }),
    local('End.DX6', { nh6: '2001:db8::9' }),
    local('End.DT6', { table: 77 }),
    local('End.B6.Encaps', { segments }),
  ];
  const destinationOf = (at: number): string => `2001:db8:5:${at}::/64`;
  for (const [at, encap] of encaps.entries())
    await netlink.addRoute({ destination: destinationOf(at), index, table: 1000, encap });
  await netlink.addRoute({
    destination: '198.18.0.0/15',
    table: 77,
    nextHops: [
      { via: '192.0.2.2', index, weight: 3, encap: { type: 'seg6', mode: 'encap', segments } },
      { via: '192.0.2.3', index, encap: { type: 'seg6', mode: 'encap.red', segments: segments.slice(1) } },
    ],
  });
  assert.is(await compareRoutes(netlink, 6, 1000), encaps.length);
  assert.is(await compareRoutes(netlink, 4, 77), 1);
  assert.equal(
    (await netlink.routes({ family: 6, table: 1000 })).map((route) => route.encap),
    encaps,
  );
  for (const at of encaps.keys()) await netlink.delRoute({ destination: destinationOf(at), table: 1000 });
  await netlink.delRoute({ destination: '198.18.0.0/15', table: 77 });
});

test('routes that iproute2 makes', async () => {
  const netlink = openNetlink();
  run(`ip route add 203.0.113.0/24 via 192.0.2.2 metric 10 mtu lock 1300 proto bgp
    ip route add default via 192.0.2.9
    ip route add prohibit 198.18.1.0/24
    ip route add 203.0.117.0/24 nexthop via 192.0.2.2 weight 200 nexthop via inet6 2001:db8::3 dev v0
    ip -6 route add default via 2001:db8::9 pref high
    ip -6 route add unreachable 2001:db8:9::/48 metric 3`);
  for (const table of [254, 255]) {
    assert.ok((await compareRoutes(netlink, 4, table)) > 2);
    assert.ok((await compareRoutes(netlink, 6, table)) > 2);
  }
  const all = await netlink.routes();
  assert.equal([...new Set(all.map((route) => route.table))].sort(), [254, 255]);
  assert.is(all.find((route) => route.destination === '203.0.113.0/24')?.mtu, 1300);
});

test('rules', async () => {
  const netlink = openNetlink();
  const rules: NewRule[] = [
    {
      family: 4,
      priority: 100,
      source: '192.0.2.0/24',
      destination: '198.51.100.0/24',
      inputDevice: 'v0',
      mark: 16,
      markMask: 255,
      table: 77,
    },
    { family: 6, priority: 101, source: '2001:db8::/32', invert: true, table: 1000, suppressPrefixLength: 0 },
    {
      family: 4,
      priority: 102,
      action: 'blackhole',
      ipProtocol: 17,
      sourcePorts: { first: 1000, last: 2000 },
      destinationPorts: { first: 53, last: 53 },
    },
    { family: 6, priority: 103, action: 'unreachable', outputDevice: 'v0', protocol: 186 },
    { family: 4, priority: 104, mark: 0xffffffff, table: 0xfffffffe },
  ];
  for (const rule of rules) await netlink.addRule(rule);
  run('ip rule add priority 200 to 203.0.113.7 prohibit && ip -6 rule add priority 201 iif v1 lookup main');
  for (const family of [4, 6] as const) {
    assert.equal(
      (await netlink.rules({ family })).map(ruleJson.ours),
      ruleJson.theirs(ipJson(`-${family} -d rule show`)),
    );
  }
  const priorities = (await netlink.rules())
    .map((rule) => rule.priority)
    .filter((priority) => priority >= 100 && priority < 300);
  assert.equal(priorities, [100, 102, 104, 200, 101, 103, 201]);
  const [first] = rules;
  if (first !== undefined) await assert.rejects(netlink.addRule(first), (error) => codeOf(error) === 'EEXIST');
  for (const rule of rules) await netlink.delRule(rule);
  await netlink.delRule({ family: 4, priority: 200 });
  await netlink.delRule({ family: 6, priority: 201 });
  assert.is(
    (await netlink.rules()).length,
    (ipJson('-4 rule show') as unknown[]).length + (ipJson('-6 rule show') as unknown[]).length,
  );
  assert.is((await netlink.rules()).length, 5);
  await assert.rejects(netlink.delRule({ family: 4, priority: 200 }), (error) => codeOf(error) === 'ENOENT');
});

test('neighbours', async () => {
  const netlink = openNetlink();
  const { index } = await linkOf(netlink, 'v0');
  const neighbours: NewNeighbour[] = [
    { index, address: '192.0.2.20', mac: '02:00:00:00:00:20' },
    { index, address: '192.0.2.21', mac: '02:00:00:00:00:21', state: 'reachable' },
    { index, address: '192.0.2.22', flags: { managed: true } },
    { index, address: '2001:db8::20', mac: '02:00:00:00:00:20', flags: { router: true } },
    { index, address: '2001:db8::21', mac: '02:00:00:00:00:21', state: 'stale', flags: { externLearned: true } },
    { index, address: '192.0.2.23', flags: { proxy: true } },
    { index, address: '2001:db8::23', flags: { proxy: true } },
  ];
  for (const neighbour of neighbours) await netlink.addNeighbour(neighbour);
  run(
    'ip neigh add 192.0.2.24 lladdr 02:00:00:00:00:24 dev v0 && ip neigh add 2001:db8::24 dev v0 managed && ip neigh add proxy 2001:db8::25 dev v0',
  );
  for (const [filter, args] of [
    [{}, 'show'],
    [{ proxy: true }, 'show proxy'],
  ] as const) {
    const ours: Readonly<Record<string, unknown>>[] = [];
    const theirs: Readonly<Record<string, unknown>>[] = [];
    for (const family of [4, 6] as const) {
      // Multicast entries, which need no resolution, are hidden by iproute2; unanswered
      // managed ones change their state between the two looks.
      ours.push(
        ...(await netlink.neighbours({ family, index, ...filter }))
          .filter((each) => each.state !== 'noarp')
          .map(neighbourJson.ours),
      );
      theirs.push(...neighbourJson.theirs(ipJson(`-${family} neigh ${args} dev v0`)));
    }
    const isManaged = (each: (typeof ours)[number]): boolean => (each.flags as string[]).includes('managed');
    const settled = (list: typeof ours): unknown[] =>
      list.map((each) => (isManaged(each) ? { ...each, state: '' } : each)).sort(byText);
    assert.equal(settled(ours), settled(theirs));
    assert.ok(theirs.length >= 3);
  }
  assert.is((await netlink.neighbours()).find((each) => each.address === '192.0.2.22')?.flags.managed, true);
  for (const { address, flags } of neighbours) {
    await netlink.delNeighbour({
      index,
      ...(address === undefined ? {} : { address }),
      ...(flags?.proxy ? { flags } : {}),
    });
  }
  const left = run('ip neigh show dev v0 nud all; ip neigh show proxy');
  assert.not.match(left, /::2[013] .*(PERMANENT|proxy)|\.2[0123] .*(PERMANENT|REACHABLE|managed|proxy)/);
  assert.match(left, '192.0.2.24');
});

test('forwarding entries of a VXLAN', async () => {
  const netlink = openNetlink();
  const { index } = await netlink.addLink({ kind: 'vxlan', name: 'vx', vni: 7, local: '192.0.2.1', up: true });
  await netlink.addNeighbour({
    family: 'bridge',
    index,
    mac: '02:00:00:00:00:31',
    address: '192.0.2.31',
    flags: { self: true },
  });
  const shown = run('bridge fdb show dev vx');
  assert.match(shown, '02:00:00:00:00:31 dst 192.0.2.31 self permanent');
  const entry = (await netlink.neighbours({ family: 'bridge', index })).find(
    (each) => each.mac === '02:00:00:00:00:31',
  );
  assert.equal([entry?.address, entry?.family, entry?.flags.self], ['192.0.2.31', 'bridge', true]);
  await netlink.delNeighbour({ family: 'bridge', index, mac: '02:00:00:00:00:31', flags: { self: true } });
  assert.not.match(run('bridge fdb show dev vx'), '02:00:00:00:00:31');
});

function codeOf(error: unknown): unknown {
  return (error as { code?: unknown }).code;
}

function byText(a: unknown, b: unknown): number {
  return JSON.stringify(a) < JSON.stringify(b) ? -1 : 1;
}

test.run();
