/**
 * Two tenants with the same addresses at both ends of the domain, and an uplink that only one of them may use.
 *
 *     red1  --+                    +-- red2          10.1.0.2, 2001:db8:1::2 on the left, both of them;
 *             gw ---- domain ---- pe                 10.2.0.2, 2001:db8:2::2 on the right, both of them
 *     blue1 --+ \                  +-- blue2
 *                net 198.51.100.1
 */
import { type Gateway, type Host, Lab } from '../kit/lab.ts';
import { Python } from '../kit/python.ts';
import { assert, suite } from '../kit/suite.ts';
import { ping } from '../kit/traffic.ts';
import { bodyDigest, download, web } from '../kit/web.ts';
import { locator, sid, wire } from './scene.ts';

const test = suite('srv6: tenants');

type Side = 'gw' | 'pe';
const net = (side: Side): number => (side === 'gw' ? 1 : 2);
const other = (side: Side): Side => (side === 'gw' ? 'pe' : 'gw');

/** The text of a gateway: two tenants, each with a SID, and everything else of the tenant behind the other's SID. */
function configuration(side: Side, more = ''): string {
  const n = net(side);
  const far = other(side);
  const port = (device: string, tenant: string): string =>
    `{device: ${device}, role: inside, tenant: ${tenant}, addresses: ["2001:db8:${n}::1/64", 10.${n}.0.1/24]}`;
  return `version: 1
tenants: {red: {table: 110}, blue: {table: 120}}
interfaces:
  red: ${port('eth0', 'red')}
  blue: ${port('eth2', 'blue')}
  core: {device: eth1, role: core, mtu: 1500, addresses: ["${wire(side)}/64"]}
${side === 'gw' ? '  uplink: {device: eth3, role: outside, addresses: [198.51.100.2/24]}' : ''}
routes:
  - {to: "${locator(far)}", via: "${wire(far)}"}
  - {to: 10.9.0.0/16, via: 10.${n}.0.2, tenant: ${side === 'gw' ? 'red' : 'blue'}}
srv6:
  locators: {own: {prefix: "${locator(side)}"}}
  sids:
    - {sid: "${sid(side, 'a')}", behavior: End.DT46, tenant: red}
    - {sid: "${sid(side, 'b')}", behavior: End.DT46, tenant: blue}
  policies:
    red: {segmentLists: [{segments: ["${sid(far, 'a')}"]}]}
    blue: {segmentLists: [{segments: ["${sid(far, 'b')}"]}]}
  steering:
    - {to: 10.${net(far)}.0.0/24, tenant: red, policy: red}
    - {to: "2001:db8:${net(far)}::/64", tenant: red, policy: red}
    - {to: 10.${net(far)}.0.0/24, tenant: blue, policy: blue}
    - {to: "2001:db8:${net(far)}::/64", tenant: blue, policy: blue}
    - {to: 10.9.0.0/16, tenant: ${side === 'gw' ? 'blue' : 'red'}, policy: ${side === 'gw' ? 'blue' : 'red'}}
${side === 'pe' ? '    - {to: "64:ff9b::/96", tenant: red, policy: red}' : ''}
${more}`;
}

const nat64 = `
nat64:
  main:
    pool6: 64:ff9b::/96
    tenant: red
    pool4: [{addresses: 198.51.100.10}]
    limits: {sessions: 4096}`;

/** Right hand side by the kernel, IPv6 only: a table of rules for each tenant, which knows the way to the domain, too. */
const kernelPe = [
  ['eth0', 'red', 110, 'a'],
  ['eth2', 'blue', 120, 'b'],
].flatMap(([device, , table, func]) => [
  `ip -6 addr add 2001:db8:2::1/64 dev ${device} nodad noprefixroute`,
  `ip -6 rule add iif ${device} table ${table}`,
  `ip -6 route add 2001:db8:2::/64 dev ${device} table ${table}`,
  `ip -6 route add ${locator('gw')} via ${wire('gw')} dev eth1 table ${table}`,
  `ip -6 route add 2001:db8:1::/64 encap seg6 mode encap segs ${sid('gw', String(func))} dev eth1 table ${table}`,
  `ip -6 route add ${sid('pe', String(func))} encap seg6local action End.DT6 table ${table} dev ${device}`,
]);

