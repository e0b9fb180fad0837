import { addressText, prefixesOf, rangeOf } from '../../config/ranges.ts';
import type { Config, ConfigWith } from '../../contract/feature.ts';
import { rolesOf, withRole } from '../../contract/interfaces.ts';
import { interfacesOf, tenantOf, tenantsHint } from '../../contract/tenants.ts';
import {
  contains,
  equalBytes,
  formatAddress,
  formatPrefix,
  lastAddress,
  maskPrefix,
  type Prefix,
  parsePrefix,
} from '../../model/address.ts';
import { type AddressSet, parseAddressSet } from '../../model/address-set.ts';
import { parseDuration } from '../../model/duration.ts';
import type { SixgateError } from '../../model/errors.ts';
import { RFC6052_LENGTHS, rfc6052Fault } from '../../model/rfc6052.ts';
import { nat64Error } from './errors.ts';
import {
  type InstanceConfig,
  MAX_INSTANCES,
  MAX_TIMEOUT,
  MIN_TIMEOUT,
  NAT64_DEFAULTS,
  type Nat64Config,
  type TimeoutName,
} from './schema.ts';

type Nat64Document = ConfigWith<'nat64', Nat64Config>;

/** Rules of `nat64` beyond its schema. Overlaps are found over all features, from the claims. */
export function checkNat64(config: Nat64Document): SixgateError[] {
  const instances = Object.entries(config.nat64 ?? {});
  return [
    ...checkCount(instances),
    ...instances.flatMap(([name, instance]) => [
      ...checkPool6(name, instance),
      ...instance.pool4.flatMap((pool, i) => checkPool4(config, [name, 'pool4', i, 'addresses'], pool.addresses)),
      ...checkInterfaces(config, name, instance),
      ...checkTimeouts(name, instance),
    ]),
  ];
}

function checkCount(instances: readonly [string, InstanceConfig][]): SixgateError[] {
  const [extra] = instances[MAX_INSTANCES] ?? [];
  if (extra === undefined) return [];
  const sentence = `There are ${instances.length} instances`;
  return [nat64Error('NAT64_INSTANCES', [extra], sentence, `One gateway has at most ${MAX_INSTANCES}`)];
}

function checkPool6(name: string, instance: InstanceConfig): SixgateError[] {
  const at = [name, 'pool6'];
  const text = instance.pool6;
  const prefix = parsePrefix(text);
  if (prefix === undefined) return [];
  switch (rfc6052Fault(prefix)) {
    case 'family':
      return [
        nat64Error('NAT64_POOL6_FAMILY', at, `${text} is an IPv4 prefix`, 'Write an IPv6 prefix, such as 64:ff9b::/96'),
      ];
    case 'length': {
      const lengths = `${RFC6052_LENGTHS.slice(0, -1).join(', ')} or ${RFC6052_LENGTHS.at(-1)}`;
      return [
        nat64Error(
          'NAT64_POOL6_LENGTH',
          at,
          `${text} has length ${prefix.length}`,
          `A translation prefix has length ${lengths}`,
        ),
      ];
    }
    case 'host-bits': {
      const hint = `Write ${formatPrefix(maskPrefix(prefix))}`;
      return [nat64Error('NAT64_POOL6_HOST_BITS', at, `${text} has bits set after its length`, hint)];
    }
    case 'bits-64-71': {
      const cleared = { ...prefix, bytes: prefix.bytes.map((byte, i) => (i === 8 ? 0 : byte)) };
      const hint = `RFC 6052 keeps them zero: write ${formatPrefix(cleared)}`;
      return [nat64Error('NAT64_POOL6_BITS_64_71', at, `${text} has bits 64 to 71 set`, hint)];
    }
    case undefined:
      return checkPool6Unicast(at, text, prefix);
  }
}

const NO_POOL6: readonly (readonly [prefix: string, what: string])[] = [
  ['ff00::/8', 'multicast'],
  ['fe80::/10', 'link-local'],
  ['::/32', 'reserved'],
];

function checkPool6Unicast(at: readonly string[], text: string, prefix: Prefix): SixgateError[] {
  const found = NO_POOL6.find(([range]) => contains(parsePrefix(range) as Prefix, prefix.bytes));
  if (found === undefined) return [];
  const hint = 'Write 64:ff9b::/96 (RFC 6052), a part of 64:ff9b:1::/48 (RFC 8215) or a prefix of your own';
  return [nat64Error('NAT64_POOL6_NOT_UNICAST', at, `${text} is ${found[1]}`, hint)];
}

/** RFC 6890: ranges that are no source address of a translated packet. Private ranges are allowed. */
const NO_POOL4: readonly (readonly [prefix: string, what: string])[] = [
  ['0.0.0.0/8', '"this network"'],
  ['127.0.0.0/8', 'loopback'],
  ['169.254.0.0/16', 'link-local'],
  ['224.0.0.0/4', 'multicast'],
  ['240.0.0.0/4', 'reserved'],
];

