import { SixgateError } from '../../model/errors.ts';
import { formatPath, type PathStep } from '../../model/path.ts';

/** Every code of this feature, with what it means. */
export const routeErrors = {
  ROUTE_VIA_MISSING: 'A unicast route has no next hop.',
  ROUTE_VIA_UNUSED: 'A blackhole route has a next hop.',
  ROUTE_VIA_LOCAL: 'The next hop is an address of this box.',
  ROUTE_VIA_NOT_UNICAST: 'The next hop is no address of a router, or a link-local one, which would need an interface.',
  ROUTE_VIA_UNREACHABLE: 'The next hop is in no network of an interface.',
  ROUTE_FAMILY: 'Destination and next hop are of different families, or the family of default is open.',
  ROUTE_HOST_BITS: 'The destination has bits set after its length.',
  ROUTE_DUPLICATE: 'Two routes of one table have the same destination.',
  ROUTE_TENANT_UNKNOWN: 'tenant names no tenant of the document.',
} as const;

export type RouteErrorCode = keyof typeof routeErrors;

/** An error at a place below `routes`. */
export function routeError(
  code: RouteErrorCode,
  path: readonly PathStep[],
  sentence: string,
  hint: string,
  more: { otherPath?: string; kind?: 'missing-interface' | undefined } = {},
): SixgateError {
  return new SixgateError(code, sentence, { path: formatPath(['routes', ...path]), hint, ...more });
}
