/** From the bytes of an IP packet to what they say. Trusts no length. */
import { ECHO, type IpPart, type Packet, PROTO, SRH_TYPE, VXLAN_PORTS } from './packet.ts';

/** A fragment (RFC 791, RFC 8200 section 4.5); offset and length in bytes. */
export interface FragmentPart extends IpPart {
  readonly kind: 'fragment';
  readonly protocol: number;
  readonly offset: number;
  readonly more: boolean;
  readonly id: number;
  readonly length: number;
}

/** An ICMP message that is no echo. */
export interface IcmpMessage extends IpPart {
  readonly kind: 'icmp';
  readonly type: number;
  readonly code: number;
  /** Second word of its header: MTU, pointer. */
  readonly info: number;
  /** The packet that an error is about. */
  readonly quoted?: Decoded;
}

/** A segment list in front of something else than a packet. */
export interface ListedPacket extends IpPart {
  readonly kind: 'listed';
  readonly segments: readonly Uint8Array[];
  readonly left: number;
  readonly upper: Decoded;
}

/** Bytes that are no packet, or not the whole of one. */
export interface Bytes {
  readonly kind: 'bytes';
  readonly length: number;
}

/** What bytes can be: also what the grammar of packets has no words for. */
export type Decoded = Exclude<Packet, { readonly kind: 'hex' }> | FragmentPart | IcmpMessage | ListedPacket | Bytes;

/** Extension headers that say nothing here: hop-by-hop and destination options. */
const OPTIONS_HEADERS: readonly number[] = [0, 60];
const TCP_OPTION_MSS = 2;

