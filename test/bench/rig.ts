/**
 * The rig: gateways side by side, each in a namespace of its own, all with both ports plugged into one other namespace,
 * `world`, which is this process's own. Generator and sinks are there.
 *
 *     world  NAME-in ---- eth0  NAME  eth1 ---- NAME-out  world
 *
 * Clients are behind a router of the world on the inner side (2001:db8:2::/48, 10.0.0.0/8), servers behind one on the
 * outer side (2001:db8:d::/48, 203.0.113.0/24). No neighbour is ever asked for: the world does not answer.
 */
import { execFileSync } from 'node:child_process';
import { BpfLink } from '../../appliance/dataplane/link.ts';
import { parseMac } from '../../appliance/model/address.ts';
import { type Gateway, Host, Lab } from '../kit/lab.ts';
import { compile, Generator, References, Sink } from './programs.ts';

export const subjects = ['ceiling', 'kernel', 'masquerade', 'sixgate'] as const;
export type Subject = (typeof subjects)[number];
/** A side of a gateway. */
export type Side = 'in' | 'out';

const config = `version: 1
interfaces:
  lan: {device: eth0, role: inside, addresses: [2001:db8:1::1/64], xdp: native}
  uplink: {device: eth1, role: outside, addresses: [198.51.100.2/24], xdp: native}
routes:
  - {to: "2001:db8:2::/48", via: "2001:db8:1::2"}
  - {to: default, via: 198.51.100.1}
nat64:
  main:
    pool6: 64:ff9b::/96
    pool4: [{addresses: 198.51.100.16/28}]
    limits: {sessions: 262144}
`;

const kernelLines = [
  'sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1 net.ipv4.conf.all.rp_filter=0',
  'sysctl -qw net.ipv4.conf.eth0.rp_filter=0 net.ipv4.conf.eth1.rp_filter=0',
  'ip addr add 2001:db8:1::1/64 dev eth0 nodad && ip addr add 10.1.0.1/24 dev eth0',
  'ip addr add 2001:db8:3::1/64 dev eth1 nodad && ip addr add 198.51.100.2/24 dev eth1',
  'ip route add 2001:db8:2::/48 via 2001:db8:1::2 && ip route add 10.0.0.0/8 via 10.1.0.2',
  'ip route add 2001:db8:d::/48 via 2001:db8:3::2 && ip route add 203.0.113.0/24 via 198.51.100.1',
];

const masqueradeLines = [
  'nft add table ip nat',
  "nft 'add chain ip nat post { type nat hook postrouting priority 100; }'",
  'nft add rule ip nat post oifname eth1 masquerade',
  'sysctl -qw net.netfilter.nf_conntrack_udp_timeout=300',
];

/** MAC address of a gateway's port, or of the world's opposite one. */
export function mac(subject: Subject, side: Side, whose: 'gateway' | 'world'): string {
  const number = (side === 'in' ? 1 : 3) + (whose === 'gateway' ? 1 : 0);
  return `02:53:47:01:0${subjects.indexOf(subject)}:0${number}`;
}

export class Rig {
  readonly generator: Generator;
  readonly sink: Sink;
  /** The gateway under test, once it is asked for. */
  readonly gateway: Gateway | undefined;
  readonly #lab: Lab;
  readonly #references: References;
  readonly #links: readonly BpfLink[];
  readonly #ifindexes: ReadonlyMap<string, number>;

  private constructor(parts: {
    lab: Lab;
    generator: Generator;
    sink: Sink;
    references: References;
    gateway: Gateway | undefined;
    links: readonly BpfLink[];
    ifindexes: ReadonlyMap<string, number>;
  }) {
    this.#lab = parts.lab;
    this.generator = parts.generator;
    this.sink = parts.sink;
    this.#references = parts.references;
    this.gateway = parts.gateway;
    this.#links = parts.links;
    this.#ifindexes = parts.ifindexes;
  }

