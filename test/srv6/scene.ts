/**
 * The laboratory of the SRv6 tests: two sites, and between them an SR domain of nodes on one wire.
 *
 *     client ------------------ gw ----------+----------- pe ------------------ server
 *     2001:db8:1::2   2001:db8:1::1          |            2001:db8:2::1         2001:db8:2::2
 *     10.1.0.2             10.1.0.1      mid1, mid2       10.2.0.1              10.2.0.2
 *
 * `gw` is the gateway under test; `pe` and the nodes between are the kernel, unless a test makes one of them a gateway.
 * Node n has 2001:db8:c0::n on the wire, and every node routes fcbb:bb00:n::/48 to it.
 */
import { type Capture, type Gateway, type Host, Lab } from '../kit/lab.ts';

/** Number of each node. */
export const nodes = { gw: 1, pe: 2, mid1: 11, mid2: 12 } as const;
export type NodeName = keyof typeof nodes;

/** The ports of the wire, in their order. */
const wirePorts: readonly NodeName[] = ['gw', 'pe', 'mid1', 'mid2'];

/** A SID of a node, by the function behind its locator: `sid('pe', 'd6')` is fcbb:bb00:2:d6::. */
export const sid = (node: NodeName, func: string): string => `fcbb:bb00:${nodes[node]}:${func}::`;
export const locator = (node: NodeName): string => `fcbb:bb00:${nodes[node]}::/48`;
export const wire = (node: NodeName): string => `2001:db8:c0::${nodes[node]}`;

export const client6 = '2001:db8:1::2';
export const client4 = '10.1.0.2';
export const server6 = '2001:db8:2::2';
export const server4 = '10.2.0.2';
export const client = { 4: client4, 6: client6 } as const;
export const server = { 4: server4, 6: server6 } as const;
export const site = {
  gw: { 4: '10.1.0.0/24', 6: '2001:db8:1::/64' },
  pe: { 4: '10.2.0.0/24', 6: '2001:db8:2::/64' },
} as const;

/** What differs from lab to lab. */
export interface SceneOptions {
  /** Lines below the key `srv6` of the gateway, indented by two spaces; its locator is there already. */
  readonly srv6: string;
  /** More top level keys of its configuration. */
  readonly more?: string;
  /** The interface `lan` of the gateway, as one line. */
  readonly lan?: string;
  /** Shell lines for kernel nodes, run when every link is up. */
  readonly kernel?: Readonly<Partial<Record<NodeName, readonly string[]>>>;
  /** The key `srv6` of nodes that are gateways, too. */
  readonly gateways?: Readonly<Partial<Record<'mid1' | 'mid2' | 'pe', string>>>;
  /** Bytes on the wire of the domain; 2000 unless told: encapsulation fits. */
  readonly coreMtu?: number;
  /** Routers that the gateway reaches other nodes through; by default each is its own. */
  readonly via?: Readonly<Partial<Record<NodeName, NodeName>>>;
  /** False: client and server fill in every checksum themselves. */
  readonly txChecksum?: boolean;
}

export class Scene {
  readonly lab: Lab;
  readonly gateway: Gateway;
  /** Further gateways by their hosts' names. */
  readonly others: ReadonlyMap<string, Gateway>;
  readonly client: Host;
  readonly server: Host;
  readonly #hosts: Readonly<Record<string, Host>>;
  readonly #captures: Capture[] = [];

  private constructor(
    lab: Lab,
    gateway: Gateway,
    others: ReadonlyMap<string, Gateway>,
    hosts: Readonly<Record<string, Host>>,
  ) {
    this.lab = lab;
    this.gateway = gateway;
    this.others = others;
    this.#hosts = hosts;
    this.client = this.host('client');
    this.server = this.host('server');
  }

