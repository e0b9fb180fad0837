/** The scenes as data: who is there, how they are joined, and the file that drives the gateway. */

/** A network namespace and what is set up in it. */
export interface HostPlan {
  readonly name: string;
  /** By device. */
  readonly addresses: Readonly<Record<string, readonly string[]>>;
  /** `DESTINATION via ADDRESS`, as ip(8) takes it. */
  readonly routes: readonly string[];
  /** A router: the kernel forwards. */
  readonly forwards?: boolean;
  /** Shell lines that end its set-up. */
  readonly more?: readonly string[];
}

/** One end of a cable. */
export interface Plug {
  readonly host: string;
  readonly device: string;
}

export interface Scene {
  readonly name: string;
  /** One line for people. */
  readonly about: string;
  readonly instance: string;
  readonly config: string;
  readonly hosts: readonly HostPlan[];
  readonly cables: readonly (readonly [Plug, Plug])[];
  readonly client: string;
  readonly gateway: string;
  readonly server: string;
  /** Networks and addresses that the captures are judged by. */
  readonly clientAddress: string;
  readonly serverAddress: string;
  /** The server as clients name it; through NAT64 another address than its own. */
  readonly target: string;
  /** Addresses that the server may see the client with. */
  readonly seenAs: readonly string[];
  /** The route that `--break route` takes away from the gateway's kernel. */
  readonly gatewayRoute: string;
}

const plug = (host: string, device: string): Plug => ({ host, device });

/** IPv6-only clients on one interface, the IPv4 world on another. */
const twoPorts: Scene = {
  name: 'two ports',
  about: 'client eth0 -- lan [edge-a] uplink -- eth0 server',
  instance: 'edge-a',
  config: `version: 1
system: {name: edge-a}

interfaces:
  lan:    {device: eth0, role: inside, addresses: [2001:db8:1::1/64]}
  uplink: {device: eth1, role: outside, addresses: [198.51.100.2/24]}

nat64:
  main:
    pool6: 64:ff9b::/96
    pool4: [{addresses: 198.51.100.10-198.51.100.13}]
    limits: {sessions: 16384}
`,
  hosts: [
    { name: 'client', addresses: { eth0: ['2001:db8:1::2/64'] }, routes: ['default via 2001:db8:1::1'] },
    { name: 'gw', addresses: {}, routes: [] },
    { name: 'server', addresses: { eth0: ['198.51.100.80/24'] }, routes: [] },
  ],
  cables: [
    [plug('client', 'eth0'), plug('gw', 'eth0')],
    [plug('gw', 'eth1'), plug('server', 'eth0')],
  ],
  client: 'client',
  gateway: 'gw',
  server: 'server',
  clientAddress: '2001:db8:1::2',
  serverAddress: '198.51.100.80',
  target: '64:ff9b::c633:6450',
  seenAs: ['198.51.100.10', '198.51.100.11', '198.51.100.12', '198.51.100.13'],
  gatewayRoute: '198.51.100.0/24 dev eth1',
};

/** Clients and servers are behind the same router: packets come in and leave by one device. */
const oneArmed: Scene = {
  name: 'one-armed',
  about: 'client eth0 -- router -- eth0 server, and [edge-b] on one cable of the router',
  instance: 'edge-b',
  config: `version: 1
system: {name: edge-b}

interfaces:
  both: {device: eth0, role: [inside, outside], addresses: [2001:db8:2::2/64, 192.0.2.2/24]}

routes:
  - {to: default, via: 192.0.2.1}
  - {to: default, via: 2001:db8:2::1}

nat64:
  main:
    pool6: 64:ff9b::/96
    pool4: [{addresses: 203.0.113.16/30}]
    limits: {sessions: 16384}
`,
  hosts: [
    { name: 'b-client', addresses: { eth0: ['2001:db8:1::2/64'] }, routes: ['default via 2001:db8:1::1'] },
    {
      name: 'b-router',
      addresses: {
        eth0: ['2001:db8:1::1/64'],
        eth1: ['2001:db8:2::1/64', '192.0.2.1/24'],
        eth2: ['198.51.100.1/24'],
      },
      routes: ['64:ff9b::/96 via 2001:db8:2::2', '203.0.113.16/30 via 192.0.2.2'],
      forwards: true,
    },
    { name: 'b-gw', addresses: {}, routes: [] },
    { name: 'b-server', addresses: { eth0: ['198.51.100.80/24'] }, routes: ['default via 198.51.100.1'] },
  ],
  cables: [
    [plug('b-client', 'eth0'), plug('b-router', 'eth0')],
    [plug('b-gw', 'eth0'), plug('b-router', 'eth1')],
    [plug('b-server', 'eth0'), plug('b-router', 'eth2')],
  ],
  client: 'b-client',
  gateway: 'b-gw',
  server: 'b-server',
  clientAddress: '2001:db8:1::2',
  serverAddress: '198.51.100.80',
  target: '64:ff9b::c633:6450',
  seenAs: ['203.0.113.16', '203.0.113.17', '203.0.113.18', '203.0.113.19'],
  gatewayRoute: 'default via 192.0.2.1',
};