  /** Makes the gateways that are wanted, and waits until each of them is ready. */
  static async open(wanted: ReadonlySet<Subject>): Promise<Rig> {
    const objects = await compile();
    const lab = await Lab.open();
    execFileSync('ip', ['netns', 'attach', 'world', String(process.pid)]);
    const world = new Host('world');
    const references = new References(objects.reference);
    let gateway: Gateway | undefined;
    for (const subject of subjects.filter((name) => wanted.has(name))) {
      const host = await plug(lab, world, subject);
      if (subject === 'sixgate') gateway = await startGateway(lab, host);
      else if (subject === 'ceiling') await startCeiling(host, references);
      else await startKernel(host, subject);
    }
    const sink = new Sink(objects.sink);
    const ifindexes = new Map((await indexes(world)).filter(([name]) => /-(in|out)$/.test(name)));
    const links = [...ifindexes.values()].map((ifindex) => BpfLink.xdp(sink.program, ifindex, 'native'));
    return new Rig({ lab, generator: new Generator(objects.gen), sink, references, gateway, links, ifindexes });
  }

  /** The world's device at a side of a gateway. */
  ifindex(subject: Subject, side: Side): number {
    const ifindex = this.#ifindexes.get(`${subject}-${side}`);
    if (ifindex === undefined) throw new Error(`there is no port ${subject}-${side}`);
    return ifindex;
  }

  async close(): Promise<void> {
    for (const link of this.#links) link.close();
    this.generator.close();
    this.sink.close();
    this.#references.close();
    await this.#lab.close();
  }
}

async function plug(lab: Lab, world: Host, subject: Subject): Promise<Host> {
  const host = lab.host(subject);
  const kernel = subject === 'kernel' || subject === 'masquerade';
  for (const [side, device] of [
    ['in', 'eth0'],
    ['out', 'eth1'],
  ] as const) {
    // The kernel at its best: without receive offload, which only costs here.
    const plain = kernel ? { gro: false } : {};
    await lab.link(
      world.port(`${subject}-${side}`, { mac: mac(subject, side, 'world'), ...plain }),
      host.port(device, { mac: mac(subject, side, 'gateway'), ...plain }),
    );
  }
  return host;
}

/** Permanent neighbours at the world's side: its ports drop whatever asks. */
async function neighbours(host: Host, subject: Subject): Promise<void> {
  const known: readonly [string, string, Side][] = [
    ['2001:db8:1::2', 'eth0', 'in'],
    ['10.1.0.2', 'eth0', 'in'],
    ['2001:db8:3::2', 'eth1', 'out'],
    ['198.51.100.1', 'eth1', 'out'],
  ];
  for (const [address, device, side] of known)
    await host.run(`ip neigh replace ${address} lladdr ${mac(subject, side, 'world')} dev ${device} nud permanent`);
}

async function startGateway(lab: Lab, host: Host): Promise<Gateway> {
  const gateway = await lab.gateway(host, config);
  await neighbours(host, 'sixgate');
  return gateway;
}

async function startCeiling(host: Host, references: References): Promise<void> {
  const out = new Map(await indexes(host)).get('eth1') ?? 0;
  const bytes = (whose: 'gateway' | 'world'): Uint8Array => parseMac(mac('ceiling', 'out', whose)) as Uint8Array;
  references.aim(out, bytes('world'), bytes('gateway'));
  await host.run('ip link set dev eth0 xdpdrv pinned /sys/fs/bpf/ceiling');
}

async function startKernel(host: Host, subject: 'kernel' | 'masquerade'): Promise<void> {
  await host.run(kernelLines.join(' && '));
  await neighbours(host, subject);
  await host.run('ip link set dev eth0 xdpdrv pinned /sys/fs/bpf/pass');
  if (subject === 'masquerade') await host.run(masqueradeLines.join(' && '));
}

async function indexes(host: Host): Promise<[name: string, ifindex: number][]> {
  const links = JSON.parse(await host.run('ip -j link show')) as { ifname: string; ifindex: number }[];
  return links.map(({ ifname, ifindex }) => [ifname, ifindex]);
}
