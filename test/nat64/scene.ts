/**
 * The laboratory of the NAT64 tests: an IPv6-only client, the gateway, an IPv4-only server, and where a test wishes
 * them a router on either side.
 *
 *     client --------------------- gw ---------------------- server
 *     2001:db8:1::2       2001:db8:1::1  198.51.100.2       198.51.100.1
 *
 *     client --------- inner ----- gw ----- outer ---------- server
 *     2001:db8:2::2    2001:db8:1::2        198.51.100.1    203.0.113.2
 */
import { type Capture, type Gateway, type Host, Lab, type PortOptions } from '../kit/lab.ts';

/** What differs from the plain laboratory. */
export interface SceneOptions {
  /** A router between client and gateway, and one between gateway and server. */
  readonly routers?: boolean;
  /** MTU of the links client - inner, inner - gw, gw - outer, outer - server; 1500 unless told. */
  readonly mtu?: {
    readonly client?: number;
    readonly inside?: number;
    readonly outside?: number;
    readonly server?: number;
  };
  /** False: client and server fill in every checksum themselves. */
  readonly txChecksum?: boolean;
  /** Translation prefix. */
  readonly pool6?: string;
  /** As in the configuration, one line. */
  readonly pool4?: string;
  /** As in the configuration, one line, such as `{udp: 2s}`. */
  readonly timeouts?: string;
  /** Names of more hosts beside the client: 2001:db8:1::3 and so on. */
  readonly clients?: readonly string[];
  /** Names of more hosts beside the server: 198.51.100.3 and so on. */
  readonly servers?: readonly string[];
  /** No capture, for tests that make their own. */
  readonly capture?: false;
}

/** A session as `sixgate sessions -o json` shows it, as far as tests look at it. */
export interface SessionView {
  readonly proto: string;
  readonly inside: { readonly address: string; readonly port: number };
  readonly outside: { readonly address: string; readonly port: number };
  readonly destination: { readonly address: string; readonly port: number };
  readonly state: string;
  readonly expiresMs: number;
}

/** An open laboratory. */
export class Scene {
  readonly lab: Lab;
  readonly gateway: Gateway;
  readonly client: Host;
  readonly server: Host;
  /** IPv4 address of the server. */
  readonly server4: string;
  /** The server as the client sees it. */
  readonly server6: string;
  readonly #hosts: ReadonlyMap<string, Host>;
  readonly #captures: Capture[] = [];

  private constructor(lab: Lab, gateway: Gateway, hosts: ReadonlyMap<string, Host>, options: SceneOptions) {
    this.lab = lab;
    this.gateway = gateway;
    this.#hosts = hosts;
    this.client = this.host('client');
    this.server = this.host('server');
    this.server4 = options.routers === true ? '203.0.113.2' : '198.51.100.1';
    this.server6 = `64:ff9b::${this.server4}`;
  }

  static async open(options: SceneOptions = {}): Promise<Scene> {
    const lab = await Lab.open();
    const hosts = new Map<string, Host>();
    const names = ['client', 'gw', 'server', ...(options.clients ?? []), ...(options.servers ?? [])];
    if (options.routers === true) names.push('inner', 'outer');
    for (const name of names) hosts.set(name, lab.host(name));
    const get = (name: string): Host => hosts.get(name) as Host;
    await (options.routers === true ? withRouters(lab, get, options) : direct(lab, get, options));
    const gateway = await lab.gateway(get('gw'), configuration(options));
    const scene = new Scene(lab, gateway, hosts, options);
    if (options.capture !== false) {
      for (const host of [scene.client, scene.server]) scene.#captures.push(await arriving(host));
    }
    return scene;
  }

  /** One of the other hosts. */
  host(name: string): Host {
    const host = this.#hosts.get(name);
    if (host === undefined) throw new Error(`no host is called "${name}"`);
    return host;
  }

  /** A capture that `close` checks, too. */
  async capture(host: Host, port: string, filter = ''): Promise<Capture> {
    const capture = await host.capture(port, filter);
    this.#captures.push(capture);
    return capture;
  }

  /** The sessions, in the order of their numbers. */
  async sessions(filter = ''): Promise<readonly SessionView[]> {
    return (await this.gateway.cli<{ sessions: SessionView[] }>(`sessions -o json ${filter}`)).sessions;
  }

  /** Packets that a port has dropped for a reason. */
  drops(port: string, reason: string): Promise<number> {
    return this.gateway.drops(port, reason);
  }

