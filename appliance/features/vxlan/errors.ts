import { SixgateError } from '../../model/errors.ts';
import { formatPath, type PathStep } from '../../model/path.ts';

/** Every code of this feature, with what it means. */
export const vxlanErrors = {
  VXLAN_SLOTS: 'There are more slots than one gateway can have.',
  VXLAN_ADDRESS_UNKNOWN: 'The tunnel endpoint is no address of this box.',
  VXLAN_ADDRESS_DUPLICATE: 'Two slots have the same tunnel endpoint.',
  VXLAN_NODE_FAMILY: 'A node has not the family of the tunnel endpoint.',
  VXLAN_NODE_HOST_BITS: 'A prefix of nodes has bits set after its length.',
  VXLAN_NODE_NOT_UNICAST: 'A node has no address that a host can have.',
  VXLAN_NODE_LOCAL: 'A node has an address of this box.',
  VXLAN_NODE_DUPLICATE: 'A node stands twice in one slot.',
  VXLAN_TOO_MANY_NODES: 'There are more nodes than one gateway can have.',
} as const;

export type VxlanErrorCode = keyof typeof vxlanErrors;

/** An error at a place below `vxlan`. */
export function vxlanError(
  code: VxlanErrorCode,
  path: readonly PathStep[],
  sentence: string,
  hint: string,
  more: { otherPath?: string; kind?: 'missing-interface' } = {},
): SixgateError {
  return new SixgateError(code, sentence, { path: formatPath(['vxlan', ...path]), hint, ...more });
}
