import { configuration, openHosts } from '../daemon/scene.ts';
import { assert, suite } from '../kit/suite.ts';
import { ping } from '../kit/traffic.ts';

const test = suite('interfaces: fail closed');

const uplink = '{device: eth1, role: outside, addresses: [198.51.100.2/24, "2001:db8:9::1/64"]}';
const plain6 = '2001:db8:9::2';

test('without its programs nothing is forwarded, even where the kernel was told to forward', async () => {
  const hosts = await openHosts();
  const { client, gw, server, lab } = hosts;
  await server.run(`ip addr add ${plain6}/64 dev eth0 nodad && ip -6 route add default via 2001:db8:9::1`);
  await gw.run('sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1');
  const gateway = await lab.gateway(gw, configuration({ uplink }));
  assert.is((await gw.run('sysctl -n net.ipv6.conf.all.forwarding')).trim(), '0');
  assert.is((await ping(client, '64:ff9b::198.51.100.1')).received, 1, 'NAT64 works all the same');

  await gateway.checkAccount();
  await gateway.stop('SIGKILL');
  await gw.run('rm -r /sys/fs/bpf/sixgate/gw/links');
  assert.not.match(await gw.run('ip -o link show eth0'), /xdp/);
  const capture = await server.capture('eth0', 'icmp6[0] == 128 or icmp');
  assert.is((await ping(client, plain6, { count: 2, waitSeconds: 0.2 })).received, 0);
  assert.is((await ping(client, '64:ff9b::198.51.100.1', { count: 2, waitSeconds: 0.2 })).received, 0);
  assert.equal(await capture.packets(['ip.src', 'ipv6.src']), []);
  await lab.close();
});

test.run();
