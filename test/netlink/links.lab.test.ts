/** Links: what netlink-ts makes is seen by `ip -j`, what `ip` makes is read the same. */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LinkSpec, Rtnetlink } from 'netlink-ts';
import { assert, eventually, needs, suite } from '../kit/suite.ts';
import { linkJson } from './ip-json.ts';
import { ipJson, linkOf, namesOf, openNetlink, run } from './live.ts';

/** Operational states settle a while after a change, so two looks may differ. */
async function compareLinks(netlink: Rtnetlink): Promise<void> {
  const nameOf = await namesOf(netlink);
  await eventually(async () => {
    const ours = (await netlink.links()).map((link) => linkJson.ours(link, nameOf));
    assert.equal(ours, linkJson.theirs(ipJson('-d link show')));
  });
}

const test = suite('links');

test('of every kind are made, seen by iproute2, and deleted', async () => {
  const netlink = openNetlink();
  const veth = await netlink.addLink({
    kind: 'veth',
    name: 'v0',
    mtu: 1400,
    mac: '02:00:00:00:00:01',
    up: true,
    txQueues: 2,
    rxQueues: 3,
    alias: 'to the left',
    addressGeneration: 'none',
    peer: { name: 'v1', mtu: 1300, mac: '02:00:00:00:00:02' },
  });
  const others: LinkSpec[] = [
    { kind: 'bridge', name: 'br0', multicastSnooping: false, ageingTimeCs: 12_000, up: true },
    { kind: 'vxlan', name: 'vx4', vni: 42, local: '192.0.2.1', remote: '192.0.2.2', learning: false },
    {
      kind: 'vxlan',
      name: 'vx6',
      vni: 43,
      port: 8472,
      local: '2001:db8::1',
      remote: '2001:db8::2',
      zeroChecksum6Tx: true,
    },
    { kind: 'vxlan', name: 'vxe', external: true, port: 4790, learning: false },
  ];
  for (const spec of others) await netlink.addLink(spec);
  await netlink.setLink((await linkOf(netlink, 'v1')).index, {
    up: true,
    master: (await linkOf(netlink, 'br0')).index,
  });

  assert.is(veth.name, 'v0');
  assert.is(veth.addressGeneration, 'none');
  assert.is(veth.lower, (await linkOf(netlink, 'v1')).index);
  await compareLinks(netlink);
  const shown = ipJson('-d link show dev v0') as Record<string, unknown>[];
  const { ifname, mtu, address, num_tx_queues, num_rx_queues, ifalias, inet6_addr_gen_mode } = shown[0] ?? {};
  assert.equal(
    { ifname, mtu, address, num_tx_queues, num_rx_queues, ifalias, inet6_addr_gen_mode },
    {
      ifname: 'v0',
      mtu: 1400,
      address: '02:00:00:00:00:01',
      num_tx_queues: 2,
      num_rx_queues: 3,
      ifalias: 'to the left',
      inet6_addr_gen_mode: 'none',
    },
  );
  const vx6 =
    (ipJson('-d link show dev vx6') as { linkinfo: { info_data: Record<string, unknown> } }[])[0]?.linkinfo.info_data ??
    {};
  assert.equal(
    [vx6.id, vx6.port, vx6.local6, vx6.remote6, vx6.udp_zero_csum6_tx],
    [43, 8472, '2001:db8::1', '2001:db8::2', true],
  );

  for (const name of ['vx4', 'vx6', 'vxe', 'br0', 'v0']) await netlink.delLink((await linkOf(netlink, name)).index);
  assert.equal(
    (await netlink.links()).map((link) => link.name),
    ['lo'],
  );
  assert.equal(
    (ipJson('link show') as { ifname: string }[]).map((link) => link.ifname),
    ['lo'],
  );
});

test('that iproute2 makes are read the same', async () => {
  const netlink = openNetlink();
  run(`ip link add va type veth peer name vb && ip link set va up mtu 9000 && ip link set vb up
    ip link property add dev va altname a-rather-long-alternative-name
    ip link add br1 type bridge && ip link set vb master br1
    ip link add vx type vxlan id 7 dev va dstport 4789 group 239.0.0.1`);
  await compareLinks(netlink);
  const link = await linkOf(netlink, 'va');
  assert.equal([link.up, link.lowerUp, link.operState, link.mtu], [true, true, 'up', 9000]);
  assert.is((await netlink.link('a-rather-long-alternative-name'))?.index, link.index);
  assert.is((await netlink.link(link.index))?.name, 'va');
  assert.is(await netlink.link('nobody'), undefined);
  assert.is(await netlink.link(4711), undefined);
  run('ip link del vx && ip link del br1 && ip link del va');
});