interface Scene {
  readonly lab: Lab;
  readonly hosts: Readonly<Record<'red1' | 'blue1' | 'red2' | 'blue2' | 'gw' | 'pe' | 'net', Host>>;
  readonly gateway: Gateway;
  /** The one on the right, if there is one. */
  readonly far: Gateway | undefined;
}

async function open(pe: 'gateway' | 'kernel' = 'gateway'): Promise<Scene> {
  const lab = await Lab.open();
  const hosts = lab.hosts('red1', 'blue1', 'red2', 'blue2', 'gw', 'pe', 'net');
  for (const [name, side, device] of [
    ['red1', 'gw', 'eth0'],
    ['blue1', 'gw', 'eth2'],
    ['red2', 'pe', 'eth0'],
    ['blue2', 'pe', 'eth2'],
  ] as const) {
    const n = net(side);
    const addresses = [`2001:db8:${n}::2/64`, `10.${n}.0.2/24`];
    await lab.link(hosts[name].port('eth0', { addresses, txChecksum: false }), hosts[side].port(device));
    await hosts[name].run(`ip route add default via 10.${n}.0.1 && ip -6 route add default via 2001:db8:${n}::1`);
  }
  await lab.link(hosts.gw.port('eth1'), hosts.pe.port('eth1'));
  // Before anybody asks for it: a neighbour that did not answer is asked again seconds later only.
  for (const side of ['gw', 'pe'] as const) await hosts[side].run(`ip addr add ${wire(side)}/64 dev eth1 nodad`);
  await lab.link(hosts.net.port('eth0', { addresses: ['198.51.100.1/24'] }), hosts.gw.port('eth3'));
  // A gateway that checks the reverse path would not answer ARP of a tenant, whose routes are not in its main table.
  for (const side of ['gw', 'pe'] as const) await hosts[side].run('sysctl -qw net.ipv4.conf.all.rp_filter=1');
  await hosts.red1.run('ip addr add 10.9.0.1/32 dev lo');
  await hosts.blue2.run('ip addr add 10.9.0.1/32 dev lo');
  const far = pe === 'gateway' ? await lab.gateway(hosts.pe, configuration('pe')) : undefined;
  if (far === undefined) await hosts.pe.run([...domain, ...kernelPe].join(' && '));
  return { lab, hosts, far, gateway: await lab.gateway(hosts.gw, configuration('gw', nat64)) };
}

const domain = [
  'sysctl -qw net.ipv6.conf.all.forwarding=1 net.ipv6.conf.all.seg6_enabled=1 net.ipv6.conf.eth1.seg6_enabled=1',
  `ip -6 route add ${locator('gw')} via ${wire('gw')}`,
  `ip sr tunsrc set ${wire('pe')}`,
];

/** What a client hears from whoever answers at an address: each server says its own name. */
async function whoAnswers(client: Host, servers: readonly Host[], address: string): Promise<string> {
  const heard = await client.run(`curl -sS --max-time 5 --noproxy '*' http://${address}/`);
  assert.ok(servers.some(({ name }) => name === heard));
  return heard;
}

async function introduce(host: Host): Promise<void> {
  const python = await Python.start(host);
  await python.do(
    `exec("import threading\\ndef serve():\\n l = socket(AF_INET6, SOCK_STREAM); l.bind(('::', 80)); l.listen(16)\\n while True:\\n  c = l.accept()[0]; c.recv(999); c.sendall(b'HTTP/1.0 200 OK\\\\r\\\\n\\\\r\\\\n${host.name}'); c.close()\\nt = threading.Thread(target=serve, daemon=True); t.start()", scope)`,
  );
}

