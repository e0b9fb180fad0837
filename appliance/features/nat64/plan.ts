import { addressesOf, prefixesOf, rangeOf } from '../../config/ranges.ts';
import type { Desired, DesiredClass, DesiredRoute } from '../../contract/desired.ts';
import type { AddressClaim, ConfigWith, Facts, Feature } from '../../contract/feature.ts';
import { TUNNEL_SIDES } from '../../contract/sides.ts';
import { tableOf } from '../../contract/tenants.ts';
import { formatAddress, formatPrefix, type Prefix, parsePrefix } from '../../model/address.ts';
import { type AddressSet, parseAddressSet } from '../../model/address-set.ts';
import { parseDuration } from '../../model/duration.ts';
import { assignIds } from '../../model/ids.ts';
import { formatPath } from '../../model/path.ts';
import { type PortRange, parsePortRange } from '../../model/ports.ts';
import { checkNat64, insideOf } from './check.ts';
import {
  type InstanceConfig,
  MAX_INSTANCES,
  NAT64_DEFAULTS,
  type Nat64Config,
  nat64Schema,
  type TimeoutName,
} from './schema.ts';

/** One address of a pool with its ports, both ends included. */
export interface PoolAddress {
  /** 0 to 255, unique over the pools of all features, kept as long as the address stays in the document. */
  readonly index: number;
  /** 4 bytes in network order. */
  readonly address: Uint8Array;
  readonly portMin: number;
  readonly portMax: number;
}

/** Timeouts of an instance in milliseconds. */
export type TimeoutsMs = Readonly<Record<`${TimeoutName}Ms`, number>>;

/** One NAT64 instance as the data path shall have it. */
export interface Nat64Instance {
  readonly name: string;
  /** 0 to 15, kept as long as the name stays in the document. */
  readonly id: number;
  readonly pool6: Prefix;
  readonly pool4: readonly PoolAddress[];
  /** Names of ports, and keys of TUNNEL_SIDES. */
  readonly inside: readonly string[];
  /** Table of its tenant; 0: the main one. */
  readonly table: number;
  readonly timeouts: TimeoutsMs;
  readonly limits: { readonly sessions: number };
}

export interface Nat64Desired {
  readonly instances: readonly Nat64Instance[];
}

type Nat64Document = ConfigWith<'nat64', Nat64Config>;

const INSTANCE_ID = 'nat64.instance.';

/**
 * Instances, their classification entries, and blackhole routes below every pool: without a program attached the
 * kernel drops what it would else forward untranslated.
 */
export function planNat64(config: Nat64Document, facts: Facts): Desired<Nat64Desired> {
  const entries = Object.entries(config.nat64 ?? {});
  const previous = facts.ids ?? new Map<string, number>();
  const ids = assignIds(
    entries.map(([name]) => INSTANCE_ID + name),
    withPrefix(previous, INSTANCE_ID),
    MAX_INSTANCES,
  );
  const pools = facts.pools ?? new Map<string, number>();
  const instances = entries.map(([name, instance]) => planInstance(config, name, instance, ids, pools));
  return {
    own: { instances },
    ids,
    classes: instances.flatMap(planClasses),
    routes: entries.flatMap(([name, instance]) => planRoutes(name, instance, tableOf(config, instance.tenant))),
  };
}

function withPrefix(ids: ReadonlyMap<string, number>, prefix: string): Map<string, number> {
  return new Map([...ids].filter(([name]) => name.startsWith(prefix)));
}

function setOf(text: string): AddressSet {
  return parseAddressSet(text) as AddressSet;
}

function planInstance(
  config: Nat64Document,
  name: string,
  instance: InstanceConfig,
  ids: ReadonlyMap<string, number>,
  pools: ReadonlyMap<string, number>,
): Nat64Instance {
  const ms = (key: TimeoutName): number =>
    parseDuration(instance.timeouts?.[key] ?? NAT64_DEFAULTS.timeouts[key]) as number;
  return {
    name,
    id: ids.get(INSTANCE_ID + name) as number,
    pool6: parsePrefix(instance.pool6) as Prefix,
    pool4: instance.pool4.flatMap((pool) => planPool(pool.addresses, pool.ports ?? NAT64_DEFAULTS.ports, pools)),
    inside: instance.inside ?? [...insideOf(config, instance.tenant), ...Object.keys(TUNNEL_SIDES)],
    table: tableOf(config, instance.tenant),
    timeouts: {
      udpMs: ms('udp'),
      tcpEstablishedMs: ms('tcpEstablished'),
      tcpTransitoryMs: ms('tcpTransitory'),
      tcpIncomingSynMs: ms('tcpIncomingSyn'),
      icmpMs: ms('icmp'),
    },
    limits: { sessions: instance.limits?.sessions ?? NAT64_DEFAULTS.sessions },
  };
}

function planPool(set: string, ports: string, pools: ReadonlyMap<string, number>): PoolAddress[] {
  const { first, last } = parsePortRange(ports) as PortRange;
  return [...addressesOf(rangeOf(setOf(set)))].map((address) => ({
    index: pools.get(formatAddress(address)) as number,
    address,
    portMin: first,
    portMax: last,
  }));
}

function planClasses(instance: Nat64Instance): DesiredClass[] {
  return [
    { family: 6, prefix: instance.pool6, class: 'pool6', instance: instance.id, poolIndex: 0 },
    ...instance.pool4.map(
      ({ address, index }): DesiredClass => ({
        family: 4,
        prefix: { family: 4, bytes: address, length: 32 },
        class: 'pool4',
        instance: instance.id,
        poolIndex: index,
      }),
    ),
  ];
}

/** pool6 is a destination in the tenant's table, pool addresses are everybody's. */
function planRoutes(name: string, instance: InstanceConfig, table: number): DesiredRoute[] {
  const pool4 = instance.pool4.flatMap((pool) => prefixesOf(rangeOf(setOf(pool.addresses))));
  return [parsePrefix(instance.pool6) as Prefix, ...pool4].map((prefix) => ({
    family: prefix.family,
    to: formatPrefix(prefix),
    type: 'blackhole',
    ...(table === 0 || prefix.family === 4 ? {} : { table }),
    owner: formatPath(['nat64', name]),
  }));
}

/** Sets that other checks refuse (wrong family, host bits) are claimed by no one. */
function claims(config: Nat64Document): AddressClaim[] {
  return Object.entries(config.nat64 ?? {}).flatMap(([name, instance]) => {
    const owner = formatPath(['nat64', name]);
    const claim = (text: string, family: 4 | 6, path: string): AddressClaim[] => {
      const addresses = parseAddressSet(text);
      if (addresses?.family !== family || addresses.meant !== undefined) return [];
      const word = family === 6 ? 'POOL6' : 'POOL';
      const codes = { overlapCode: `NAT64_${word}_OVERLAP`, localCode: `NAT64_${word}_LOCAL` };
      const sizeCode = family === 4 ? { sizeCode: 'NAT64_POOL_TOO_LARGE' } : {};
      const table = family === 6 ? tableOf(config, instance.tenant) : 0;
      return [{ addresses, kind: 'pool', table, owner, path, ...codes, ...sizeCode }];
    };
    return [
      ...claim(instance.pool6, 6, `${owner}.pool6`),
      ...instance.pool4.flatMap((pool, i) => claim(pool.addresses, 4, `${owner}.pool4[${i}].addresses`)),
    ];
  });
}

export const nat64: Feature<'nat64', Nat64Config, Nat64Desired> = {
  name: 'nat64',
  schema: nat64Schema,
  check: checkNat64,
  claims,
  plan: planNat64,
};
