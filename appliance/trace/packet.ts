/**
 * Packets as people write them, from the IP header on. `parsePacket` (parse.ts) reads the text, frame.ts makes the
 * bytes, decode.ts reads bytes back, and describe.ts writes the text again.
 */

/** RFC 9293 section 3.1, from the lowest bit up. */
export const TCP_FLAGS = ['fin', 'syn', 'rst', 'psh', 'ack', 'urg', 'ece', 'cwr'] as const;
export const TCP_SYN = 2;

/** IP protocol numbers (IANA). */
export const PROTO = { icmp: 1, ip4: 4, tcp: 6, udp: 17, ip6: 41, routing: 43, fragment: 44, icmp6: 58 } as const;
/** Echo request and reply of ICMP and ICMPv6 (RFC 792, RFC 4443). */
export const ECHO = { 4: { echo: 8, reply: 0 }, 6: { echo: 128, reply: 129 } } as const;
/** RFC 8754 section 2. */
export const SRH_TYPE = 4;
/** The port that clusters use for VXLAN on Linux; RFC 7348 has 4789. */
export const VXLAN_PORT = 8472;
export const VXLAN_PORTS: readonly number[] = [VXLAN_PORT, 4789];

/** What every packet has. Addresses are 4 or 16 bytes in network order, both of one family. */
export interface IpPart {
  readonly source: Uint8Array;
  readonly destination: Uint8Array;
  /** TTL or hop limit. */
  readonly ttl: number;
  /** TOS or traffic class. */
  readonly tos: number;
  /** IPv4: must not be fragmented. */
  readonly df: boolean;
}

interface Ports {
  readonly sourcePort: number;
  readonly destinationPort: number;
}

export interface TcpPacket extends IpPart, Ports {
  readonly kind: 'tcp';
  /** Bits in the order of TCP_FLAGS. */
  readonly flags: number;
  /** Maximum segment size, if the option is there. */
  readonly mss?: number;
  /** Bytes of payload. */
  readonly length: number;
}

export interface UdpPacket extends IpPart, Ports {
  readonly kind: 'udp';
  /** False: the checksum is 0, which only IPv4 allows. */
  readonly checksum: boolean;
  readonly length: number;
}

export interface EchoPacket extends IpPart {
  readonly kind: 'echo' | 'reply';
  readonly id: number;
  readonly sequence: number;
  readonly length: number;
}

/** Any other protocol. */
export interface RawPacket extends IpPart {
  readonly kind: 'proto';
  readonly protocol: number;
  readonly length: number;
}

export interface Srv6Packet extends IpPart {
  readonly kind: 'srv6';
  /** In the order of the visit, 16 bytes each; empty: no segment routing header. */
  readonly segments: readonly Uint8Array[];
  readonly left: number;
  readonly inner: Packet;
}

export interface VxlanPacket extends IpPart, Ports {
  readonly kind: 'vxlan';
  readonly vni: number;
  readonly inner: Packet;
}

/** A whole IP packet in bytes. */
export interface HexPacket {
  readonly kind: 'hex';
  readonly bytes: Uint8Array;
}

export type Packet = TcpPacket | UdpPacket | EchoPacket | RawPacket | Srv6Packet | VxlanPacket | HexPacket;