test('are changed only in what is told', async () => {
  const netlink = openNetlink();
  run('ip link add va mtu 1400 type veth peer name vb && ip link set vb up');
  const { index } = await linkOf(netlink, 'va');
  await netlink.setLink(index, { up: true });
  await netlink.setLink(index, { mac: '02:00:00:00:00:0a' });
  await netlink.setLink(index, { mtu: 1450 });
  const shown = (ipJson('link show dev va') as { mtu: number; address: string; operstate: string }[])[0];
  assert.equal([shown?.mtu, shown?.address, shown?.operstate], [1450, '02:00:00:00:00:0a', 'UP']);
  const changed = await linkOf(netlink, 'va');
  assert.equal([changed.mtu, changed.mac, changed.up, changed.lowerUp], [1450, '02:00:00:00:00:0a', true, true]);
  await netlink.setLink(index, { up: false });
  assert.equal([(await linkOf(netlink, 'va')).up, (await linkOf(netlink, 'vb')).lowerUp], [false, false]);
  await netlink.setLink(index, { name: 'vc' });
  assert.is((await netlink.link('vc'))?.index, index);
  run('ip link del vc');
});

test('are moved to another network namespace, or born there', async () => {
  const netlink = openNetlink();
  const sleeper = "sh -c 'sleep 60 >/dev/null 2>&1 & echo $!'";
  const pid = Number(run(`ip netns add other && nsenter --net=/run/netns/other ${sleeper}`));
  const here = await netlink.addLink({ kind: 'veth', name: 'va', peer: { name: 'vb', netns: { pid } } });
  assert.is(await netlink.link('vb'), undefined);
  assert.is(typeof here.lowerNetnsId, 'number');
  const moved = await netlink.addLink({ kind: 'veth', name: 'vc', peer: { name: 'vd' } });
  await netlink.setLink(moved.index, { netns: { pid } });
  const there = JSON.parse(run('ip -n other -j link show')) as { ifname: string }[];
  assert.equal(there.map((link) => link.ifname).sort(), ['lo', 'vb', 'vc']);
  run(`kill ${pid} && ip netns del other`);
  // Which ends there ends here too, a little later.
  run('ip link del va 2>/dev/null || true');
});

test('tell of the XDP program and how it is attached', async () => {
  const netlink = openNetlink();
  const source = join(tmpdir(), 'pass.c');
  writeFileSync(source, '__attribute__((section("xdp"), used)) int pass(void *ctx) { return 2; }\n');
  execFileSync('clang-19', ['-O2', '-g', '-target', 'bpf', '-c', source, '-o', `${source}.o`]);
  run('ip link add va type veth peer name vb && ip link set va up && ip link set vb up');
  assert.is((await linkOf(netlink, 'va')).xdp, undefined);
  for (const [word, mode] of [
    ['xdpdrv', 'native'],
    ['xdpgeneric', 'generic'],
  ] as const) {
    run(`ip link set dev va ${word} obj ${source}.o sec xdp`);
    const { xdp } = await linkOf(netlink, 'va');
    assert.is(xdp?.mode, mode);
    assert.ok((xdp?.programId ?? 0) > 0);
    await compareLinks(netlink);
    run(`ip link set dev va ${word} off`);
  }
  run('ip link del va');
});

test('VLANs are made and read', async () => {
  needs('vlan');
  const netlink = openNetlink();
  run('ip link add va type veth peer name vb && ip link set va up && ip link set vb up');
  const { index } = await linkOf(netlink, 'va');
  const vlan = await netlink.addLink({ kind: 'vlan', name: 'va.100', lower: index, id: 100, up: true });
  assert.equal([vlan.lower, vlan.vlan], [index, { id: 100, protocol: 0x8100 }]);
  run('ip link add link va name va.200 type vlan protocol 802.1ad id 200');
  await compareLinks(netlink);
  run('ip link del va');
});

test('VRFs are made and read', async () => {
  needs('vrf');
  const netlink = openNetlink();
  const vrf = await netlink.addLink({ kind: 'vrf', name: 'red', table: 1234, up: true });
  assert.equal(vrf.vrf, { table: 1234 });
  await compareLinks(netlink);
  await netlink.delLink(vrf.index);
});

test.run();
