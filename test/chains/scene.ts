/**
 * The laboratory of the chains: one gateway with every kind of link, and the kernel as the other end of each tunnel.
 *
 *     branch ------- pe ===SRv6=== gw ------------------- server
 *     10.3.0.2       c0::2         |  198.51.100.2        198.51.100.1
 *     2001:db8:b::2                |  2001:db8:51::2      2001:db8:51::1
 *                                  |
 *     pod ---- node ====VXLAN=====-+------- client
 *     10.8.3.7      10.1.7.2           2001:db8:c::2
 *     2001:db8:8:3::7
 */
import { eventually } from '../kit/eventually.ts';
import { type Gateway, type Host, Lab, type RunningProcess } from '../kit/lab.ts';
import { ping } from '../kit/traffic.ts';
import { cart, makeNode, startPod } from '../vxlan/scene.ts';

export const branch4 = '10.3.0.2';
export const branch6 = '2001:db8:b::2';
export const server4 = '198.51.100.1';
export const server6 = '2001:db8:51::1';
export const client6 = '2001:db8:c::2';
export const pod4 = cart.address4;
export const pod6 = cart.address6;
export const nat64Pool = '203.0.113.16';
export const blue4 = '203.0.113.100';
export const blue6 = '2001:db8:e::100';
export const red4 = '203.0.113.101';
export const red6 = '2001:db8:e::101';
/** Segments into the branch, each behind the kernel's End of the same node. */
const middle = 'fcbb:bb00:2:e::';
const [into6, into4] = ['fcbb:bb00:2:d6::', 'fcbb:bb00:2:d4::'];
const home = 'fcbb:bb00:1:46::';

export const srv6Path = { 4: `srv6 ${middle},${into4}`, 6: `srv6 ${middle},${into6}` } as const;
export const vxlanPath = 'vxlan 10.1.7.2';
/** How an IPv6-only host writes an IPv4 address. */
export const nat64Of = (address: string): string => `64:ff9b::${address}`;

const configuration = `version: 1
interfaces:
  core: {device: eth0, role: core, mtu: 2000, addresses: ["2001:db8:c0::1/64"]}
  uplink: {device: eth1, role: outside, addresses: [198.51.100.2/24, "2001:db8:51::2/64"]}
  under: {device: eth2, role: inside, addresses: [10.1.0.1/16]}
  lan: {device: eth3, role: inside, addresses: ["2001:db8:c::1/64"]}
routes: [{to: "fcbb:bb00:2::/48", via: "2001:db8:c0::2"}]
srv6:
  locators: {own: {prefix: "fcbb:bb00:1::/48"}}
  sids: [{sid: "${home}", behavior: End.DT46}]
  policies:
    six: {segmentLists: [{segments: ["${middle}", "${into6}"]}]}
    four: {segmentLists: [{segments: ["${middle}", "${into4}"]}]}
  steering: [{to: "2001:db8:b::/64", policy: six}, {to: 10.3.0.0/24, policy: four}]
vxlan: {prod-a: {address: 10.1.0.1, nodes: [10.1.7.2]}}
nat64: {main: {pool6: "64:ff9b::/96", pool4: [{addresses: ${nat64Pool}}], limits: {sessions: 4096}}}
egress:
  limits: {sessions: 4096}
  pools: {blue: {addresses: [${blue4}, "${blue6}"]}, red: {addresses: [${red4}, "${red6}"]}}
  policies:
    branch: {sources: [10.3.0.0/24, "2001:db8:b::/64"], destinations: [198.51.100.0/24, "2001:db8:51::/64"], pool: red}
    pods: {slot: prod-a, sources: [10.8.0.0/16, "2001:db8:8::/48"], destinations: [0.0.0.0/0, "::/0"], pool: blue}
  forwards:
    - {proto: tcp, outside: "${blue4}:443", inside: "${cart.address4}:8443", slot: prod-a}
    - {proto: tcp, outside: "[${blue6}]:443", inside: "[${cart.address6}]:8443", slot: prod-a}
    - {proto: tcp, outside: "${red4}:443", inside: "${branch4}:8443"}
    - {proto: tcp, outside: "[${red6}]:443", inside: "[${branch6}]:8443"}
`;