  /** Demands clean captures and the packet equation of every port, and removes the laboratory. */
  async close(): Promise<void> {
    for (const capture of this.#captures) await capture.checkClean();
    await this.lab.close();
  }
}

/** What a host sends itself may still lack its checksum: only what reaches it has passed the gateway. */
async function arriving(host: Host): Promise<Capture> {
  const [, mac] = /link\/ether ([0-9a-f:]+)/.exec(await host.run('ip link show eth0')) ?? [];
  return host.capture('eth0', `not ether src ${mac}`);
}

function configuration(options: SceneOptions): string {
  const { mtu = {} } = options;
  return `version: 1
interfaces:
  lan: {device: eth0, role: inside, addresses: [2001:db8:1::1/64], mtu: ${mtu.inside ?? 1500}}
  uplink: {device: eth1, role: outside, addresses: [198.51.100.2/24], mtu: ${mtu.outside ?? 1500}}
routes:
  - {to: "2001:db8:2::/64", via: "2001:db8:1::2"}
  - {to: default, via: 198.51.100.1}
nat64:
  main:
    pool6: ${options.pool6 ?? '64:ff9b::/96'}
    pool4: ${options.pool4 ?? '[{addresses: 198.51.100.10-198.51.100.11}]'}
    limits: {sessions: 4096}
    timeouts: ${options.timeouts ?? '{}'}
`;
}

function end(options: SceneOptions, address: string, mtu?: number): PortOptions {
  return {
    addresses: [address],
    ...(mtu === undefined ? {} : { mtu }),
    ...(options.txChecksum === undefined ? {} : { txChecksum: options.txChecksum }),
  };
}

async function direct(lab: Lab, get: (name: string) => Host, options: SceneOptions): Promise<void> {
  const { mtu = {}, clients = [], servers = [] } = options;
  const inside = ['client', ...clients].map((name, index) =>
    get(name).port('eth0', end(options, `2001:db8:1::${index + 2}/64`, mtu.inside)),
  );
  const outside = ['server', ...servers].map((name, index) =>
    get(name).port('eth0', end(options, `198.51.100.${index === 0 ? 1 : index + 2}/24`, mtu.outside)),
  );
  const lan = get('gw').port('eth0', mtu.inside === undefined ? {} : { mtu: mtu.inside });
  const uplink = get('gw').port('eth1', mtu.outside === undefined ? {} : { mtu: mtu.outside });
  await join(lab, 'lan', lan, inside);
  await join(lab, 'net', uplink, outside);
  for (const name of ['client', ...clients]) await get(name).run('ip -6 route add default via 2001:db8:1::1');
  for (const name of ['server', ...servers]) await get(name).run('ip route add default via 198.51.100.2');
}

type PortOf = ReturnType<Host['port']>;

async function join(lab: Lab, name: string, gateway: PortOf, ports: readonly PortOf[]): Promise<void> {
  const [only] = ports;
  if (ports.length === 1 && only !== undefined) await lab.link(only, gateway);
  else await lab.segment(name, gateway, ...ports);
}

async function withRouters(lab: Lab, get: (name: string) => Host, options: SceneOptions): Promise<void> {
  const { mtu = {} } = options;
  const size = (bytes: number | undefined): PortOptions => (bytes === undefined ? {} : { mtu: bytes });
  const [inner, outer, gw] = [get('inner'), get('outer'), get('gw')];
  await lab.link(
    get('client').port('eth0', end(options, '2001:db8:2::2/64', mtu.client)),
    inner.port('eth0', { addresses: ['2001:db8:2::1/64'], ...size(mtu.client) }),
  );
  await lab.link(
    inner.port('eth1', { addresses: ['2001:db8:1::2/64'], ...size(mtu.inside) }),
    gw.port('eth0', size(mtu.inside)),
  );
  await lab.link(
    outer.port('eth1', { addresses: ['198.51.100.1/24'], ...size(mtu.outside) }),
    gw.port('eth1', size(mtu.outside)),
  );
  await lab.link(
    get('server').port('eth0', end(options, '203.0.113.2/24', mtu.server)),
    outer.port('eth0', { addresses: ['203.0.113.1/24'], ...size(mtu.server) }),
  );
  // Nothing in a test may depend on how fast a router is willing to tell of errors.
  const unlimited =
    'net.ipv4.icmp_ratelimit=0 net.ipv4.icmp_msgs_per_sec=100000 net.ipv4.icmp_msgs_burst=10000 net.ipv6.icmp.ratelimit=0';
  await inner.run(`sysctl -qw net.ipv6.conf.all.forwarding=1 ${unlimited}`);
  await outer.run(`sysctl -qw net.ipv4.ip_forward=1 ${unlimited}`);
  await get('client').run('ip -6 route add default via 2001:db8:2::1');
  await inner.run('ip -6 route add default via 2001:db8:1::1');
  await get('server').run('ip route add default via 203.0.113.1');
}