  static async open(options: SceneOptions): Promise<Scene> {
    const lab = await Lab.open();
    const hosts = lab.hosts('client', 'gw', 'pe', 'server', 'mid1', 'mid2');
    const wireHost = await cable(lab, hosts, options);
    for (const name of ['pe', 'mid1', 'mid2'] as const)
      if (options.gateways?.[name] === undefined) await kernelNode(hosts[name], name, options.kernel?.[name] ?? []);
    const others = new Map<string, Gateway>();
    for (const [name, srv6] of Object.entries(options.gateways ?? {})) {
      const mtu = options.coreMtu === undefined ? {} : { coreMtu: options.coreMtu };
      const text = configuration(name as NodeName, { srv6, ...mtu });
      others.set(name, await lab.gateway(hosts[name as NodeName], text));
    }
    const gateway = await lab.gateway(hosts.gw, configuration('gw', options));
    const scene = new Scene(lab, gateway, others, { ...hosts, wire: wireHost });
    for (const host of [scene.client, scene.server]) scene.#captures.push(await arriving(host));
    return scene;
  }

  host(name: string): Host {
    const host = this.#hosts[name];
    if (host === undefined) throw new Error(`no host is called "${name}"`);
    return host;
  }

  /** Captures what crosses the wire of the domain, at the end of a node; a native XDP program would hide it there. */
  async tap(node: NodeName, filter = ''): Promise<Capture> {
    return this.host('wire').capture(`p${wirePorts.indexOf(node)}`, filter);
  }

  /** Packets that a SID of a gateway has processed. */
  async sidPackets(address: string, gateway = this.gateway): Promise<number> {
    const { sids } = await gateway.cli<{ sids: { sid: string; packets: number }[] }>('srv6 sids -o json');
    return sids.find((one) => one.sid === address)?.packets ?? Number.NaN;
  }

  /** Packets that a port of the gateway has dropped for a reason. */
  drops(port: string, reason: string): Promise<number> {
    return this.gateway.drops(port, reason);
  }

  /** Demands clean captures at both ends, where something came and the packet equation of every port, and removes the laboratory. */
  async close(): Promise<void> {
    for (const capture of this.#captures) {
      await capture.stop();
      if (capture.frames().length > 0) await capture.checkClean();
    }
    await this.lab.close();
  }
}

/**
 * What a host sends itself may still lack its checksum: only what reaches it has passed a node. Errors about size quote
 * the beginning of what was sent, and tshark takes the sum of that beginning for the packet's.
 */
async function arriving(host: Host): Promise<Capture> {
  const [, mac] = /link\/ether ([0-9a-f:]+)/.exec(await host.run('ip link show eth0')) ?? [];
  return host.capture('eth0', `not ether src ${mac} and not icmp[0] == 3 and not (ip6[6] == 58 and ip6[40] == 2)`);
}

/** Steers the other site into the SIDs of `pe`, behind these segments, one for each family. */
export function towardsPe(segments: readonly string[], six = sid('pe', 'd6'), four = sid('pe', 'd4')): string {
  const list = (last: string): string => [...segments, last].map((segment) => `"${segment}"`).join(', ');
  return `
  sids: [{sid: "${sid('gw', '46')}", behavior: End.DT46}]
  policies:
    six: {segmentLists: [{segments: [${list(six)}]}]}
    four: {segmentLists: [{segments: [${list(four)}]}]}
  steering:
    - {to: "${site.pe[6]}", policy: six}
    - {to: "${site.pe[4]}", policy: four}`;
}

/** Lines that make the kernel of `pe` take packets out, and encapsulate those for the other site. */
export function kernelPe(segments = sid('gw', '46'), mode = 'encap'): string[] {
  return [
    `ip -6 route add ${sid('pe', 'd6')} encap seg6local action End.DX6 nh6 ${server6} dev eth0`,
    `ip -6 route add ${sid('pe', 'd4')} encap seg6local action End.DX4 nh4 ${server4} dev eth0`,
    `ip -6 route add ${site.gw[6]} encap seg6 mode ${mode} segs ${segments} dev eth1`,
    `ip route add ${site.gw[4]} encap seg6 mode ${mode} segs ${segments} dev eth1`,
  ];
}

