/** The two scenes as data: who is there, how they are joined, and the file that drives the gateway. */

/** A network namespace and what is set up in it. */
export interface HostPlan {
  readonly name: string;
  /** By device. */
  readonly addresses: Readonly<Record<string, readonly string[]>>;
  /** `DESTINATION via ADDRESS`, as ip(8) takes it. */
  readonly routes: readonly string[];
  /** A router: the kernel forwards. */
  readonly forwards?: boolean;
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
  /** The server as clients name it: its address within pool6. */
  readonly target: string;
  readonly pool6: string;
  readonly pool4: readonly string[];
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
  pool6: '64:ff9b::/96',
  pool4: ['198.51.100.10', '198.51.100.11', '198.51.100.12', '198.51.100.13'],
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
  pool6: '64:ff9b::/96',
  pool4: ['203.0.113.16', '203.0.113.17', '203.0.113.18', '203.0.113.19'],
  gatewayRoute: 'default via 192.0.2.1',
};

export const scenes: readonly Scene[] = [twoPorts, oneArmed];
