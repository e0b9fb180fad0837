/** From a packet to its bytes, with lengths and checksums that are right. */
import {
  ECHO,
  type EchoPacket,
  type IpPart,
  type Packet,
  PROTO,
  SRH_TYPE,
  type Srv6Packet,
  type TcpPacket,
} from './packet.ts';

const IPV4_HEADER = 20;
const IPV6_HEADER = 40;
const ETHERTYPE = { 4: 0x0800, 6: 0x86dd, vlan: 0x8100 } as const;
/** Inner frames of VXLAN have an Ethernet header that nobody looks at: locally administered addresses. */
const ANY_MAC = Uint8Array.of(2, 0, 0, 0, 0, 1);

/** The Ethernet header's side of a frame. */
export interface Link {
  /** 6 bytes each. */
  readonly destination: Uint8Array;
  readonly source: Uint8Array;
  /** 0: untagged. */
  readonly vlan?: number;
}

/** An Ethernet frame around an IP packet. */
export function frameOf(packet: Uint8Array, { destination, source, vlan = 0 }: Link): Uint8Array {
  const type = (packet[0] as number) >> 4 === 6 ? ETHERTYPE[6] : ETHERTYPE[4];
  const tag = vlan === 0 ? [] : [ETHERTYPE.vlan >> 8, ETHERTYPE.vlan & 255, vlan >> 8, vlan & 255];
  return concat(destination, source, tag, [type >> 8, type & 255], packet);
}

/** The bytes of a packet, from the IP header on. */
export function encodePacket(packet: Packet): Uint8Array {
  switch (packet.kind) {
    case 'hex':
      return packet.bytes;
    case 'tcp':
      return ip(packet, PROTO.tcp, tcp(packet), 16);
    case 'udp':
      return udp(packet, new Uint8Array(packet.length), packet.checksum);
    case 'echo':
    case 'reply':
      return echo(packet);
    case 'proto':
      return ip(packet, packet.protocol, new Uint8Array(packet.length));
    case 'srv6':
      return srv6(packet);
    case 'vxlan': {
      const inner = frameOf(encodePacket(packet.inner), { destination: ANY_MAC, source: ANY_MAC });
      const { vni } = packet;
      // RFC 7348 section 5: the flag I, and the network identifier. The checksum of an IPv4 tunnel may be left out.
      const header = [8, 0, 0, 0, vni >> 16, (vni >> 8) & 255, vni & 255, 0];
      return udp(packet, concat(header, inner), packet.source.length === 16);
    }
  }
}

/** @param checkAt where in the payload its checksum stands; absent: it has none, or it is there already */
function ip(part: IpPart, protocol: number, payload: Uint8Array, checkAt?: number): Uint8Array {
  const body = Uint8Array.from(payload);
  if (checkAt !== undefined) {
    const check = checksum(pseudoHeader(part, protocol, body.length), body);
    // RFC 768: a computed zero is sent as all ones.
    new DataView(body.buffer).setUint16(checkAt, protocol === PROTO.udp && check === 0 ? 0xffff : check);
  }
  return concat(part.source.length === 4 ? ip4(part, protocol, body.length) : ip6(part, protocol, body.length), body);
}

function ip4({ source, destination, ttl, tos, df }: IpPart, protocol: number, length: number): Uint8Array {
  const header = new Uint8Array(IPV4_HEADER);
  const view = new DataView(header.buffer);
  header.set([0x45, tos]);
  view.setUint16(2, IPV4_HEADER + length);
  view.setUint16(6, df ? 0x4000 : 0);
  header.set([ttl, protocol], 8);
  header.set(source, 12);
  header.set(destination, 16);
  view.setUint16(10, checksum(header));
  return header;
}

function ip6({ source, destination, ttl, tos }: IpPart, next: number, length: number): Uint8Array {
  const header = new Uint8Array(IPV6_HEADER);
  const view = new DataView(header.buffer);
  view.setUint32(0, ((6 << 28) | (tos << 20)) >>> 0);
  view.setUint16(4, length);
  header.set([next, ttl], 6);
  header.set(source, 8);
  header.set(destination, 24);
  return header;
}

function tcp({ sourcePort, destinationPort, flags, mss, length }: TcpPacket): Uint8Array {
  const head = mss === undefined ? 20 : 24;
  const segment = new Uint8Array(head + length);
  const view = new DataView(segment.buffer);
  view.setUint16(0, sourcePort);
  view.setUint16(2, destinationPort);
  view.setUint32(4, 1);
  view.setUint32(8, flags & 16 ? 1 : 0);
  segment.set([(head / 4) << 4, flags], 12);
  view.setUint16(14, 0xffff);
  if (mss !== undefined) segment.set([2, 4, mss >> 8, mss & 255], 20);
  return segment;
}

function udp(
  part: IpPart & { readonly sourcePort: number; readonly destinationPort: number },
  payload: Uint8Array,
  withChecksum: boolean,
): Uint8Array {
  const datagram = new Uint8Array(8 + payload.length);
  const view = new DataView(datagram.buffer);
  view.setUint16(0, part.sourcePort);
  view.setUint16(2, part.destinationPort);
  view.setUint16(4, datagram.length);
  datagram.set(payload, 8);
  return ip(part, PROTO.udp, datagram, withChecksum ? 6 : undefined);
}

function echo(packet: EchoPacket): Uint8Array {
  const { source, kind, id, sequence, length } = packet;
  const message = new Uint8Array(8 + length);
  const view = new DataView(message.buffer);
  view.setUint16(4, id);
  view.setUint16(6, sequence);
  if (source.length === 16) {
    message[0] = ECHO[6][kind];
    return ip(packet, PROTO.icmp6, message, 2);
  }
  message[0] = ECHO[4][kind];
  view.setUint16(2, checksum(message));
  return ip(packet, PROTO.icmp, message);
}

/** RFC 8754 section 2: the list stands last segment first. */
function srv6(packet: Srv6Packet): Uint8Array {
  const { segments, left, inner } = packet;
  const payload = encodePacket(inner);
  const next = (payload[0] as number) >> 4 === 6 ? PROTO.ip6 : PROTO.ip4;
  if (segments.length === 0) return ip(packet, next, payload);
  const fixed = [next, segments.length * 2, SRH_TYPE, left, segments.length - 1, 0, 0, 0];
  return ip(packet, PROTO.routing, concat(fixed, ...segments.toReversed(), payload));
}

/** RFC 8200 section 8.1, RFC 9293 section 3.1. ICMP has none. */
function pseudoHeader({ source, destination }: IpPart, protocol: number, length: number): Uint8Array {
  if (source.length === 4) return concat(source, destination, [0, protocol, length >> 8, length & 255]);
  return concat(source, destination, [0, 0, length >> 8, length & 255, 0, 0, 0, protocol]);
}

/** RFC 1071 over several parts; all but the last have an even length. */
export function checksum(...parts: readonly Uint8Array[]): number {
  let sum = 0;
  for (const part of parts) {
    for (let i = 0; i < part.length; i += 2) sum += ((part[i] as number) << 8) | (part[i + 1] ?? 0);
  }
  while (sum > 0xffff) sum = (sum & 0xffff) + Math.floor(sum / 0x10000);
  return ~sum & 0xffff;
}

function concat(...parts: readonly ArrayLike<number>[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
