import { addressesOf, prefixesOf, rangeOf } from '../../config/ranges.ts';
import type { Desired, DesiredRoute } from '../../contract/desired.ts';
import type { AddressClaim, ConfigWith, Facts, Feature } from '../../contract/feature.ts';
import { withRole } from '../../contract/interfaces.ts';
import { TUNNEL_SIDES } from '../../contract/sides.ts';
import { FIRST_SLOT_TABLE, slotNumber } from '../../contract/slots.ts';
import { tableOf } from '../../contract/tenants.ts';
import { type Family, formatAddress, formatPrefix, type Prefix, parsePrefix } from '../../model/address.ts';
import { type AddressSet, parseAddressSet } from '../../model/address-set.ts';
import { parseDuration } from '../../model/duration.ts';
import { type Endpoint, parseEndpoint } from '../../model/endpoint.ts';
import { assignIds } from '../../model/ids.ts';
import { formatPath } from '../../model/path.ts';
import { type PortRange, parsePortRange } from '../../model/ports.ts';
import { checkEgress } from './check.ts';
import type { EgressPolicy } from './order.ts';
import {
  EGRESS_DEFAULTS,
  type EgressConfig,
  egressSchema,
  type ForwardConfig,
  MAX_POLICIES,
  MAX_POOLS,
  type PolicyConfig,
  type PoolConfig,
  type TimeoutName,
} from './schema.ts';

/** One address of a pool. */
export interface EgressAddress {
  /** Number of its port table, unique over the pools of all features. */
  readonly index: number;
  /** 4 or 16 bytes in network order. */
  readonly address: Uint8Array;
}

export interface EgressPool {
  readonly name: string;
  /** 0 to 63, kept as long as the name stays in the document. */
  readonly number: number;
  readonly addresses4: readonly EgressAddress[];
  readonly addresses6: readonly EgressAddress[];
  readonly ports: PortRange;
  /** Milliseconds. */
  readonly timeouts: Readonly<Record<`${TimeoutName}Ms`, number>>;
}

export interface EgressForward {
  readonly proto: 'tcp' | 'udp';
  readonly outside: Endpoint;
  readonly inside: Endpoint;
  /** Table of the inside host: 0, a tenant's, or a slot's. */
  readonly table: number;
}

export interface EgressDesired {
  readonly pools: readonly EgressPool[];
  readonly policies: readonly EgressPolicy[];
  readonly forwards: readonly EgressForward[];
  /** Names of ports, and keys of TUNNEL_SIDES. */
  readonly inside: readonly string[];
  readonly only: readonly string[];
  readonly limits: { readonly sessions: number };
}

export type EgressDocument = ConfigWith<'egress', EgressConfig>;

const POOL_ID = 'egress.pool.';
const POLICY_ID = 'egress.policy.';

/** Pools, policies and forwards, and blackhole routes below every pool: unused addresses answer to nobody. */
export function planEgress(config: EgressDocument, facts: Facts): Desired<EgressDesired> {
  const { egress } = config;
  if (egress === undefined) return {};
  const pools = Object.entries(egress.pools);
  const policies = Object.entries(egress.policies ?? {});
  const ids = new Map([
    ...assign(POOL_ID, pools, facts, MAX_POOLS),
    ...assign(POLICY_ID, policies, facts, MAX_POLICIES),
  ]);
  const poolNumber = (name: string): number => ids.get(POOL_ID + name) as number;
  const own: EgressDesired = {
    pools: pools.map(([name, pool]) => planPool(name, poolNumber(name), pool, facts)),
    policies: policies.map(([name, policy]) => ({
      ...planPolicy(policy),
      name,
      number: (ids.get(POLICY_ID + name) as number) + 1, // 0 is no policy
      table: clientTable(config, facts, policy),
      poolNumber: poolNumber(policy.pool),
    })),
    forwards: (egress.forwards ?? []).map((forward) => ({
      proto: forward.proto,
      outside: parseEndpoint(forward.outside) as Endpoint,
      inside: parseEndpoint(forward.inside) as Endpoint,
      table: clientTable(config, facts, forward),
    })),
    inside: egress.inside ?? [...withRole(config.interfaces ?? {}, 'inside'), ...Object.keys(TUNNEL_SIDES)],
    only: egress.only ?? [],
    limits: { sessions: egress.limits?.sessions ?? EGRESS_DEFAULTS.sessions },
  };
  return { own, ids, routes: pools.flatMap(([name, pool]) => planRoutes(name, pool)) };
}

