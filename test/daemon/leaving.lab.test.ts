import { existsSync } from 'node:fs';
import { eventually } from '../kit/eventually.ts';
import { assert, suite } from '../kit/suite.ts';
import { ping } from '../kit/traffic.ts';
import { pinnedIds, stillThere } from './pins.ts';
import { configuration, openHosts, openScene, server4, server6 } from './scene.ts';

const test = suite('daemon: leaving');

/** All that a gateway can leave in a kernel, as the kernel's own tools tell it. */
const traces = [
  'ip -o link | sed -E "s/^[0-9]+: //; s/ qlen.*//" | cut -d" " -f1 | sort',
  'ip -o addr | grep -v " fe80::" | awk "{print \\$2, \\$4}" | sort',
  'ip route show table all | grep -v "^local\\|^broadcast" | sort',
  'ip -6 route show table all | grep -v "fe80\\|ff00\\|^local\\|^multicast\\|^anycast" | sort',
  'ip rule; ip -6 rule',
  'ip -d link | grep -o "prog/xdp.*"',
  'nft list ruleset',
];

test('stop leaves forwarding on, stop --detach leaves nothing', async () => {
  const hosts = await openHosts();
  const look = async (): Promise<string[]> =>
    Promise.all(traces.map(async (line) => (await hosts.gw.try(line)).stdout));
  const before = await look();
  const gateway = await hosts.lab.gateway(
    hosts.gw,
    configuration({
      more: 'routes: [{to: default, via: 198.51.100.1}, {to: "2001:db8:77::/48", via: "2001:db8:1::2"}]',
    }),
  );
  assert.is((await ping(hosts.client, server6)).received, 1);
  assert.not.equal(await look(), before);
  const held = await pinnedIds(hosts.gw, 'gw');
  await gateway.checkAccount();
  await gateway.cli('stop');
  assert.is((await ping(hosts.client, server6)).received, 1, 'after stop');
  await gateway.detach();
  assert.is((await ping(hosts.client, server6, { waitSeconds: 0.3 })).received, 0, 'after stop --detach');
  assert.equal(await look(), before);
  assert.not.ok(existsSync('/sys/fs/bpf/sixgate/gw'));
  await eventually(async () => assert.equal(await stillThere(hosts.gw, held), []));
  const again = await gateway.tryCli('stop --detach');
  assert.is(again.code, 0, 'a second time');
  await gateway.start();
  assert.is((await ping(hosts.client, server6)).received, 1, 'started again');
  await hosts.lab.close();
});

test('the kernel of the gateway neither forwards, nor filters, nor tracks connections', async () => {
  const { lab, gw, client, server } = await openHosts();
  // A router before Sixgate came; from then on its ports are not the kernel's to forward between.
  await gw.run('sysctl -qw net.ipv4.ip_forward=1 && ip addr add 192.0.2.1/24 dev eth0');
  await client.run('ip addr add 192.0.2.2/24 dev eth0 && ip route add default via 192.0.2.1');
  await server.run('ip route add 192.0.2.0/24 via 198.51.100.2');
  const gateway = await lab.gateway(gw, configuration());
  assert.is((await ping(client, server6)).received, 1);
  for (const device of ['eth0', 'eth1']) {
    for (const family of ['ipv4', 'ipv6'])
      assert.is(await gw.run(`sysctl -n net.${family}.conf.${device}.forwarding`), '0', `${family} ${device}`);
    assert.is(await gw.run(`sysctl -n net.ipv6.conf.${device}.accept_ra`), '0');
  }
  assert.is((await gw.try('nft list ruleset')).stdout, '');
  assert.is((await gw.try('cat /proc/net/nf_conntrack')).stdout, '');
  assert.is((await gw.try('cat /proc/sys/net/netfilter/nf_conntrack_count')).stdout.trim() || '0', '0');
  await gateway.detach();
  await gw.run('ip addr add 198.51.100.2/24 dev eth1');
  assert.is((await ping(client, server4, { waitSeconds: 0.3 })).received, 0, 'after stop --detach');
  await lab.close();
});

test('two gateways in one tree know nothing of each other', async () => {
  const first = await openScene();
  const { client2, gw2, server2 } = first.lab.hosts('client2', 'gw2', 'server2');
  await first.lab.link(client2.port('eth0', { addresses: ['2001:db8:1::2/64'] }), gw2.port('eth0'));
  await first.lab.link(server2.port('eth0', { addresses: ['198.51.100.1/24'] }), gw2.port('eth1'));
  await client2.run('ip -6 route add default via 2001:db8:1::1');
  const other = await first.lab.gateway(gw2, configuration());
  assert.is((await ping(first.client, server6, { count: 3 })).received, 3);
  assert.is((await ping(client2, server6, { count: 5 })).received, 5);
  assert.is((await first.gateway.port('lan')).forwarded, 3);
  assert.is((await other.port('lan')).forwarded, 5);
  await first.gateway.detach();
  assert.is((await ping(client2, server6, { count: 5 })).received, 5);
  await first.lab.close();
});

test.run();
