import { addressText, prefixesOf, rangeOf } from '../../config/ranges.ts';
import type { ConfigWith, Facts } from '../../contract/feature.ts';
import { rolesOf, withRole } from '../../contract/interfaces.ts';
import {
  contains,
  equalBytes,
  formatAddress,
  formatPrefix,
  lastAddress,
  maskPrefix,
  parsePrefix,
} from '../../model/address.ts';
import { type AddressSet, parseAddressSet } from '../../model/address-set.ts';
import { parseDuration } from '../../model/duration.ts';
import type { SixgateError } from '../../model/errors.ts';
import type { PathStep } from '../../model/path.ts';
import { checkForwards } from './check-forwards.ts';
import { checkPolicies } from './check-policies.ts';
import { egressError } from './errors.ts';
import {
  EGRESS_DEFAULTS,
  type EgressConfig,
  MAX_POOLS,
  MAX_TIMEOUT,
  MIN_TIMEOUT,
  type PoolConfig,
  type TimeoutName,
} from './schema.ts';

type EgressDocument = ConfigWith<'egress', EgressConfig>;

/** Rules of `egress` beyond its schema. Overlaps and sizes of pools are found over all features, from the claims. */
export function checkEgress(config: EgressDocument, facts: Facts | undefined): SixgateError[] {
  const { egress } = config;
  if (egress === undefined) return [];
  const pools = Object.entries(egress.pools);
  return [
    ...checkPoolCount(pools),
    ...pools.flatMap(([name, pool]) => [
      ...pool.addresses.flatMap((text, i) => checkAddresses(config, ['pools', name, 'addresses', i], text)),
      ...checkTimeouts(name, pool),
    ]),
    ...checkPolicies(config, egress, facts),
    ...checkSides(config, egress),
    ...checkForwards(config, egress),
  ];
}

function checkPoolCount(pools: readonly [string, PoolConfig][]): SixgateError[] {
  const [extra] = pools[MAX_POOLS] ?? [];
  if (extra === undefined) return [];
  const sentence = `There are ${pools.length} pools`;
  return [egressError('EGRESS_POOLS', ['pools', extra], sentence, `One gateway has at most ${MAX_POOLS}`)];
}

/** RFC 6890: ranges that are no source address of a packet that leaves. Private ranges are allowed. */
const NO_SOURCE: readonly (readonly [prefix: string, what: string])[] = [
  ['0.0.0.0/8', '"this network"'],
  ['127.0.0.0/8', 'loopback'],
  ['169.254.0.0/16', 'link-local'],
  ['224.0.0.0/4', 'multicast'],
  ['240.0.0.0/4', 'reserved'],
  ['::/96', 'reserved'],
  ['::ffff:0.0.0.0/96', 'reserved'],
  ['fe80::/10', 'link-local'],
  ['ff00::/8', 'multicast'],
];

function checkAddresses(config: EgressDocument, at: readonly PathStep[], text: string): SixgateError[] {
  const set = parseAddressSet(text);
  if (set === undefined) return [];
  if (set.meant !== undefined) {
    const hint = `Write ${formatPrefix(set.meant)} for the whole prefix, or ${text.split('/')[0]} for one address`;
    return [egressError('EGRESS_POOL_HOST_BITS', at, `${text} has bits set after its length`, hint)];
  }
  const range = rangeOf(set);
  for (const [prefix, what] of NO_SOURCE) {
    const bad = rangeOf(parseAddressSet(prefix) as AddressSet);
    if (range.family !== bad.family || range.first > bad.last || range.last < bad.first) continue;
    const beginsInside = range.first >= bad.first;
    const address = addressText(range.family, beginsInside ? range.first : bad.first);
    const hint = 'Write addresses that hosts can have, such as 203.0.113.100';
    return [egressError('EGRESS_POOL_NOT_UNICAST', at, `${address} is ${what}`, hint)];
  }
  return checkNetworkAddresses(config, at, set);
}

/** Hosts on the link take the first and the last address of their network for something else than a host. */
function checkNetworkAddresses(config: EgressDocument, at: readonly PathStep[], set: AddressSet): SixgateError[] {
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
        return [egressError('EGRESS_POOL_NETWORK', at, sentence, free)];
      }
    }
  }
  return [];
}

function checkTimeouts(name: string, pool: PoolConfig): SixgateError[] {
  const [min, max] = [parseDuration(MIN_TIMEOUT) as number, parseDuration(MAX_TIMEOUT) as number];
  return (Object.keys(EGRESS_DEFAULTS.timeouts) as TimeoutName[]).flatMap((key) => {
    const text = pool.timeouts?.[key];
    const value = text === undefined ? undefined : parseDuration(text);
    if (value === undefined || (value >= min && value <= max)) return [];
    const sentence = `${text} is too ${value < min ? 'short' : 'long'} for ${key}`;
    const hint = `Write ${MIN_TIMEOUT} to ${MAX_TIMEOUT}`;
    return [egressError('EGRESS_TIMEOUT_RANGE', ['pools', name, 'timeouts', key], sentence, hint)];
  });
}

/** Where clients are, and where their packets go out. */
function checkSides(config: EgressDocument, egress: EgressConfig): SixgateError[] {
  const interfaces = config.interfaces ?? {};
  const inside = withRole(interfaces, 'inside');
  const hint =
    inside.length === 0 ? 'Give an interface role: inside' : `Interfaces with role inside: ${inside.join(', ')}`;
  const errors = (['inside', 'only'] as const).flatMap((key) =>
    (egress[key] ?? []).flatMap((name, i) => {
      const iface = Object.hasOwn(interfaces, name) ? interfaces[name] : undefined;
      if (iface === undefined) {
        return [egressError('EGRESS_INTERFACE_UNKNOWN', [key, i], `No interface is named ${name}`, hint)];
      }
      if (!rolesOf(iface).includes('inside')) {
        return [egressError('EGRESS_INTERFACE_ROLE', [key, i], `${name} has not role inside`, hint)];
      }
      if (key === 'only' && egress.inside !== undefined && !egress.inside.includes(name)) {
        const sentence = `Clients of ${name} need a policy, but inside leaves ${name} out`;
        return [egressError('EGRESS_ONLY_NOT_INSIDE', [key, i], sentence, 'Name it in inside too')];
      }
      return [];
    }),
  );
  if (inside.length === 0 && Object.keys(config.vxlan ?? {}).length === 0) {
    const sentence = 'No interface has role inside, and there is no VXLAN slot';
    errors.push(egressError('EGRESS_INSIDE_MISSING', [], sentence, hint));
  }
  if (withRole(interfaces, 'outside').length === 0) {
    const sentence = 'No interface has role outside';
    errors.push(egressError('EGRESS_OUTSIDE_MISSING', [], sentence, 'Give an interface role: outside'));
  }
  return errors;
}
