/**
 * The laboratory of the mirror's tests. The far node is a Linux kernel that does segment routing by itself; it knows
 * the client's networks only behind a SID of the gateway, and the gateway knows the far networks only as routes that
 * the test puts into the kernel.
 *
 *     client ------------------ gw ------------------------ node
 *     2001:db8:1::2   2001:db8:1::1  2001:db8:c0::1        2001:db8:c0::2
 *     10.1.0.2        10.1.0.1                             2001:db8:a::1 and 10.9.0.1 behind the SID fcbb:bb00:b1:6::
 */
import { type Gateway, type Host, Lab } from '../kit/lab.ts';

/** SID of the far node: End.DT6 into the table of its own addresses. */
export const farSid = 'fcbb:bb00:b1:6::';
/** SID that the far node sends IPv6 back to; what it does is the test's to say. */
export const ownSid = 'fcbb:bb00:a1:6::';

export interface Scene {
  readonly lab: Lab;
  readonly gateway: Gateway;
  readonly client: Host;
  readonly gw: Host;
  readonly node: Host;
}

export const configuration = (more = ''): string => `version: 1
interfaces:
  lan: {device: eth0, role: inside, addresses: ["2001:db8:1::1/64", 10.1.0.1/24]}
  core: {device: eth1, role: core, addresses: ["2001:db8:c0::1/64"]}
routes:
  - {to: "fcbb:bb00:b1::/48", via: "2001:db8:c0::2"}
srv6:
  locators: {edge: {prefix: "fcbb:bb00:a1::/48"}}
${more}
`;

export async function openScene(): Promise<Scene> {
  const lab = await Lab.open();
  const { client, gw, node } = lab.hosts('client', 'gw', 'node');
  await lab.link(client.port('eth0', { addresses: ['2001:db8:1::2/64', '10.1.0.2/24'] }), gw.port('eth0'));
  await lab.link(node.port('eth0', { addresses: ['2001:db8:c0::2/64'] }), gw.port('eth1'));
  await client.run('ip route add default via 10.1.0.1 && ip -6 route add default via 2001:db8:1::1');
  await node.run(`sysctl -qw net.ipv6.conf.all.forwarding=1 net.ipv6.conf.all.seg6_enabled=1 \\
      net.ipv6.conf.eth0.seg6_enabled=1
    ip -6 addr add 2001:db8:a::1/128 dev lo
    ip -6 route add fcbb:bb00:a1::/48 via 2001:db8:c0::1
    ip -6 route add ${farSid}/128 encap seg6local action End.DT6 table 255 dev eth0
    ip -6 route add 2001:db8:1::/64 encap seg6 mode encap segs ${ownSid} dev eth0`);
  return { lab, client, gw, node, gateway: await lab.gateway(gw, configuration()) };
}
