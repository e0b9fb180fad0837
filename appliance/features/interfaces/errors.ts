import { SixgateError } from '../../model/errors.ts';
import { formatPath, type PathStep } from '../../model/path.ts';

/** Every code of this feature, with what it means. */
export const interfaceErrors = {
  INTERFACE_DEVICE_DUPLICATE: 'Two interfaces name the same kernel device, or the same VLAN of one device.',
  INTERFACE_LINK_VLAN: 'link and vlan do not stand together, or one of them stands beside device or xdp.',
  INTERFACE_LINK_UNKNOWN: 'link names no interface of the document that can carry VLANs.',
  INTERFACE_ROLE_MISSING: 'An interface has neither a role nor VLANs.',
  INTERFACE_ROLE_CONFLICT: 'management stands together with another role, or with a key that it has no use for.',
  INTERFACE_TENANT_UNKNOWN: 'tenant names no tenant of the document.',
  INTERFACE_TENANT_ROLE: 'An interface of the core or for management is given to a tenant.',
  INTERFACE_ADDRESS_DUPLICATE: 'An address stands below two interfaces, or twice below one.',
  INTERFACE_ADDRESS_NOT_HOST: 'An interface address is no address that a host can have.',
  INTERFACE_MTU: 'The MTU is too small for IPv6, or larger than that of the interface that carries the VLAN.',
  INTERFACE_MISSING: 'The kernel has no such device.',
} as const;

export type InterfaceErrorCode = keyof typeof interfaceErrors;

/** An error at a place below `interfaces`. */
export function interfaceError(
  code: InterfaceErrorCode,
  path: readonly PathStep[],
  sentence: string,
  hint: string,
  more: { otherPath?: string; kind?: 'missing-interface' } = {},
): SixgateError {
  return new SixgateError(code, sentence, { path: formatPath(['interfaces', ...path]), hint, ...more });
}