test('each tenant reaches its own side, by the same addresses', async () => {
  const { lab, hosts } = await open();
  const { red1, red2, blue1, blue2 } = hosts;
  for (const host of [red1, red2, blue1, blue2]) await introduce(host);
  for (const [left, right] of [
    [red1, red2],
    [blue1, blue2],
  ] as const) {
    for (const address of ['10.2.0.2', '[2001:db8:2::2]'])
      assert.is(await whoAnswers(left, [red2, blue2], address), right.name);
    for (const address of ['10.1.0.2', '[2001:db8:1::2]'])
      assert.is(await whoAnswers(right, [red1, blue1], address), left.name);
  }
  // One prefix is on the left of red and on the right of blue.
  assert.is(await whoAnswers(red2, [red1, blue2], '10.9.0.1'), 'red1');
  assert.is(await whoAnswers(blue1, [red1, blue2], '10.9.0.1'), 'blue2');
  await lab.close();
});

test('errors about packets of a tenant come from its own ports, and go where it is', async () => {
  const { lab, hosts, gateway, far } = await open();
  gateway.expectDrops({ red: { too_big: 1 }, blue: { too_big: 1, hop_limit: 2 } });
  far?.expectDrops({ core: { hop_limit: 2 } });
  const hops = async (options: string): Promise<string[]> => {
    const output = await hosts.blue1.run(`traceroute -n -q 1 -N 1 -w 2 -m 6 ${options}`);
    return [...output.matchAll(/^ *\d+ +(\S+)/gm)].map(([, address]) => address as string);
  };
  assert.equal(await hops('-4 10.2.0.2'), ['10.1.0.1', '10.2.0.1', '10.2.0.2']);
  assert.equal(await hops('-6 2001:db8:2::2'), ['2001:db8:1::1', '2001:db8:2::1', '2001:db8:2::2']);
  assert.match((await ping(hosts.red1, '10.2.0.2', { size: 1472, dontFragment: true })).output, 'mtu = 1460');
  assert.match((await ping(hosts.blue1, '2001:db8:2::2', { size: 1452, dontFragment: true })).output, 'mtu=1460');
  await lab.close();
});

test('a tenant has no other routes than its own', async () => {
  const { lab, hosts, gateway } = await open();
  for (const address of ['198.51.100.1', wire('pe')])
    assert.is((await ping(hosts.red1, address, { waitSeconds: 0.2 })).received, 0);
  // The kernel knows one table only: it hears nothing of a tenant but ARP and neighbour discovery.
  assert.is((await ping(hosts.red1, '10.1.0.1', { waitSeconds: 0.2 })).received, 0);
  assert.is((await ping(hosts.red2, '10.1.0.1', { waitSeconds: 0.2 })).received, 0);
  assert.is(await gateway.drops('core', 'no_route'), 1);
  assert.is(await gateway.drops('red', 'forward_denied'), 3);
  assert.match(await hosts.gw.run('ip route show table 110'), /10\.1\.0\.0\/24 dev eth0 .*scope link/);
  assert.not.match(await hosts.gw.run('ip route show'), /10\.1\.0\.0/);
  await lab.close();
});

test('NAT64 of a tenant serves its clients here and behind the domain, and nobody else', async () => {
  const { lab, hosts, gateway } = await open();
  gateway.expectDrops({ uplink: { too_big: 'any' } }); // the domain carries less than the servers send
  await web(hosts.net, '198.51.100.1');
  for (const host of [hosts.red1, hosts.red2])
    assert.is(await download(host, '[64:ff9b::c633:6401]', 200_000), bodyDigest(200_000));
  assert.is((await ping(hosts.blue1, '64:ff9b::c633:6401', { waitSeconds: 0.2 })).received, 0);
  assert.is(await gateway.drops('blue', 'forward_denied'), 1);
  await lab.close();
});

test('the kernel as the other end, with a table for each tenant', async () => {
  const { lab, hosts } = await open('kernel');
  const { red1, red2, blue1, blue2 } = hosts;
  for (const host of [red1, red2, blue1, blue2]) await introduce(host);
  for (const [left, right] of [
    [red1, red2],
    [blue1, blue2],
  ] as const) {
    assert.is(await whoAnswers(left, [red2, blue2], '[2001:db8:2::2]'), right.name);
    assert.is(await whoAnswers(right, [red1, blue1], '[2001:db8:1::2]'), left.name);
  }
  await lab.close();
});

test.run();
