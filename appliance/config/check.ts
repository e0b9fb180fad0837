import type { DesiredRoute, DesiredState } from '../contract/desired.ts';
import type { AddressClaim, Config, Facts, Feature } from '../contract/feature.ts';
import { parseAddress } from '../model/address.ts';
import { parseAddressSet } from '../model/address-set.ts';
import { SixgateError } from '../model/errors.ts';
import { findOverlaps, rangeOf } from './ranges.ts';

/**
 * Everything that the schema cannot say, over all features: their own rules, then addresses that two of them claim.
 * @param config a document that fits the schema
 * @param facts undefined when there is no gateway to look at
 */
export function checkConfig(features: readonly Feature[], config: Config, facts: Facts | undefined): SixgateError[] {
  const errors = features.flatMap((feature) => feature.check(config, facts));
  const claims = features.flatMap((feature) => feature.claims?.(config) ?? []);
  return [...errors, ...checkClaims([...claims, ...kernelClaims(claims, facts)])];
}

/** Addresses that the kernel has and the document does not name. */
function kernelClaims(claims: readonly AddressClaim[], facts: Facts | undefined): AddressClaim[] {
  const named = new Set(
    claims.filter((claim) => claim.kind === 'local').map((claim) => claim.addresses.first.join('.')),
  );
  return (facts?.localAddresses ?? []).flatMap((text): AddressClaim[] => {
    const addresses = parseAddressSet(text);
    const bytes = parseAddress(text);
    if (addresses === undefined || bytes === undefined || named.has(bytes.join('.'))) return [];
    named.add(bytes.join('.'));
    return [{ addresses, kind: 'local', owner: 'this box', overlapCode: '', localCode: '' }];
  });
}

function checkClaims(claims: readonly AddressClaim[]): SixgateError[] {
  const order = new Map(claims.map((claim, i) => [claim, i]));
  const later = (a: AddressClaim, b: AddressClaim): boolean => (order.get(a) as number) > (order.get(b) as number);
  return findOverlaps(claims, (claim) => rangeOf(claim.addresses)).map(({ a, b, at }) => {
    const blamed = a.kind !== b.kind ? (a.kind === 'pool' ? a : b) : later(a, b) ? a : b;
    return overlapError(blamed, blamed === a ? b : a, at);
  });
}

/** `blamed` stands later in the document, or is the pool when the other one is an address of the box. */
function overlapError(blamed: AddressClaim, other: AddressClaim, at: string): SixgateError {
  const place = { path: blamed.path, otherPath: other.path };
  if (other.kind === 'local' && blamed.kind === 'pool') {
    const where = other.path === undefined ? '' : `, in ${other.owner}`;
    return new SixgateError(blamed.localCode, `${at} is an address of this box${where}`, {
      ...place,
      hint: 'Pool addresses stand below no interface: leave it out of one of them',
    });
  }
  const sentence =
    other.owner === blamed.owner ? `${at} stands twice in ${other.owner}` : `${at} is also in ${other.owner}`;
  const hint =
    blamed.kind === 'local' ? 'One address belongs to one interface' : 'One address belongs to one pool of one feature';
  return new SixgateError(blamed.overlapCode, sentence, { ...place, hint });
}

/** What the document wants of the gateway: the features' plans put together. Pure; give it checked documents only. */
export function planConfig(features: readonly Feature[], config: Config, facts: Facts): DesiredState {
  const plans = features.map((feature) => ({ name: feature.name, desired: feature.plan(config, facts) }));
  return {
    ports: plans.flatMap(({ desired }) => desired.ports ?? []),
    routes: oneRouteEach(plans.flatMap(({ desired }) => desired.routes ?? [])),
    classes: plans.flatMap(({ desired }) => desired.classes ?? []),
    ids: new Map(plans.flatMap(({ desired }) => [...(desired.ids ?? [])])),
    features: new Map(
      plans.filter(({ desired }) => desired.own !== undefined).map(({ name, desired }) => [name, desired.own]),
    ),
  };
}

/** The kernel holds one route a destination: a blackhole below a pool goes before what `routes` says. */
function oneRouteEach(routes: readonly DesiredRoute[]): DesiredRoute[] {
  const chosen = new Map<string, DesiredRoute>();
  for (const route of routes) {
    if (!chosen.has(route.to) || route.type === 'blackhole') chosen.set(route.to, route);
  }
  return [...chosen.values()];
}
