import { SixgateError } from '../../model/errors.ts';
import { formatPath, type PathStep } from '../../model/path.ts';

/** Every code of this feature, with what it means. */
export const egressErrors = {
  EGRESS_POOLS: 'There are more pools than one gateway can have.',
  EGRESS_POLICIES: 'There are more policies than one gateway can have.',
  EGRESS_FORWARDS: 'There are more static forwards than one gateway can have.',
  EGRESS_TOO_LARGE: 'The policies together need more entries than the tables of the data path have.',
  EGRESS_POOL_HOST_BITS: 'A pool prefix has bits set after its length.',
  EGRESS_POOL_NOT_UNICAST: 'A pool address is no address that a host on the Internet or in a private network can have.',
  EGRESS_POOL_NETWORK: 'A pool address is the network or broadcast address of a network that the box is in.',
  EGRESS_POOL_TOO_LARGE: 'There are more pool addresses than one gateway can have.',
  EGRESS_POOL_OVERLAP: 'Two pools have addresses in common.',
  EGRESS_POOL_LOCAL: 'An address of this box is in a pool.',
  EGRESS_POOL_UNKNOWN: 'A policy names no pool of the document.',
  EGRESS_POOL_FAMILY: 'A policy has destinations of a family that its pool has no address of.',
  EGRESS_HOST_BITS: 'A prefix of a policy has bits set after its length.',
  EGRESS_FAMILY: 'A policy has destinations of a family that it has no sources of.',
  EGRESS_CLIENTS: 'A policy has neither sources nor identities, or both.',
  EGRESS_IDENTITIES_SLOT: 'A policy has identities, but no slot that they are of.',
  EGRESS_SLOT_UNKNOWN: 'slot names no VXLAN slot of the document.',
  EGRESS_TENANT_UNKNOWN: 'tenant names no tenant of the document.',
  EGRESS_TENANT_AND_SLOT: 'tenant and slot stand together.',
  EGRESS_INTERFACE_UNKNOWN: 'inside or only names no interface of the document.',
  EGRESS_INTERFACE_ROLE: 'inside or only names an interface that has not role inside.',
  EGRESS_ONLY_NOT_INSIDE: 'only names an interface that inside leaves out.',
  EGRESS_INSIDE_MISSING: 'There are policies, but no clients: no interface has role inside, and there is no slot.',
  EGRESS_OUTSIDE_MISSING: 'No interface has role outside, so translated packets have no way out.',
  EGRESS_FORWARD_ADDRESS: 'A static forward has an outside address that is in no pool.',
  EGRESS_FORWARD_PORT: 'A static forward takes a port that sessions may get.',
  EGRESS_FORWARD_FAMILY: 'A static forward joins addresses of two families.',
  EGRESS_FORWARD_INSIDE: 'A static forward leads to no address that a host can have.',
  EGRESS_FORWARD_DUPLICATE: 'Two static forwards have the same protocol and outside address and port.',
  EGRESS_TIMEOUT_RANGE: 'A timeout is too short or too long.',
} as const;

export type EgressErrorCode = keyof typeof egressErrors;

/** An error at a place below `egress`. */
export function egressError(
  code: EgressErrorCode,
  path: readonly PathStep[],
  sentence: string,
  hint: string,
  more: { otherPath?: string } = {},
): SixgateError {
  return new SixgateError(code, sentence, { path: formatPath(['egress', ...path]), hint, ...more });
}
