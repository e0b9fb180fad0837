/** Packets in words: what `parsePacket` reads, as far as its grammar goes. */
import { formatAddress } from '../model/address.ts';
import { formatEndpoint } from '../model/endpoint.ts';
import { type Decoded, decodePacket, type IcmpMessage } from './decode.ts';
import { type IpPart, type Packet, PROTO, TCP_FLAGS, VXLAN_PORT } from './packet.ts';

const PROTOCOL_NAMES: Readonly<Record<number, string>> = {
  [PROTO.icmp]: 'icmp',
  [PROTO.tcp]: 'tcp',
  [PROTO.udp]: 'udp',
  [PROTO.icmp6]: 'icmp',
};

/** Errors by type and code, `type/*` for any code (RFC 792, RFC 1191, RFC 4443). The word in brackets names `info`. */
const ERRORS: Readonly<Record<4 | 6, Readonly<Record<string, string>>>> = {
  4: {
    '3/0': 'net unreachable',
    '3/1': 'host unreachable',
    '3/2': 'protocol unreachable',
    '3/3': 'port unreachable',
    '3/4': 'fragmentation needed [mtu]',
    '3/5': 'source route failed',
    '3/13': 'administratively prohibited',
    '3/*': 'unreachable',
    '5/*': 'redirect',
    '11/*': 'time exceeded',
    '12/*': 'parameter problem',
  },
  6: {
    '1/0': 'no route',
    '1/1': 'administratively prohibited',
    '1/3': 'address unreachable',
    '1/4': 'port unreachable',
    '1/*': 'unreachable',
    '2/*': 'packet too big [mtu]',
    '3/*': 'time exceeded',
    '4/*': 'parameter problem [pointer]',
    '133/*': 'router solicitation',
    '134/*': 'router advertisement',
    '135/*': 'neighbour solicitation',
    '136/*': 'neighbour advertisement',
  },
};

/** One line for the bytes of an IP packet. */
export function describeBytes(bytes: Uint8Array): string {
  return describe(decodePacket(bytes));
}

/** One line for a packet. Values that `parsePacket` takes by itself are left out, the hop limit excepted. */
export function describe(packet: Packet | Decoded): string {
  switch (packet.kind) {
    case 'hex':
      return describeBytes(packet.bytes);
    case 'bytes':
      return `${packet.length} bytes that are no packet`;
    case 'tcp': {
      const flags = TCP_FLAGS.filter((_, bit) => packet.flags & (1 << bit));
      const words = [...(flags.length === 0 ? ['noflags'] : flags), numbered('mss', packet.mss)];
      return line(`tcp ${ends(packet)}`, packet, [...words, length(packet)]);
    }
    case 'udp':
      return line(`udp ${ends(packet)}`, packet, [packet.checksum ? '' : 'nosum', length(packet)]);
    case 'echo':
    case 'reply': {
      const words = [`id ${packet.id}`, packet.sequence === 1 ? '' : `seq ${packet.sequence}`, length(packet)];
      return line(`icmp ${packet.kind} ${pair(packet)}`, packet, words);
    }
    case 'proto':
      return line(`proto ${packet.protocol} ${pair(packet)}`, packet, [length(packet)]);
    case 'srv6':
      return `${line(`srv6 ${pair(packet)}`, packet, listWords(packet))} : ${describe(packet.inner)}`;
    case 'listed':
      return `${describe(packet.upper)} ${listWords(packet).join(' ')}`;
    case 'vxlan': {
      const port = packet.destinationPort === VXLAN_PORT ? '' : `port ${packet.destinationPort}`;
      const words = [`vni ${packet.vni}`, port, `sport ${packet.sourcePort}`];
      return `${line(`vxlan ${pair(packet)}`, packet, words)} : ${describe(packet.inner)}`;
    }
    case 'fragment': {
      const name = PROTOCOL_NAMES[packet.protocol] ?? `proto ${packet.protocol}`;
      const words = [`id ${packet.id}`, `offset ${packet.offset}`, packet.more ? 'more' : 'last', length(packet)];
      return line(`${name} fragment ${pair(packet)}`, packet, words);
    }
    case 'icmp':
      return line(`icmp ${icmpName(packet)} ${pair(packet)}`, packet, [
        packet.quoted === undefined ? '' : `about (${describe(packet.quoted)})`,
      ]);
  }
}

function line(head: string, { ttl, tos, df }: IpPart, words: readonly string[]): string {
  const last = [`ttl ${ttl}`, tos === 0 ? '' : `tos ${tos}`, df ? 'df' : ''];
  return [head, ...words, ...last].filter((word) => word !== '').join(' ');
}

function pair({ source, destination }: IpPart): string {
  return `${formatAddress(source)} > ${formatAddress(destination)}`;
}

function ends(packet: IpPart & { readonly sourcePort: number; readonly destinationPort: number }): string {
  const source = formatEndpoint({ address: packet.source, port: packet.sourcePort });
  return `${source} > ${formatEndpoint({ address: packet.destination, port: packet.destinationPort })}`;
}

function numbered(word: string, value: number | undefined): string {
  return value === undefined ? '' : `${word} ${value}`;
}

function length(packet: { readonly length: number }): string {
  return packet.length === 0 ? '' : `len ${packet.length}`;
}

function listWords({ segments, left }: { readonly segments: readonly Uint8Array[]; readonly left: number }): string[] {
  return segments.length === 0 ? [] : [`segs [${segments.map(formatAddress).join(',')}]`, `left ${left}`];
}

function icmpName({ type, code, info, source }: IcmpMessage): string {
  const names = ERRORS[source.length === 4 ? 4 : 6];
  const name = names[`${type}/${code}`] ?? names[`${type}/*`] ?? `type ${type} code ${code}`;
  return name.replace(/\[(.*)\]/, (_, word: string) => `${word} ${info}`);
}
