import { contains, hasHostBits, type Prefix } from './address.ts';

/** RFC 6052 2.2: the prefix lengths that an IPv4-embedded address may have. */
export const RFC6052_LENGTHS: readonly number[] = [32, 40, 48, 56, 64, 96];

/** The octet that holds bits 64 to 71; it is zero and never carries a part of the IPv4 address. */
const U_OCTET = 8;

export type Rfc6052Fault = 'family' | 'length' | 'host-bits' | 'bits-64-71';

/** Why `prefix` cannot be a translation prefix, or undefined if it can. */
export function rfc6052Fault(prefix: Prefix): Rfc6052Fault | undefined {
  if (prefix.family !== 6) return 'family';
  if (!RFC6052_LENGTHS.includes(prefix.length)) return 'length';
  if (hasHostBits(prefix)) return 'host-bits';
  return prefix.bytes[U_OCTET] === 0 ? undefined : 'bits-64-71';
}

/** The four octets of the IPv6 address that carry the IPv4 address, first to last. */
function octetsOf(length: number): number[] {
  const octets: number[] = [];
  for (let octet = length / 8; octets.length < 4; octet++) {
    if (octet !== U_OCTET) octets.push(octet);
  }
  return octets;
}

/**
 * Puts an IPv4 address into a translation prefix; the suffix is zero (RFC 6052 2.2).
 * @throws RangeError if the prefix is none (see `rfc6052Fault`) or `ipv4` has not 4 bytes
 */
export function embedIPv4(prefix: Prefix, ipv4: Uint8Array): Uint8Array {
  const fault = rfc6052Fault(prefix);
  if (fault !== undefined) throw new RangeError(`no translation prefix: ${fault}`);
  if (ipv4.length !== 4) throw new RangeError(`an IPv4 address has 4 bytes, not ${ipv4.length}`);
  const bytes = Uint8Array.from(prefix.bytes);
  for (const [i, octet] of octetsOf(prefix.length).entries()) bytes[octet] = ipv4[i] as number;
  return bytes;
}

/** The IPv4 address in `ipv6`, or undefined if that is not in the prefix. Suffix and bits 64 to 71 are ignored. */
export function extractIPv4(prefix: Prefix, ipv6: Uint8Array): Uint8Array | undefined {
  if (rfc6052Fault(prefix) !== undefined || !contains(prefix, ipv6)) return undefined;
  return Uint8Array.from(octetsOf(prefix.length), (octet) => ipv6[octet] as number);
}