function checkPool4(config: Nat64Document, at: readonly (string | number)[], text: string): SixgateError[] {
  const set = parseAddressSet(text);
  if (set === undefined) return [];
  if (set.family !== 4) {
    const hint = 'pool4 holds IPv4 addresses, such as 203.0.113.16/28';
    return [nat64Error('NAT64_POOL_FAMILY', at, `${text} is IPv6`, hint)];
  }
  if (set.meant !== undefined) {
    const hint = `Write ${formatPrefix(set.meant)} for the whole prefix, or ${text.split('/')[0]} for one address`;
    return [nat64Error('NAT64_POOL_HOST_BITS', at, `${text} has bits set after its length`, hint)];
  }
  const range = rangeOf(set);
  for (const [prefix, what] of NO_POOL4) {
    const bad = rangeOf(parseAddressSet(prefix) as AddressSet);
    if (range.first > bad.last || range.last < bad.first) continue;
    const beginsInside = range.first >= bad.first;
    const address = addressText(4, beginsInside ? range.first : bad.first);
    const hint = 'Write addresses that hosts can have, such as 203.0.113.16/28';
    return [nat64Error('NAT64_POOL_NOT_UNICAST', at, `${address} is ${what}`, hint)];
  }
  return checkNetworkAddresses(config, at, set);
}

/** Hosts on the link take the first and the last address of their network for something else than a host. */
function checkNetworkAddresses(
  config: Nat64Document,
  at: readonly (string | number)[],
  set: AddressSet,
): SixgateError[] {
  const covers = prefixesOf(rangeOf(set));
  for (const [name, iface] of Object.entries(config.interfaces ?? {})) {
    for (const text of iface.addresses ?? []) {
      const net = parsePrefix(text);
      if (net === undefined || net.family !== 4 || net.length > 30) continue;
      for (const [address, what] of [
        [maskPrefix(net).bytes, 'network'],
        [lastAddress(net), 'broadcast'],
      ] as const) {
        if (!covers.some((prefix) => contains(prefix, address))) continue;
        const sentence = `${formatAddress(address)} is the ${what} address of ${name} (${text})`;
        const free = equalBytes(set.first, set.last) ? 'Take another address' : 'Leave it out of the range';
        return [nat64Error('NAT64_POOL_NETWORK', at, sentence, free)];
      }
    }
  }
  return [];
}

function checkInterfaces(config: Nat64Document, name: string, instance: InstanceConfig): SixgateError[] {
  const interfaces = config.interfaces ?? {};
  const { tenant } = instance;
  if (tenant !== undefined && tenantOf(config, tenant) === undefined) {
    const at = [name, 'tenant'];
    return [nat64Error('NAT64_TENANT_UNKNOWN', at, `No tenant is named ${tenant}`, tenantsHint(config))];
  }
  const inside = insideOf(config, tenant);
  const errors: SixgateError[] = [];
  const hint =
    inside.length === 0 ? 'Give an interface role: inside' : `Interfaces with role inside: ${inside.join(', ')}`;
  for (const [i, port] of (instance.inside ?? []).entries()) {
    const at = [name, 'inside', i];
    const iface = Object.hasOwn(interfaces, port) ? interfaces[port] : undefined;
    if (iface === undefined) {
      errors.push(nat64Error('NAT64_INSIDE_UNKNOWN', at, `No interface is named ${port}`, hint));
    } else if (!rolesOf(iface).includes('inside')) {
      errors.push(nat64Error('NAT64_INSIDE_ROLE', at, `${port} has not role inside`, hint));
    } else if (iface.tenant !== tenant) {
      const whose = iface.tenant === undefined ? 'is of no tenant' : `is of tenant ${iface.tenant}`;
      const right = tenant === undefined ? `Write tenant: ${iface.tenant}, or leave it out` : hint;
      errors.push(nat64Error('NAT64_INSIDE_TENANT', at, `${port} ${whose}`, right));
    }
  }
  const tunnels = withRole(interfaces, 'core').length > 0 || config.vxlan !== undefined;
  if (instance.inside === undefined && inside.length === 0 && !tunnels) {
    const whose = tenant === undefined ? '' : ` and tenant ${tenant}`;
    errors.push(nat64Error('NAT64_INSIDE_MISSING', [name], `No interface has role inside${whose}`, hint));
  }
  if (withRole(interfaces, 'outside').length === 0) {
    errors.push(
      nat64Error('NAT64_OUTSIDE_MISSING', [name], 'No interface has role outside', 'Give an interface role: outside'),
    );
  }
  return errors;
}

/** Interfaces whose clients an instance of the tenant serves unless it is told which. */
export function insideOf(config: Config, tenant: string | undefined): string[] {
  return interfacesOf(config, tenant)
    .filter(([, iface]) => rolesOf(iface).includes('inside'))
    .map(([name]) => name);
}

function checkTimeouts(name: string, instance: InstanceConfig): SixgateError[] {
  const [min, max] = [parseDuration(MIN_TIMEOUT) as number, parseDuration(MAX_TIMEOUT) as number];
  return (Object.keys(NAT64_DEFAULTS.timeouts) as TimeoutName[]).flatMap((key) => {
    const text = instance.timeouts?.[key];
    const value = text === undefined ? undefined : parseDuration(text);
    if (value === undefined || (value >= min && value <= max)) return [];
    const sentence = `${text} is too ${value < min ? 'short' : 'long'} for ${key}`;
    return [
      nat64Error('NAT64_TIMEOUT_RANGE', [name, 'timeouts', key], sentence, `Write ${MIN_TIMEOUT} to ${MAX_TIMEOUT}`),
    ];
  });
}
