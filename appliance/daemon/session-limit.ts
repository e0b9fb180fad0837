import type { DesiredState } from '../contract/desired.ts';
import type { EgressDesired } from '../features/egress/plan.ts';
import type { Nat64Desired } from '../features/nat64/plan.ts';

/** Sessions that a gateway without any feature is made for. */
const LEAST = 1024;

/** Sessions of all features together: the maps are sized to it, because memory that packets roam over costs time. */
export function sessionLimit(desired: DesiredState): number {
  const nat64 = desired.features.get('nat64') as Nat64Desired | undefined;
  const egress = desired.features.get('egress') as EgressDesired | undefined;
  const shares = [...(nat64?.instances ?? []), ...(egress === undefined ? [] : [egress])];
  return Math.max(
    LEAST,
    shares.reduce((sum, { limits }) => sum + limits.sessions, 0),
  );
}
