import type { DataPath } from '../dataplane/datapath.ts';
import { maps, type Tunnel, TunnelKind } from '../dataplane/layout.gen.ts';
import { formatAddress } from '../model/address.ts';
import { bytesOf } from './view.ts';

/** Where a segment list begins in a tunnel's headers: behind the IPv6 header and the fixed part of the SRH (RFC 8754). */
const SEGMENTS_AT = 48;
const SEGMENT_BYTES = 16;

/**
 * The tunnel that packets of an adjacency leave by, in words: `srv6 fcbb:2::4,fcbb:3::4`, `vxlan 10.1.7.2`.
 * @returns undefined without a tunnel
 */
export function pathOf(dataPath: DataPath, adjacency: number): string | undefined {
  if (adjacency === 0) return undefined;
  const number = dataPath.map(maps.sgAdj).lookup(adjacency)?.tunnel ?? 0;
  const tunnel = number === 0 ? undefined : dataPath.map(maps.sgTunnel).lookup(number);
  return tunnel === undefined ? undefined : tunnelText(tunnel);
}

/** A tunnel in words: its segments in the order of travel, or its node. */
export function tunnelText(tunnel: Tunnel): string {
  const destination = formatAddress(bytesOf(tunnel.dst, tunnel.family));
  if (tunnel.kind !== TunnelKind.TUNNEL_SRV6) return `vxlan ${destination}`;
  const segments: string[] = [];
  for (let at = SEGMENTS_AT; at + SEGMENT_BYTES <= tunnel.len; at += SEGMENT_BYTES)
    segments.unshift(formatAddress(Uint8Array.from(tunnel.bytes.slice(at, at + SEGMENT_BYTES))));
  // A reduced list leaves the first segment out.
  if (segments[0] !== destination) segments.unshift(destination);
  return `srv6 ${segments.join(',')}`;
}
