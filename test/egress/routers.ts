/**
 * The laboratory of the egress tests with a router on either side, which both know no addresses of the pool but those
 * that the way back needs.
 *
 *     client ---------- inner ----- gw ----- outer ---------- server
 *     10.20.2.5      10.20.2.1  10.20.0.1    198.51.100.1     192.0.2.5
 *     2001:db8:22::5                                          2001:db8:52::5
 */
import { type Gateway, type Host, Lab, type PortOptions } from '../kit/lab.ts';
import { configuration } from './scene.ts';

export const farServer4 = '192.0.2.5';
export const farServer6 = '2001:db8:52::5';

/** MTU of the links client - inner, inner - gw, gw - outer, outer - server; 1500 unless told. */
export interface Sizes {
  readonly client?: number;
  readonly inside?: number;
  readonly outside?: number;
  readonly server?: number;
}

/** A running gateway between the routers. */
export interface RoutedScene {
  readonly lab: Lab;
  readonly client: Host;
  readonly server: Host;
  readonly gateway: Gateway;
}

// Nothing in a test may depend on how fast a router is willing to tell of errors.
const router =
  'sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1 net.ipv4.icmp_ratelimit=0 net.ipv4.icmp_msgs_per_sec=100000 net.ipv4.icmp_msgs_burst=10000 net.ipv6.icmp.ratelimit=0';

/** Errors quote what was sent: hosts fill in every checksum themselves. */
export async function openRouted(mtu: Sizes = {}): Promise<RoutedScene> {
  const lab = await Lab.open();
  const { client, inner, gw, outer, server } = lab.hosts('client', 'inner', 'gw', 'outer', 'server');
  const end = (addresses: readonly string[], bytes = 1500): PortOptions => ({
    addresses,
    mtu: bytes,
    txChecksum: false,
  });
  await lab.link(
    client.port('eth0', end(['10.20.2.5/24', '2001:db8:22::5/64'], mtu.client)),
    inner.port('eth0', end(['10.20.2.1/24', '2001:db8:22::1/64'], mtu.client)),
  );
  await lab.link(
    inner.port('eth1', end(['10.20.0.2/24', '2001:db8:20::2/64'], mtu.inside)),
    gw.port('eth0', end([], mtu.inside)),
  );
  await lab.link(
    outer.port('eth1', end(['198.51.100.1/24', '2001:db8:51::1/64'], mtu.outside)),
    gw.port('eth1', end([], mtu.outside)),
  );
  await lab.link(
    server.port('eth0', end([`${farServer4}/24`, `${farServer6}/64`], mtu.server)),
    outer.port('eth0', end(['192.0.2.1/24', '2001:db8:52::1/64'], mtu.server)),
  );
  for (const host of [inner, outer]) await host.run(router);
  for (const [host, via4, via6] of [
    [client, '10.20.2.1', '2001:db8:22::1'],
    [inner, '10.20.0.1', '2001:db8:20::1'],
    [outer, '198.51.100.2', '2001:db8:51::2'],
    [server, '192.0.2.1', '2001:db8:52::1'],
  ] as const) {
    await host.run(`ip route add default via ${via4} && ip -6 route add default via ${via6}`);
  }
  const size = (bytes = 1500): string => `mtu: ${bytes}`;
  const text = configuration({
    lan: `{device: eth0, role: inside, addresses: [10.20.0.1/24, "2001:db8:20::1/64"], ${size(mtu.inside)}}`,
    uplink: `{device: eth1, role: outside, addresses: [198.51.100.2/24, "2001:db8:51::2/64"], ${size(mtu.outside)}}`,
    policies: '{vms: {sources: [10.20.0.0/16, "2001:db8:22::/64"], destinations: [0.0.0.0/0, "::/0"], pool: blue}}',
    more: `routes:
  - {to: 10.20.2.0/24, via: 10.20.0.2}
  - {to: "2001:db8:22::/64", via: "2001:db8:20::2"}
  - {to: default, via: 198.51.100.1}
  - {to: default, via: "2001:db8:51::1"}`,
  });
  return { lab, client, server, gateway: await lab.gateway(gw, text) };
}
