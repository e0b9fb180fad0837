import type { DesiredRoute, DesiredState } from '../contract/desired.ts';
import { type AddressClaim, type Config, type Facts, type Feature, MAX_POOL_ADDRESSES } from '../contract/feature.ts';
import { formatAddress, formatPrefix, parseAddress } from '../model/address.ts';
import { type AddressSet, parseAddressSet } from '../model/address-set.ts';
import { SixgateError } from '../model/errors.ts';
import { assignIds } from '../model/ids.ts';
import { addressesOf, findOverlaps, prefixesOf, rangeOf, sizeOf } from './ranges.ts';

/**
 * Everything that the schema cannot say, over all features: their own rules, then addresses that two of them claim.
 * @param config a document that fits the schema
 * @param facts undefined when there is no gateway to look at
 */
export function checkConfig(features: readonly Feature[], config: Config, facts: Facts | undefined): SixgateError[] {
  const errors = features.flatMap((feature) => feature.check(config, facts));
  const claims = features.flatMap((feature) => feature.claims?.(config) ?? []);
  return [...errors, ...checkPoolSize(claims), ...checkClaims([...claims, ...kernelClaims(claims, facts)])];
}

/** Reports the entry that goes over the limit, before anything expands the ranges. */
function checkPoolSize(claims: readonly AddressClaim[]): SixgateError[] {
  let total = 0n;
  for (const { addresses, path, sizeCode } of claims) {
    if (sizeCode === undefined) continue;
    const size = sizeOf(rangeOf(addresses));
    total += size;
    if (total <= BigInt(MAX_POOL_ADDRESSES)) continue;
    const text = setText(addresses);
    const sentence =
      size === total ? `${text} has ${size} addresses` : `${text} brings the pools to ${total} addresses`;
    const hint = `All pools together hold at most ${MAX_POOL_ADDRESSES}; one address carries 64,512 ports to every destination`;
    return [new SixgateError(sizeCode, sentence, { path, hint })];
  }
  return [];
}

function setText(set: AddressSet): string {
  const [first, last] = [formatAddress(set.first), formatAddress(set.last)];
  const [prefix, ...more] = prefixesOf(rangeOf(set));
  if (first === last) return first;
  return prefix !== undefined && more.length === 0 ? formatPrefix(prefix) : `${first}-${last}`;
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
  const tables = new Map<number, AddressClaim[]>();
  for (const claim of claims) tables.set(claim.table ?? 0, [...(tables.get(claim.table ?? 0) ?? []), claim]);
  const overlaps = [...tables.values()].flatMap((of) => findOverlaps(of, (claim) => rangeOf(claim.addresses)));
  return overlaps.map(({ a, b, at }) => {
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
  const pools = poolIds(features, config, facts);
  const known = { ...facts, pools: new Map([...pools].map(([name, number]) => [name.slice(POOL_ID.length), number])) };
  const plans = features.map((feature) => ({ name: feature.name, desired: feature.plan(config, known) }));
  return {
    ports: plans.flatMap(({ desired }) => desired.ports ?? []),
    routes: oneRouteEach(plans.flatMap(({ desired }) => desired.routes ?? [])),
    classes: plans.flatMap(({ desired }) => desired.classes ?? []),
    ids: new Map([...plans.flatMap(({ desired }) => [...(desired.ids ?? [])]), ...pools]),
    features: new Map(
      plans.filter(({ desired }) => desired.own !== undefined).map(({ name, desired }) => [name, desired.own]),
    ),
  };
}

const POOL_ID = 'pool.';

/** Sessions of all features get their ports from the same tables, so addresses of all features are numbered together. */
function poolIds(features: readonly Feature[], config: Config, facts: Facts): Map<string, number> {
  const claims = features.flatMap((feature) => feature.claims?.(config) ?? []);
  const pools = claims.filter(({ sizeCode }) => sizeCode !== undefined).map(({ addresses }) => rangeOf(addresses));
  const names = pools.flatMap((range) => [...addressesOf(range)].map((address) => POOL_ID + formatAddress(address)));
  const previous = [...(facts.ids ?? [])].filter(([name]) => name.startsWith(POOL_ID));
  return assignIds(names, new Map(previous), MAX_POOL_ADDRESSES);
}

/** The kernel holds one route a destination and table: a blackhole below a pool goes before what `routes` says. */
function oneRouteEach(routes: readonly DesiredRoute[]): DesiredRoute[] {
  const chosen = new Map<string, DesiredRoute>();
  for (const route of routes) {
    const key = `${route.table ?? 0} ${route.to}`;
    if (!chosen.has(key) || route.type === 'blackhole') chosen.set(key, route);
  }
  return [...chosen.values()];
}
