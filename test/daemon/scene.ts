/**
 * The laboratory of the daemon's tests: an IPv6-only client, the gateway and an IPv4 server. The gateway's kernel
 * knows the hosts of both sides directly, so that whatever it forwarded by itself would arrive.
 *
 *     client --------------------- gw --------------------- server
 *     2001:db8:1::2    2001:db8:1::1  198.51.100.2         198.51.100.1
 */

import type { PortOptions } from '../kit/host.ts';
import { type Gateway, type Host, Lab } from '../kit/lab.ts';
import { Python } from '../kit/python.ts';

export const server4 = '198.51.100.1';
export const server6 = `64:ff9b::${server4}`;

/** Parts of the configuration that tests change; each is what stands behind the key, on one line. */
export interface Parts {
  readonly lan?: string;
  readonly uplink?: string;
  readonly pool4?: string;
  readonly timeouts?: string;
  readonly sessions?: number;
  /** More top level keys. */
  readonly more?: string;
  /** The key nat64 itself, instead of the usual one. */
  readonly nat64?: string;
}

/** The text of a configuration. */
export function configuration(parts: Parts = {}): string {
  const nat64 = `
  main:
    pool6: 64:ff9b::/96
    pool4: ${parts.pool4 ?? '[{addresses: 198.51.100.10-198.51.100.11}]'}
    limits: {sessions: ${parts.sessions ?? 4096}}
    timeouts: ${parts.timeouts ?? '{}'}`;
  return `version: 1
interfaces:
  lan: ${parts.lan ?? '{device: eth0, role: inside, addresses: [2001:db8:1::1/64]}'}
  uplink: ${parts.uplink ?? '{device: eth1, role: outside, addresses: [198.51.100.2/24]}'}
nat64: ${parts.nat64 ?? nat64}
${parts.more ?? ''}
`;
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
  await lab.link(client.port('eth0', { addresses: ['2001:db8:1::2/64'], ...ends.client }), gw.port('eth0'));
  await lab.link(server.port('eth0', { addresses: [`${server4}/24`], ...ends.server }), gw.port('eth1'));
  await client.run('ip -6 route add default via 2001:db8:1::1');
  return { lab, client, gw, server };
}

/** The hosts with a gateway that is ready. */
export async function openScene(parts: Parts = {}): Promise<Scene> {
  const hosts = await openHosts();
  return { ...hosts, gateway: await hosts.lab.gateway(hosts.gw, configuration(parts)) };
}

/** Interpreters on client and server. */
export async function pythons({ client, server }: Hosts): Promise<{ c: Python; s: Python }> {
  return { c: await Python.start(client), s: await Python.start(server) };
}

/** Codes of the problems that the status tells. */
export async function problemCodes(gateway: Gateway): Promise<string[]> {
  const { problems } = (await gateway.status()) as unknown as { problems: { code: string }[] };
  return problems.map(({ code }) => code);
}

/**
 * Makes hosts send frames of the size that a cable carries. In native mode the kernel sees to that itself; in generic
 * mode a veth hands over what the sender would have had its hardware cut into segments.
 */
export async function asOnACable(...hosts: readonly Host[]): Promise<void> {
  for (const host of hosts) await host.run('ethtool -K eth0 tso off gso off');
}