/** Clients with private addresses leave with an address that the other side has let in. */
const egress: Scene = {
  name: 'egress',
  about: 'client eth0 -- lan [edge-c] uplink -- eth0 server: source NAT by policy',
  instance: 'edge-c',
  config: `version: 1
system: {name: edge-c}

interfaces:
  lan:    {device: eth0, role: inside, addresses: [10.20.0.1/24]}
  uplink: {device: eth1, role: outside, addresses: [198.51.100.2/24]}

egress:
  pools:
    blue: {addresses: [198.51.100.20-198.51.100.21]}
  policies:
    vms: {sources: [10.20.0.0/16], destinations: [0.0.0.0/0], excluded: [10.0.0.0/8], pool: blue}
`,
  hosts: [
    { name: 'c-client', addresses: { eth0: ['10.20.0.2/24'] }, routes: ['default via 10.20.0.1'] },
    { name: 'c-gw', addresses: {}, routes: [] },
    { name: 'c-server', addresses: { eth0: ['198.51.100.80/24'] }, routes: [] },
  ],
  cables: [
    [plug('c-client', 'eth0'), plug('c-gw', 'eth0')],
    [plug('c-gw', 'eth1'), plug('c-server', 'eth0')],
  ],
  client: 'c-client',
  gateway: 'c-gw',
  server: 'c-server',
  clientAddress: '10.20.0.2',
  serverAddress: '198.51.100.80',
  target: '198.51.100.80',
  seenAs: ['198.51.100.20', '198.51.100.21'],
  gatewayRoute: '198.51.100.0/24 dev eth1',
};

/** Two IPv4 networks, joined over an IPv6 core: the other end of both tunnels is the Linux kernel. */
const srv6: Scene = {
  name: 'srv6',
  about: 'client eth0 -- lan [edge-d] core -- Linux seg6 -- eth0 server',
  instance: 'edge-d',
  config: `version: 1
system: {name: edge-d}

interfaces:
  lan:  {device: eth0, role: inside, addresses: [10.1.0.1/24]}
  core: {device: eth1, role: core, mtu: 1600, addresses: ["2001:db8:c0::1/64"]}

routes:
  - {to: "fcbb:2::/48", via: "2001:db8:c0::2"}

srv6:
  locators:
    edge: {prefix: "fcbb:1::/48"}
  sids:
    - {sid: "fcbb:1::46", behavior: End.DT46}
  policies:
    dc2: {segmentLists: [{segments: ["fcbb:2::4"]}]}
  steering:
    - {to: 10.9.0.0/24, policy: dc2}
`,
  hosts: [
    { name: 'd-client', addresses: { eth0: ['10.1.0.2/24'] }, routes: ['default via 10.1.0.1'] },
    { name: 'd-gw', addresses: {}, routes: [] },
    {
      name: 'd-pe',
      addresses: { eth0: ['2001:db8:c0::2/64'], eth1: ['10.9.0.1/24'] },
      routes: [
        'fcbb:1::/48 via 2001:db8:c0::1',
        'fcbb:2::4/128 encap seg6local action End.DX4 nh4 10.9.0.80 dev eth1',
        '10.1.0.0/24 encap seg6 mode encap segs fcbb:1::46 dev eth0',
      ],
      forwards: true,
      more: [
        'ip link set eth0 mtu 1600',
        'ip sr tunsrc set 2001:db8:c0::2',
        'sysctl -qw net.ipv6.conf.all.seg6_enabled=1 net.ipv6.conf.eth0.seg6_enabled=1',
      ],
    },
    { name: 'd-server', addresses: { eth0: ['10.9.0.80/24'] }, routes: ['default via 10.9.0.1'] },
  ],
  cables: [
    [plug('d-client', 'eth0'), plug('d-gw', 'eth0')],
    [plug('d-gw', 'eth1'), plug('d-pe', 'eth0')],
    [plug('d-server', 'eth0'), plug('d-pe', 'eth1')],
  ],
  client: 'd-client',
  gateway: 'd-gw',
  server: 'd-server',
  clientAddress: '10.1.0.2',
  serverAddress: '10.9.0.80',
  target: '10.9.0.80',
  seenAs: ['10.1.0.2'],
  gatewayRoute: 'fcbb:2::/48 via 2001:db8:c0::2',
};

export const scenes: readonly Scene[] = [twoPorts, oneArmed, egress, srv6];