/** Where the kernel of `pe` sends what its branch sends. */
const elsewhere6 = ['64:ff9b::/96', '2001:db8:51::/64', '2001:db8:e::/64', '2001:db8:c::/64'];
const elsewhere4 = ['198.51.100.0/24', '203.0.113.0/24'];
const pe = [
  'sysctl -qw net.ipv6.conf.all.forwarding=1 net.ipv4.ip_forward=1 net.ipv6.conf.all.seg6_enabled=1',
  'sysctl -qw net.ipv6.conf.eth1.seg6_enabled=1 net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.eth1.rp_filter=0',
  'ip sr tunsrc set 2001:db8:c0::2',
  'ip -6 route add fcbb:bb00:1::/48 via 2001:db8:c0::1',
  `ip -6 route add ${middle} encap seg6local action End dev eth1`,
  `ip -6 route add ${into6} encap seg6local action End.DX6 nh6 ${branch6} dev eth0`,
  `ip -6 route add ${into4} encap seg6local action End.DX4 nh4 ${branch4} dev eth0`,
  ...elsewhere6.map((to) => `ip -6 route add ${to} encap seg6 mode encap segs ${home} dev eth1`),
  ...elsewhere4.map((to) => `ip route add ${to} encap seg6 mode encap segs ${home} dev eth1`),
];

export interface Scene {
  readonly lab: Lab;
  readonly gateway: Gateway;
  readonly branch: Host;
  readonly server: Host;
  readonly client: Host;
  readonly pod: Host;
}

/** @param document text of the configuration, where it is another one */
export async function openScene(document = configuration): Promise<Scene> {
  const lab = await Lab.open();
  const hosts = lab.hosts('branch', 'pe', 'gw', 'server', 'node', 'client');
  const { branch, client, gw, node, server } = hosts;
  await lab.link(
    hosts.pe.port('eth1', { addresses: ['2001:db8:c0::2/64'], mtu: 2000 }),
    gw.port('eth0', { mtu: 2000 }),
  );
  await lab.link(server.port('eth0', { addresses: [`${server4}/24`, `${server6}/64`] }), gw.port('eth1'));
  await lab.link(node.port('eth0', { addresses: ['10.1.7.2/16'] }), gw.port('eth2'));
  await lab.link(client.port('eth0', { addresses: [`${client6}/64`] }), gw.port('eth3'));
  await lab.link(
    branch.port('eth0', { addresses: [`${branch4}/24`, `${branch6}/64`] }),
    hosts.pe.port('eth0', { addresses: ['10.3.0.1/24', '2001:db8:b::1/64'] }),
  );
  await hosts.pe.run(pe.join(' && '));
  await branch.run('ip route add default via 10.3.0.1 && ip -6 route add default via 2001:db8:b::1');
  await server.run('ip route add default via 198.51.100.2 && ip -6 route add default via 2001:db8:51::2');
  await client.run('ip -6 route add default via 2001:db8:c::1');
  await makeNode(node);
  const pod = await startPod(lab, node, 'cart', cart);
  return { lab, gateway: await lab.gateway(gw, document), branch, server, client, pod };
}

/** Starts `monitor` and waits until it shows what happens: a packet to an address that no session has is dropped. */
export async function startMonitor({ gateway, server }: Scene): Promise<RunningProcess> {
  const monitor = gateway.spawnCli('monitor');
  await eventually(async () => {
    await ping(server, nat64Pool, { waitSeconds: 0.1 });
    return monitor.stdout.includes('pool_no_session');
  });
  return monitor;
}