/** Reads a packet from its IP header on. */
export function decodePacket(bytes: Uint8Array): Decoded {
  const version = (bytes[0] ?? 0) >> 4;
  const found = version === 4 ? decode4(bytes) : version === 6 ? decode6(bytes) : undefined;
  return found ?? { kind: 'bytes', length: bytes.length };
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function decode4(bytes: Uint8Array): Decoded | undefined {
  const head = ((bytes[0] as number) & 15) * 4;
  if (head < 20 || bytes.length < head) return undefined;
  const view = viewOf(bytes);
  const flags = view.getUint16(6);
  const part: IpPart = {
    source: bytes.slice(12, 16),
    destination: bytes.slice(16, 20),
    ttl: view.getUint8(8),
    tos: view.getUint8(1),
    df: (flags & 0x4000) !== 0,
  };
  const payload = bytes.subarray(head, Math.max(head, view.getUint16(2)));
  const protocol = view.getUint8(9);
  const [offset, more] = [(flags & 0x1fff) * 8, (flags & 0x2000) !== 0];
  if (offset > 0 || more)
    return { kind: 'fragment', ...part, protocol, offset, more, id: view.getUint16(4), length: payload.length };
  return upperOf(part, protocol, payload);
}

function decode6(bytes: Uint8Array): Decoded | undefined {
  if (bytes.length < 40) return undefined;
  const view = viewOf(bytes);
  const part: IpPart = {
    source: bytes.slice(8, 24),
    destination: bytes.slice(24, 40),
    ttl: view.getUint8(7),
    tos: (view.getUint16(0) >> 4) & 255,
    df: false,
  };
  return nextOf(part, view.getUint8(6), bytes.subarray(40, 40 + view.getUint16(4)));
}

/** What a Next Header field announces. */
function nextOf(part: IpPart, next: number, rest: Uint8Array): Decoded {
  if (rest.length < 8) return upperOf(part, next, rest);
  const view = viewOf(rest);
  const behind = rest.subarray((view.getUint8(1) + 1) * 8);
  if (OPTIONS_HEADERS.includes(next)) return nextOf(part, view.getUint8(0), behind);
  if (next === PROTO.fragment) {
    const field = view.getUint16(2);
    const [offset, more, protocol] = [field & ~7, (field & 1) === 1, view.getUint8(0)];
    // RFC 6946: whole packets may have the header, too.
    if (offset === 0 && !more) return nextOf(part, protocol, rest.subarray(8));
    return { kind: 'fragment', ...part, protocol, offset, more, id: view.getUint32(4), length: rest.length - 8 };
  }
  if (next !== PROTO.routing || view.getUint8(2) !== SRH_TYPE) return upperOf(part, next, rest);
  const count = view.getUint8(4) + 1;
  const segments = Array.from({ length: count }, (_, i) => rest.slice(8 + i * 16, 24 + i * 16)).toReversed();
  if (segments.some(({ length }) => length < 16)) return { kind: 'bytes', length: rest.length };
  const upper = nextOf(part, view.getUint8(0), behind);
  const list = { segments, left: view.getUint8(3) };
  return upper.kind === 'srv6' && upper.segments.length === 0
    ? { ...upper, ...list }
    : { kind: 'listed', ...part, ...list, upper };
}

function upperOf(part: IpPart, protocol: number, payload: Uint8Array): Decoded {
  const raw: Decoded = { kind: 'proto', ...part, protocol, length: payload.length };
  const version = part.source.length === 4 ? 4 : 6;
  if (version === 6 && (protocol === PROTO.ip4 || protocol === PROTO.ip6))
    return { kind: 'srv6', ...part, segments: [], left: 0, inner: decodePacket(payload) as Packet };
  if (protocol === PROTO.tcp) return tcp(part, payload) ?? raw;
  if (payload.length < 8) return raw;
  if (protocol === PROTO.udp) return udp(part, payload);
  return protocol === (version === 4 ? PROTO.icmp : PROTO.icmp6) ? icmp(part, payload, version) : raw;
}

function tcp(part: IpPart, segment: Uint8Array): Decoded | undefined {
  if (segment.length < 20) return undefined;
  const view = viewOf(segment);
  const head = Math.max(20, (view.getUint8(12) >> 4) * 4);
  const mss = mssOf(segment.subarray(20, head));
  return {
    kind: 'tcp',
    ...part,
    sourcePort: view.getUint16(0),
    destinationPort: view.getUint16(2),
    flags: view.getUint8(13),
    ...(mss === undefined ? {} : { mss }),
    length: Math.max(0, segment.length - head),
  };
}

function mssOf(options: Uint8Array): number | undefined {
  for (let at = 0; at + 1 < options.length && options[at] !== 0; ) {
    if (options[at] === TCP_OPTION_MSS && at + 3 < options.length) return viewOf(options).getUint16(at + 2);
    at += options[at] === 1 ? 1 : Math.max(2, options[at + 1] as number);
  }
  return undefined;
}

function udp(part: IpPart, datagram: Uint8Array): Decoded {
  const view = viewOf(datagram);
  const ports = { sourcePort: view.getUint16(0), destinationPort: view.getUint16(2) };
  const checksum = view.getUint16(6) !== 0;
  const inner = datagram.subarray(8 + 8 + 14);
  // RFC 7348 section 5: the flag I is set. An Ethernet header stands in front of the inner packet.
  if (VXLAN_PORTS.includes(ports.destinationPort) && inner.length > 0 && view.getUint8(8) === 8)
    return { kind: 'vxlan', ...part, ...ports, vni: view.getUint32(12) >>> 8, inner: decodePacket(inner) as Packet };
  return { kind: 'udp', ...part, ...ports, checksum, length: datagram.length - 8 };
}

function icmp(part: IpPart, message: Uint8Array, version: 4 | 6): Decoded {
  const view = viewOf(message);
  const type = view.getUint8(0);
  const { echo, reply } = ECHO[version];
  if (type === echo || type === reply) {
    const [id, sequence] = [view.getUint16(4), view.getUint16(6)];
    return { kind: type === echo ? 'echo' : 'reply', ...part, id, sequence, length: message.length - 8 };
  }
  // RFC 4443 section 2.1; RFC 1122 section 3.2.2.
  const isError = version === 6 ? type < 128 : [3, 4, 5, 11, 12].includes(type);
  const quoted = isError && message.length > 8 ? { quoted: decodePacket(message.subarray(8)) } : {};
  return { kind: 'icmp', ...part, type, code: view.getUint8(1), info: view.getUint32(4), ...quoted };
}