function assign(prefix: string, entries: readonly [string, unknown][], facts: Facts, count: number) {
  const previous = [...(facts.ids ?? [])].filter(([name]) => name.startsWith(prefix));
  return assignIds(
    entries.map(([name]) => prefix + name),
    new Map(previous),
    count,
  );
}

function clientTable(config: EgressDocument, facts: Facts, { slot, tenant }: ForwardConfig | PolicyConfig): number {
  return slot === undefined ? tableOf(config, tenant) : FIRST_SLOT_TABLE + slotNumber(config, facts, slot);
}

function planPool(name: string, number: number, pool: PoolConfig, facts: Facts): EgressPool {
  const ms = (key: TimeoutName): number =>
    parseDuration(pool.timeouts?.[key] ?? EGRESS_DEFAULTS.timeouts[key]) as number;
  const addresses = pool.addresses
    .flatMap((set) => [...addressesOf(rangeOf(setOf(set)))])
    .map((address) => ({ address, index: facts.pools?.get(formatAddress(address)) as number }));
  return {
    name,
    number,
    addresses4: addresses.filter(({ address }) => address.length === 4),
    addresses6: addresses.filter(({ address }) => address.length === 16),
    ports: parsePortRange(pool.ports ?? EGRESS_DEFAULTS.ports) as PortRange,
    timeouts: {
      udpMs: ms('udp'),
      tcpEstablishedMs: ms('tcpEstablished'),
      tcpTransitoryMs: ms('tcpTransitory'),
      icmpMs: ms('icmp'),
    },
  };
}

function planPolicy(policy: PolicyConfig): Omit<EgressPolicy, 'name' | 'number' | 'table' | 'poolNumber'> {
  const prefixes = (texts: readonly string[] | undefined): Prefix[] =>
    (texts ?? []).map((text) => parsePrefix(text) as Prefix);
  return {
    sources: prefixes(policy.sources),
    identities: policy.identities ?? [],
    destinations: prefixes(policy.destinations),
    excluded: prefixes(policy.excluded),
    priority: policy.priority ?? 0,
    pool: policy.pool,
  };
}

function setOf(text: string): AddressSet {
  return parseAddressSet(text) as AddressSet;
}

function planRoutes(name: string, pool: PoolConfig): DesiredRoute[] {
  const prefixes = pool.addresses.flatMap((set) => prefixesOf(rangeOf(setOf(set))));
  return prefixes.map((prefix) => ({
    family: prefix.family as Family,
    to: formatPrefix(prefix),
    type: 'blackhole',
    owner: formatPath(['egress', 'pools', name]),
  }));
}

/** Sets that other checks refuse are claimed by no one. */
function claims(config: EgressDocument): AddressClaim[] {
  return Object.entries(config.egress?.pools ?? {}).flatMap(([name, pool]) => {
    const owner = formatPath(['egress', 'pools', name]);
    return pool.addresses.flatMap((text, i): AddressClaim[] => {
      const addresses = parseAddressSet(text);
      if (addresses === undefined || addresses.meant !== undefined) return [];
      const codes = {
        overlapCode: 'EGRESS_POOL_OVERLAP',
        localCode: 'EGRESS_POOL_LOCAL',
        sizeCode: 'EGRESS_POOL_TOO_LARGE',
      };
      return [{ addresses, kind: 'pool', owner, path: `${owner}.addresses[${i}]`, ...codes }];
    });
  });
}

export const egress: Feature<'egress', EgressConfig, EgressDesired> = {
  name: 'egress',
  schema: egressSchema,
  check: checkEgress,
  claims,
  plan: planEgress,
};
