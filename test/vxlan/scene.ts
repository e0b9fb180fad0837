/**
 * The laboratory of the VXLAN tests: pods behind the kernel's own VXLAN devices of their nodes, as agents of clusters set
 * them up: the VNI is the identity of the pod that sends, and replies come with VNI 2.
 *
 *     pod ------ node one --+
 *     10.8.3.7   10.1.7.2   +--- lan --- gw ------------------- server
 *     pod ------ node two --+    10.1.0.1   198.51.100.2        198.51.100.1
 *     10.8.4.7   10.1.7.3
 *
 * Underlay addresses of IPv6 are 2001:db8:a::1 and 2001:db8:a::7:2, ::7:3; the server also has 2001:db8:51::1.
 */
import { type Gateway, type Host, Lab } from '../kit/lab.ts';

export const server4 = '198.51.100.1';
export const server6 = '2001:db8:51::1';
export const end4 = '10.1.0.1';
export const end6 = '2001:db8:a::1';
/** A second endpoint, for a slot of `slots`. */
export const other4 = '10.1.0.2';
export const blue4 = '203.0.113.100';
export const blue6 = '2001:db8:e::100';

/** Everything that does not fall under a slot's policies leaves through the endpoint; addresses that nobody has. */
const VIA4 = '169.254.7.1';
const VIA6 = 'fe80::7:1';
const MAC = '02:00:5e:00:00:01';
/** Agents of clusters take every inner MAC address; the kernel takes its own only, which is what the gateway sends to. */
const DEVICE_MAC = '02:00:5e:00:00:02';

/** What differs from the plain laboratory. */
export interface Options {
  /** Family of the underlay; 4 unless told. */
  readonly underlay?: 4 | 6;
  /** MTU of the cable between gateway and server. */
  readonly outsideMtu?: number;
  /** Policies, on one line. */
  readonly policies?: string;
  /** More keys of the slot, such as `ttl: 9`. */
  readonly slot?: string;
  /** Nodes of the slot, in place of one and two: a list. */
  readonly nodes?: string;
  /** More slots, a line each. */
  readonly slots?: readonly string[];
  /** More keys of `egress`, a line each. */
  readonly egress?: readonly string[];
  /** More top level keys. */
  readonly more?: string;
  /** Another configuration altogether. */
  readonly document?: string;
}

export const anyPod =
  '{slot: prod-a, sources: [10.8.0.0/16, "2001:db8:8::/48"], destinations: [0.0.0.0/0, "::/0"], pool: blue}';

/** The text of the configuration. */
export function configuration({ underlay, policies, slot, more, egress, slots, ...options }: Options = {}): string {
  const [end, both] = underlay === 6 ? [`"${end6}"`, '["2001:db8:a::7:2/127"]'] : [end4, '[10.1.7.2/31]'];
  const lines = (list: readonly string[] = []): string => list.map((line) => `\n  ${line}`).join('');
  const nodes = options.nodes ?? both;
  return `version: 1
interfaces:
  lan: {device: eth0, role: inside, addresses: [${end4}/16, ${other4}/16, "${end6}/64"]}
  uplink: {device: eth1, role: outside, addresses: [198.51.100.2/24, "2001:db8:51::2/64"]}
vxlan:
  prod-a: {address: ${end}, nodes: ${nodes}${slot === undefined ? '' : `, ${slot}`}}${lines(slots)}
egress:
  limits: {sessions: 4096}
  pools: {blue: {addresses: [${blue4}, "${blue6}"]}, red: {addresses: [203.0.113.101, "2001:db8:e::101"]}}
  policies: ${policies ?? `{pods: ${anyPod}}`}${lines(egress)}
${more ?? ''}
`;
}

/** An open laboratory. */
export interface Scene {
  readonly lab: Lab;
  readonly gateway: Gateway;
  readonly gw: Host;
  readonly server: Host;
  readonly one: Host;
  readonly two: Host;
}

