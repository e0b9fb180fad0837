import { constants, type Tunnel, TunnelKind } from '../../dataplane/layout.gen.ts';
import { wordsOf } from '../../dataplane/rule-set.ts';

const { DSCP_COPY, TUNNEL_BYTES, VNI_WORLD } = constants;

const UDP = 17;
const IP4_LEN = 20;
const IP6_LEN = 40;
const UDP_LEN = 8;
const VXLAN_LEN = 8;
const ETH_LEN = 14;
/** Inner MAC addresses, which nobody looks at: locally administered, and constant. */
const INNER_MACS = [0x02, 0, 0x5e, 0, 0, 2, 0x02, 0, 0x5e, 0, 0, 1];

/** One end of a slot and one of its nodes; addresses of 4 or 16 bytes in network order. */
export interface VxlanTunnelSpec {
  readonly source: Uint8Array;
  readonly node: Uint8Array;
  readonly port: number;
  readonly ttl: number;
}

/**
 * The headers of RFC 7348 section 5 in front of an IP packet: outer IP, UDP, VXLAN and inner Ethernet. The data path
 * fills in lengths, sums, the source port and the inner EtherType.
 */
export function vxlanTunnel({ source, node, port, ttl }: VxlanTunnelSpec): Tunnel {
  const family = source.length === 4 ? 4 : 6;
  const ip = family === 4 ? IP4_LEN : IP6_LEN;
  const bytes = new Uint8Array(TUNNEL_BYTES);
  const view = new DataView(bytes.buffer);
  if (family === 4) {
    bytes[0] = 0x45;
    view.setUint16(6, 0x4000); // DF: a node must not have to put fragments together (RFC 7348 section 4.3)
    bytes.set([ttl, UDP], 8);
    bytes.set(source, 12);
    bytes.set(node, 16);
  } else {
    bytes[0] = 0x60;
    bytes.set([UDP, ttl], 6);
    bytes.set(source, 8);
    bytes.set(node, 24);
  }
  view.setUint16(ip + 2, port);
  view.setUint32(ip + UDP_LEN, 0x08000000); // the VNI is valid
  view.setUint32(ip + UDP_LEN + 4, VNI_WORLD << 8);
  bytes.set(INNER_MACS, ip + UDP_LEN + VXLAN_LEN);
  return {
    dst: wordsOf(node),
    src: wordsOf(source),
    kind: TunnelKind.TUNNEL_VXLAN,
    family,
    hopLimit: ttl,
    dscp: DSCP_COPY,
    len: ip + UDP_LEN + VXLAN_LEN + ETH_LEN,
    bytes,
  };
}
