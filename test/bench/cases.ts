/** What is measured: which frames go into which gateway, and what must come out of it. */
import { type Ends, type Template, template } from './frames.ts';
import { mac, type Side, type Subject } from './rig.ts';

export interface Case {
  readonly name: string;
  readonly title: string;
  readonly subject: Subject;
  /** Where the frames enter, `in` unless told; they leave at the other side. */
  readonly enters?: Side;
  readonly template: Template;
  readonly flows: number;
  /** Every packet is the first of its flow. */
  readonly fresh?: true;
  /** Display filter of tshark that every frame at the far end passes; lengths and checksums are judged anyway. */
  readonly expect: string;
}

const MANY = 10_000;

const inside6 = { source: '2001:db8:2::1:0', sourcePort: 1024, destinationPort: 9000 };
const inside4 = { source: '10.2.1.0', destination: '203.0.113.1', sourcePort: 1024, destinationPort: 9000 };
const client6 = (subject: Subject, destination: string, vary: Ends['vary']): Template =>
  template({ ...inside6, destination, vary, destinationMac: mac(subject, 'in', 'gateway') });
const client4 = (subject: Subject, vary: Ends['vary']): Template =>
  template({ ...inside4, vary, destinationMac: mac(subject, 'in', 'gateway') });

const routed6 = 'frame.len == 84 && ipv6.hlim == 63 && ipv6.dst == 2001:db8:d::/48 && udp.dstport == 9000';
const routed4 = 'frame.len == 64 && ip.ttl == 63 && ip.dst == 203.0.113.0/24 && udp.dstport == 9000';
const masqueraded = `${routed4} && ip.src == 198.51.100.2`;
const to4 = `${routed4} && ip.src == 198.51.100.16/28`;

const pool6 = '64:ff9b::cb00:7101';

/** The cases in the order in which a round takes them. */
export function cases(): Case[] {
  const nat64 = client6('sixgate', pool6, 'sources');
  const masquerade = client4('masquerade', 'ports');
  return [
    {
      name: 'ceiling-6',
      title: 'XDP ceiling, IPv6',
      subject: 'ceiling',
      template: client6('ceiling', '2001:db8:d::1', 'sources'),
      flows: MANY,
      expect: routed6,
    },
    {
      name: 'ceiling-4',
      title: 'XDP ceiling, IPv4',
      subject: 'ceiling',
      template: client4('ceiling', 'ports'),
      flows: MANY,
      expect: routed4,
    },
    {
      name: 'kernel-6',
      title: 'kernel forwarding, IPv6',
      subject: 'kernel',
      template: client6('kernel', '2001:db8:d::1', 'sources'),
      flows: MANY,
      expect: routed6,
    },
    {
      name: 'masquerade-10k',
      title: 'nftables masquerade, 10,000 flows',
      subject: 'masquerade',
      template: masquerade,
      flows: MANY,
      expect: masqueraded,
    },
    {
      name: 'nat64-6to4-1',
      title: 'Sixgate NAT64 6→4, 1 flow',
      subject: 'sixgate',
      template: nat64,
      flows: 1,
      expect: to4,
    },
    {
      name: 'nat64-6to4-10k',
      title: 'Sixgate NAT64 6→4, 10,000 flows',
      subject: 'sixgate',
      template: nat64,
      flows: MANY,
      expect: to4,
    },
    {
      name: 'masquerade-new',
      title: 'nftables masquerade, a new flow each',
      subject: 'masquerade',
      template: masquerade,
      flows: MANY,
      fresh: true,
      expect: masqueraded,
    },
    {
      name: 'nat64-new',
      title: 'Sixgate NAT64 6→4, a new flow each',
      subject: 'sixgate',
      template: nat64,
      flows: MANY,
      fresh: true,
      expect: to4,
    },
  ];
}

/** The way back of the first flow, whose outside end the gateway has chosen. */
export function wayBack(outside: { readonly address: string; readonly port: number }): Case {
  return {
    name: 'nat64-4to6-1',
    title: 'Sixgate NAT64 4→6, 1 flow',
    subject: 'sixgate',
    enters: 'out',
    template: template({
      source: '203.0.113.1',
      destination: outside.address,
      sourcePort: 9000,
      destinationPort: outside.port,
      vary: 'one',
      destinationMac: mac('sixgate', 'out', 'gateway'),
    }),
    flows: 1,
    expect: `frame.len == 84 && ipv6.hlim == 63 && ipv6.src == ${pool6} && ipv6.dst == ${inside6.source} && udp.dstport == ${inside6.sourcePort}`,
  };
}