export async function openScene(options: Options = {}): Promise<Scene> {
  const lab = await Lab.open();
  const { gw, server, one, two } = lab.hosts('gw', 'server', 'one', 'two');
  const node = (host: Host, last: number) =>
    host.port('eth0', { addresses: [`10.1.7.${last}/16`, `2001:db8:a::7:${last}/64`] });
  await lab.segment('lan', gw.port('eth0'), node(one, 2), node(two, 3));
  const mtu = options.outsideMtu === undefined ? {} : { mtu: options.outsideMtu };
  await lab.link(server.port('eth0', { addresses: [`${server4}/24`, `${server6}/64`], ...mtu }), gw.port('eth1', mtu));
  await server.run('ip route add default via 198.51.100.2 && ip -6 route add default via 2001:db8:51::2');
  for (const host of [one, two]) await makeNode(host);
  const gateway = await lab.gateway(gw, options.document ?? configuration(options));
  return { lab, gateway, gw, server, one, two };
}

/** Makes a host a node: forwarding, and the VXLAN device of its agent. */
export async function makeNode(host: Host): Promise<void> {
  await host.run('sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1');
  await host.run(
    `ip link add vx0 address ${DEVICE_MAC} type vxlan external dstport 8472 && ip link set vx0 mtu 1450 up`,
  );
  await host.run(
    `ip neigh add ${VIA4} lladdr ${MAC} dev vx0 nud permanent && ip neigh add ${VIA6} lladdr ${MAC} dev vx0 nud permanent`,
  );
}

/** What a pod is, and where. */
export interface PodOptions {
  readonly address4: string;
  readonly address6: string;
  readonly identity: number;
  readonly underlay?: 4 | 6;
  /** Endpoint that its node sends to. */
  readonly end?: string;
}

/** Starts a pod on a node: a namespace behind a cable, and what its agent says of it to the kernel. */
export async function startPod(lab: Lab, node: Host, name: string, options: PodOptions): Promise<Host> {
  const pod = lab.host(name);
  const { address4, address6 } = options;
  await lab.link(
    pod.port('eth0', { addresses: [`${address4}/32`, `${address6}/128`], mtu: 1450 }),
    node.port(name, { addresses: ['169.254.8.1/32', 'fe80::8:1/64'], mtu: 1450 }),
  );
  await pod.run('ip route add 169.254.8.1 dev eth0 && ip route add default via 169.254.8.1');
  await pod.run('ip -6 route add default via fe80::8:1 dev eth0');
  await node.run(`ip route add ${address4} dev ${name} && ip -6 route add ${address6} dev ${name}`);
  await tellAgent(node, options);
  return pod;
}

/** The identity that packets of a pod leave its node with. */
export async function tellAgent(
  node: Host,
  { address4, address6, identity, underlay, end }: PodOptions,
): Promise<void> {
  const encap = `encap ${underlay === 6 ? 'ip6' : 'ip'} id ${identity} dst ${end ?? (underlay === 6 ? end6 : end4)}`;
  await node.run(`ip route replace default ${encap} via ${VIA4} dev vx0 onlink table ${identity}`);
  await node.run(`ip -6 route replace default ${encap} via ${VIA6} dev vx0 onlink table ${identity}`);
  await node.run(
    `ip rule add from ${address4} lookup ${identity} && ip -6 rule add from ${address6} lookup ${identity}`,
  );
}

/** The gateway as nodes and the server see it, for frames that are made by hand. */
export async function macOf(host: Host, port: string): Promise<string> {
  const [, mac = ''] = /link\/ether ([0-9a-f:]+)/.exec(await host.run(`ip link show ${port}`)) ?? [];
  return mac;
}

export const cart = { address4: '10.8.3.7', address6: '2001:db8:8:3::7', identity: 12_077 };
export const batch = { address4: '10.8.4.7', address6: '2001:db8:8:4::7', identity: 45_123 };
