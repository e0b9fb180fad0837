import { SixgateError } from '../../model/errors.ts';
import { formatPath, type PathStep } from '../../model/path.ts';

/** Every code of this feature's configuration, with what it means. */
export const srv6Errors = {
  SRV6_CORE_MISSING: 'No interface has role core, so there is no SR domain to send to or to hear from.',
  SRV6_PREFIX_FAMILY: 'A locator, or a prefix of the filter, is not IPv6.',
  SRV6_PREFIX_HOST_BITS: 'A prefix has bits set after its length.',
  SRV6_LOCATOR_OVERLAP: 'Two locators, or a locator and a pool, have addresses in common.',
  SRV6_LOCATOR_LOCAL: 'An address of this box is in a locator.',
  SRV6_SID_OUTSIDE: 'A SID lies in no locator.',
  SRV6_SID_DUPLICATE: 'A SID stands twice.',
  SRV6_SID_VIA: 'A SID lacks its next hop, has one that it has no use for, or one of the wrong family.',
  SRV6_SID_INTERFACE: 'The interface of a SID does not exist, cannot be used for it, or cannot be found out.',
  SRV6_SID_TENANT: 'A SID names a tenant that it has no use for.',
  SRV6_SID_FLAVORS: 'A SID has flavors that its behaviour does not know.',
  SRV6_TENANT_UNKNOWN: 'tenant names no tenant of the document.',
  SRV6_POLICY_UNKNOWN: 'Steering names a policy that is not there.',
  SRV6_SEGMENT: 'A segment is no address that a SID of another node can have.',
  SRV6_MTU: 'The core carries too little for the smallest packet that IPv6 demands, behind the segments of a list.',
  SRV6_STEERING_DUPLICATE: 'Destinations of one table are steered twice.',
  SRV6_SOURCE: 'The outer source is no IPv6 address of this gateway, or there is none.',
  SRV6_TUNNELS: 'There are more segment lists than one gateway can have.',
} as const;

export type Srv6ErrorCode = keyof typeof srv6Errors;

/** An error at a place below `srv6`. */
export function srv6Error(
  code: Srv6ErrorCode,
  path: readonly PathStep[],
  sentence: string,
  hint: string,
  more: { otherPath?: string; kind?: 'missing-interface' | undefined } = {},
): SixgateError {
  return new SixgateError(code, sentence, { path: formatPath(['srv6', ...path]), hint, ...more });
}
