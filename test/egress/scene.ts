/**
 * The laboratory of the egress tests: an inside client, the gateway, and a server outside, each with both families. The
 * kernels of all three know ways for what nothing translates, so that a packet that somebody forwarded would arrive.
 *
 *     client ----------------------- gw ------------------------ server
 *     10.20.0.5         10.20.0.1        198.51.100.2            198.51.100.1
 *     2001:db8:20::5    2001:db8:20::1   2001:db8:51::2          2001:db8:51::1
 */
import type { PortOptions } from '../kit/host.ts';
import { type Capture, type Gateway, type Host, Lab } from '../kit/lab.ts';

export const server4 = '198.51.100.1';
export const server6 = '2001:db8:51::1';
export const client4 = '10.20.0.5';
export const client6 = '2001:db8:20::5';
/** The pool blue of `configuration`. */
export const blue4 = '203.0.113.100';
export const blue6 = '2001:db8:e::100';

/** Parts of the configuration that tests change; each is what stands behind the key, on one line. */
export interface Parts {
  readonly lan?: string;
  readonly uplink?: string;
  /** More interfaces, a line each. */
  readonly interfaces?: readonly string[];
  readonly pools?: string;
  readonly policies?: string;
  /** More keys of `egress`, a line each. */
  readonly egress?: readonly string[];
  /** More top level keys. */
  readonly more?: string;
}

export const vms = '{sources: [10.20.0.0/16, "2001:db8:20::/48"], destinations: [0.0.0.0/0, "::/0"], pool: blue}';

/** The text of a configuration. */
export function configuration(parts: Parts = {}): string {
  return `version: 1
interfaces:
  lan: ${parts.lan ?? '{device: eth0, role: inside, addresses: [10.20.0.1/16, "2001:db8:20::1/64"]}'}
  uplink: ${parts.uplink ?? '{device: eth1, role: outside, addresses: [198.51.100.2/24, "2001:db8:51::2/64"]}'}
${indented(parts.interfaces)}
egress:
  limits: {sessions: 4096}
  pools: ${parts.pools ?? `{blue: {addresses: [${blue4}, "${blue6}"]}}`}
  policies: ${parts.policies ?? `{vms: ${vms}}`}
${indented(parts.egress)}
${parts.more ?? ''}
`;
}

function indented(lines: readonly string[] = []): string {
  return lines.map((line) => `  ${line}`).join('\n');
}

/** Hosts, without a gateway yet. */
export interface Hosts {
  readonly lab: Lab;
  readonly client: Host;
  readonly gw: Host;
  readonly server: Host;
}

/** A running gateway between the hosts. */
export interface Scene extends Hosts {
  readonly gateway: Gateway;
}

/** The three hosts and their cables. */
export async function openHosts(ends: { client?: PortOptions; server?: PortOptions } = {}): Promise<Hosts> {
  const lab = await Lab.open();
  const { client, gw, server } = lab.hosts('client', 'gw', 'server');
  const inside = { addresses: [`${client4}/16`, `${client6}/64`] };
  const outside = { addresses: [`${server4}/24`, `${server6}/64`] };
  await lab.link(client.port('eth0', { ...inside, ...ends.client }), gw.port('eth0'));
  await lab.link(server.port('eth0', { ...outside, ...ends.server }), gw.port('eth1'));
  await client.run('ip route add default via 10.20.0.1 && ip -6 route add default via 2001:db8:20::1');
  await server.run('ip route add default via 198.51.100.2 && ip -6 route add default via 2001:db8:51::2');
  return { lab, client, gw, server };
}

/** The hosts with a gateway that is ready. */
export async function openScene(parts: Parts = {}): Promise<Scene> {
  const hosts = await openHosts();
  return { ...hosts, gateway: await hosts.lab.gateway(hosts.gw, configuration(parts)) };
}

/** A second inside client on a link of its own, 10.30.0.5 and 2001:db8:30::5, for the interface `lanTwo`. */
export async function addClient({ lab, gw }: Hosts, name: string): Promise<Host> {
  const host = lab.host(name);
  await lab.link(host.port('eth0', { addresses: ['10.30.0.5/16', '2001:db8:30::5/64'] }), gw.port('eth2'));
  await host.run('ip route add default via 10.30.0.1 && ip -6 route add default via 2001:db8:30::1');
  return host;
}

export const lanTwo = 'two: {device: eth2, role: inside, addresses: [10.30.0.1/16, "2001:db8:30::1/64"]}';

/** A capture of what reaches a host: what it sends itself may still lack its checksum. */
export async function arriving(host: Host, port = 'eth0'): Promise<Capture> {
  const [, mac] = /link\/ether ([0-9a-f:]+)/.exec(await host.run(`ip link show ${port}`)) ?? [];
  return host.capture(port, `not ether src ${mac}`);
}

/** Source addresses of the packets that match, each once, sorted. */
export async function sourcesOf(capture: Capture, filter: string): Promise<string[]> {
  const packets = await capture.packets(['ip.src', 'ipv6.src'], filter);
  return [...new Set(packets.map((packet) => packet['ip.src'] || packet['ipv6.src']))].sort();
}