/** The key `srv6` of `pe` when it is a gateway. */
export const gatewayPe = `
  sids: [{sid: "${sid('pe', '46')}", behavior: End.DT46}]
  policies: {back: {segmentLists: [{segments: ["${sid('gw', '46')}"]}]}}
  steering: [{to: "${site.gw[6]}", policy: back}, {to: "${site.gw[4]}", policy: back}]`;

/** A kernel node that is one segment of a list. */
export const kernelEnd = (node: 'mid1' | 'mid2'): string =>
  `ip -6 route add ${sid(node, 'e')} encap seg6local action End dev eth1`;

/** The text of a gateway's configuration; `pe` has the other site. */
export function configuration(
  node: NodeName,
  { srv6, more = '', lan, via = {}, coreMtu = 2000 }: SceneOptions,
): string {
  const far = (Object.keys(nodes) as NodeName[]).filter((other) => other !== node);
  const net = node === 'gw' ? 1 : 2;
  const inside = `{device: eth0, role: inside, addresses: ["2001:db8:${net}::1/64", 10.${net}.0.1/24]}`;
  return `version: 1
interfaces:
  core: {device: eth1, role: core, mtu: ${coreMtu}, addresses: ["${wire(node)}/64"]}
${node === 'gw' || node === 'pe' ? `  lan: ${lan ?? inside}` : ''}
routes:
${far.map((other) => `  - {to: "${locator(other)}", via: "${wire(via[other] ?? other)}"}`).join('\n')}
srv6:
  locators: {own: {prefix: "${locator(node)}"}}
${srv6}
${more}
`;
}

type Hosts = Readonly<Record<'client' | 'gw' | 'pe' | 'server' | 'mid1' | 'mid2', Host>>;

async function cable(lab: Lab, hosts: Hosts, { coreMtu: mtu = 2000, txChecksum }: SceneOptions): Promise<Host> {
  const end = (addresses: readonly string[]) => ({ addresses, ...(txChecksum === undefined ? {} : { txChecksum }) });
  const here = end([`${client6}/64`, `${client4}/24`]);
  await lab.link(hosts.client.port('eth0', here), hosts.gw.port('eth0'));
  await lab.link(hosts.server.port('eth0', end([`${server6}/64`, `${server4}/24`])), hosts.pe.port('eth0'));
  const wireHost = await lab.segment('wire', ...wirePorts.map((name) => hosts[name].port('eth1', { mtu })));
  // Before anybody asks for it: a neighbour that did not answer is asked again seconds later only.
  for (const name of wirePorts) await hosts[name].run(`ip addr add ${wire(name)}/64 dev eth1 nodad`);
  await hosts.client.run('ip -6 route add default via 2001:db8:1::1 && ip route add default via 10.1.0.1');
  await hosts.server.run('ip -6 route add default via 2001:db8:2::1 && ip route add default via 10.2.0.1');
  return wireHost;
}

/** Makes the kernel of a host a node of the domain. Nothing may depend on how fast it is willing to tell of errors. */
async function kernelNode(host: Host, name: NodeName, lines: readonly string[]): Promise<void> {
  const own = name === 'pe' ? ['ip addr add 2001:db8:2::1/64 dev eth0 nodad', 'ip addr add 10.2.0.1/24 dev eth0'] : [];
  const settings = [
    'net.ipv6.conf.all.forwarding=1 net.ipv4.ip_forward=1 net.ipv6.conf.all.seg6_enabled=1',
    'net.ipv6.conf.eth1.seg6_enabled=1 net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.eth1.rp_filter=0',
    'net.ipv4.icmp_ratelimit=0 net.ipv4.icmp_msgs_per_sec=100000 net.ipv6.icmp.ratelimit=0',
  ];
  const far = (Object.keys(nodes) as NodeName[]).filter((other) => other !== name);
  await host.run(
    [
      `sysctl -qw ${settings.join(' ')}`,
      ...own,
      ...far.map((other) => `ip -6 route add ${locator(other)} via ${wire(other)}`),
      `ip sr tunsrc set ${wire(name)}`,
      ...lines,
    ].join(' && '),
  );
}
