import { SixgateError } from '../../model/errors.ts';
import { formatPath, type PathStep } from '../../model/path.ts';

/** Every code of this feature's configuration, with what it means. */
export const nat64Errors = {
  NAT64_INSTANCES: 'There are more instances than one gateway can have.',
  NAT64_POOL6_FAMILY: 'pool6 is no IPv6 prefix.',
  NAT64_POOL6_LENGTH: 'pool6 has a length that RFC 6052 does not define.',
  NAT64_POOL6_HOST_BITS: 'pool6 has bits set after its length.',
  NAT64_POOL6_BITS_64_71: 'pool6 has bits 64 to 71 set, which RFC 6052 keeps zero.',
  NAT64_POOL6_NOT_UNICAST: 'pool6 is no prefix that hosts can send to.',
  NAT64_POOL6_OVERLAP: 'Two translation prefixes have addresses in common.',
  NAT64_POOL6_LOCAL: 'An address of this box is in a translation prefix.',
  NAT64_POOL_FAMILY: 'A pool address is not IPv4.',
  NAT64_POOL_HOST_BITS: 'A pool prefix has bits set after its length.',
  NAT64_POOL_NOT_UNICAST: 'A pool address is no address that a host on the Internet or in a private network can have.',
  NAT64_POOL_NETWORK: 'A pool address is the network or broadcast address of a network that the box is in.',
  NAT64_POOL_TOO_LARGE: 'There are more pool addresses than one gateway can have.',
  NAT64_POOL_OVERLAP: 'Two pools have addresses in common.',
  NAT64_POOL_LOCAL: 'An address of this box is in a pool.',
  NAT64_INSIDE_UNKNOWN: 'inside names no interface of the document.',
  NAT64_INSIDE_ROLE: 'inside names an interface that has not role inside.',
  NAT64_INSIDE_TENANT: 'inside names an interface of another tenant than that of the instance.',
  NAT64_TENANT_UNKNOWN: 'tenant names no tenant of the document.',
  NAT64_INSIDE_MISSING: 'No interface has role inside and there are no tunnels, so there are no clients.',
  NAT64_OUTSIDE_MISSING: 'No interface has role outside, so translated packets have no way out.',
  NAT64_TIMEOUT_RANGE: 'A timeout is too short or too long.',
} as const;

export type Nat64ErrorCode = keyof typeof nat64Errors;

/** An error at a place below `nat64`. */
export function nat64Error(
  code: Nat64ErrorCode,
  path: readonly PathStep[],
  sentence: string,
  hint: string,
): SixgateError {
  return new SixgateError(code, sentence, { path: formatPath(['nat64', ...path]), hint });
}
