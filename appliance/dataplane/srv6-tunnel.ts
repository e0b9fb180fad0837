import { constants, type Tunnel, TunnelKind } from './layout.gen.ts';
import { wordsOf } from './prefix-key.ts';

const { DSCP_COPY, MAX_SEGMENTS, STEER_BUCKETS, TUNNEL_BYTES } = constants;

const IP6_LEN = 40;
const SRH_LEN = 8;
const ROUTING_HEADER = 43;

/** What a packet is encapsulated with on its way into the SR domain. */
export interface Srv6TunnelSpec {
  /** 16 bytes each, in the order in which they are visited; 1 to 16. */
  readonly segments: readonly Uint8Array[];
  /** Outer source, 16 bytes. */
  readonly source: Uint8Array;
  /** H.Encaps.Red: the first segment stands in the destination only (RFC 8986 section 5.2). */
  readonly reduced: boolean;
  readonly hopLimit: number;
  /** DSCP of the outer header; `copy`: that of the packet. */
  readonly dscp: number | 'copy';
}

/**
 * The headers of RFC 8986 section 5.1 or 5.2 (RFC 8754 section 4.1), as the data path puts them in front of packets.
 * @throws RangeError for no segment, or more than fit
 */
export function srv6Tunnel({ segments, source, reduced, hopLimit, dscp }: Srv6TunnelSpec): Tunnel {
  const [first] = segments;
  if (first === undefined || segments.length > MAX_SEGMENTS)
    throw new RangeError(`a list has 1 to ${MAX_SEGMENTS} segments, not ${segments.length}`);
  const listed = reduced ? segments.slice(1) : segments;
  const len = IP6_LEN + (listed.length === 0 ? 0 : SRH_LEN + 16 * listed.length);
  const bytes = new Uint8Array(TUNNEL_BYTES);
  bytes[0] = 0x60;
  bytes[6] = listed.length === 0 ? 0 : ROUTING_HEADER;
  bytes[7] = hopLimit;
  bytes.set(source, 8);
  bytes.set(first, 24);
  if (listed.length > 0) {
    // Type 4; Segments Left counts from the whole list, Last Entry is an index into the one that is carried.
    bytes.set([0, 2 * listed.length, 4, segments.length - 1, listed.length - 1], IP6_LEN);
    for (const [at, segment] of listed.toReversed().entries()) bytes.set(segment, IP6_LEN + SRH_LEN + 16 * at);
  }
  return {
    dst: wordsOf(first),
    src: wordsOf(source),
    kind: TunnelKind.TUNNEL_SRV6,
    family: 6,
    hopLimit,
    dscp: dscp === 'copy' ? DSCP_COPY : dscp,
    len,
    bytes,
  };
}

/**
 * Shares the buckets of a steered destination out by weight: the largest remainders get what is left over, and none
 * goes without.
 * @param weights 1 to 16 positive numbers
 * @returns for each bucket the index of a weight
 * @throws RangeError
 */
export function shareBuckets(weights: readonly number[]): number[] {
  if (weights.length < 1 || weights.length > STEER_BUCKETS)
    throw new RangeError(`a destination has 1 to ${STEER_BUCKETS} ways, not ${weights.length}`);
  const sum = weights.reduce((total, weight) => total + weight, 0);
  const exact = weights.map((weight) => (weight * STEER_BUCKETS) / sum);
  const shares = exact.map((share) => Math.max(1, Math.floor(share)));
  const missing = (index: number): number => (exact[index] as number) - (shares[index] as number);
  const indexes = [...weights.keys()];
  for (let left = STEER_BUCKETS - shares.reduce((total, share) => total + share, 0); left !== 0; ) {
    const [most] = indexes.toSorted((a, b) => (left > 0 ? missing(b) - missing(a) : surplus(a, b)));
    shares[most as number] = (shares[most as number] as number) + Math.sign(left);
    left -= Math.sign(left);
  }
  return shares.flatMap((share, index) => Array.from({ length: share }, () => index));

  /** Whoever has the most above its due, and more than one bucket, gives one back. */
  function surplus(a: number, b: number): number {
    const above = (index: number): number =>
      (shares[index] as number) > 1 ? -missing(index) : Number.NEGATIVE_INFINITY;
    return above(b) - above(a);
  }
}
