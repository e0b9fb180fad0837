import type { ConfigWith, Facts } from '../../contract/feature.ts';
import { hasSlot, slotsHint } from '../../contract/slots.ts';
import { tenantOf, tenantsHint } from '../../contract/tenants.ts';
import { formatPrefix, hasHostBits, maskPrefix, type Prefix, parsePrefix } from '../../model/address.ts';
import { parseAddressSet } from '../../model/address-set.ts';
import type { SixgateError } from '../../model/errors.ts';
import type { PathStep } from '../../model/path.ts';
import { compile } from './compile.ts';
import { egressError } from './errors.ts';
import {
  type EgressConfig,
  type ForwardConfig,
  MAX_DESTINATIONS,
  MAX_IDENTITIES,
  MAX_POLICIES,
  MAX_SOURCES,
  type PolicyConfig,
} from './schema.ts';

type Document = ConfigWith<'egress', EgressConfig>;

/** Rules of `egress.policies` beyond its schema. */
export function checkPolicies(config: Document, egress: EgressConfig, facts: Facts | undefined): SixgateError[] {
  const policies = Object.entries(egress.policies ?? {});
  const [extra] = policies[MAX_POLICIES] ?? [];
  if (extra !== undefined) {
    const sentence = `There are ${policies.length} policies`;
    return [egressError('EGRESS_POLICIES', ['policies', extra], sentence, `One gateway has at most ${MAX_POLICIES}`)];
  }
  const errors = policies.flatMap(([name, policy]) => [
    ...checkPrefixes(name, policy),
    ...checkClients(config, ['policies', name], policy),
    ...checkPool(egress, name, policy),
  ]);
  return errors.length > 0 ? errors : checkSize(egress, facts);
}

function checkPrefixes(name: string, policy: PolicyConfig): SixgateError[] {
  return (['sources', 'destinations', 'excluded'] as const).flatMap((key) =>
    (policy[key] ?? []).flatMap((text, i) => {
      const prefix = parsePrefix(text);
      if (prefix === undefined || !hasHostBits(prefix)) return [];
      const hint = `Write ${formatPrefix(maskPrefix(prefix))}`;
      return [
        egressError('EGRESS_HOST_BITS', ['policies', name, key, i], `${text} has bits set after its length`, hint),
      ];
    }),
  );
}

function checkClients(config: Document, at: readonly PathStep[], policy: PolicyConfig): SixgateError[] {
  const { identities, slot, sources } = policy;
  const errors = checkPlace(config, at, policy);
  const name = at.at(-1);
  if ((identities === undefined) === (sources === undefined)) {
    const sentence = sources === undefined ? `${name} names no clients` : `${name} has both sources and identities`;
    errors.push(
      egressError('EGRESS_CLIENTS', at, sentence, 'Write sources: [PREFIX], or slot and identities: [NUMBER]'),
    );
  }
  if (identities !== undefined && slot === undefined) {
    const hint = `Write slot: NAME. ${slotsHint(config)}`;
    errors.push(egressError('EGRESS_IDENTITIES_SLOT', [...at, 'identities'], `${name} names no slot`, hint));
  }
  return errors;
}

/** What `tenant` and `slot` say of where clients are. */
export function checkPlace(
  config: Document,
  at: readonly PathStep[],
  { slot, tenant }: PolicyConfig | ForwardConfig,
): SixgateError[] {
  const errors: SixgateError[] = [];
  if (slot !== undefined && !hasSlot(config, slot)) {
    errors.push(egressError('EGRESS_SLOT_UNKNOWN', [...at, 'slot'], `No slot is named ${slot}`, slotsHint(config)));
  }
  if (tenant !== undefined && tenantOf(config, tenant) === undefined) {
    const sentence = `No tenant is named ${tenant}`;
    errors.push(egressError('EGRESS_TENANT_UNKNOWN', [...at, 'tenant'], sentence, tenantsHint(config)));
  }
  if (tenant !== undefined && slot !== undefined) {
    const hint = 'Pods of a slot are no tenant: leave one of them out';
    errors.push(egressError('EGRESS_TENANT_AND_SLOT', [...at, 'tenant'], 'Both tenant and slot are named', hint));
  }
  return errors;
}

function checkPool(egress: EgressConfig, name: string, policy: PolicyConfig): SixgateError[] {
  const pool = Object.hasOwn(egress.pools, policy.pool) ? egress.pools[policy.pool] : undefined;
  if (pool === undefined) {
    const names = Object.keys(egress.pools);
    const hint =
      names.length === 0 ? 'Write pools: {NAME: {addresses: [203.0.113.100]}}' : `Pools: ${names.join(', ')}`;
    return [egressError('EGRESS_POOL_UNKNOWN', ['policies', name, 'pool'], `No pool is named ${policy.pool}`, hint)];
  }
  const families = (texts: readonly string[] | undefined): Set<number | undefined> =>
    new Set((texts ?? []).map((text) => parsePrefix(text)?.family));
  const [wanted, clients] = [families(policy.destinations), families(policy.sources)];
  const has = new Set<number | undefined>(pool.addresses.map((text) => parseAddressSet(text)?.family));
  return [4, 6].flatMap((family) => {
    if (!wanted.has(family)) return [];
    const at = ['policies', name, 'destinations'];
    if (policy.sources !== undefined && !clients.has(family)) {
      const sentence = `${name} has IPv${family} destinations, but no IPv${family} sources`;
      return [egressError('EGRESS_FAMILY', at, sentence, 'Packets keep their family: leave these destinations out')];
    }
    if (has.has(family)) return [];
    const sentence = `${name} has IPv${family} destinations, but pool ${policy.pool} has no IPv${family} address`;
    return [egressError('EGRESS_POOL_FAMILY', at, sentence, 'Give the pool one, or leave these destinations out')];
  });
}

/** The tables that the policies are compiled into have an end. */
function checkSize(egress: EgressConfig, _facts: Facts | undefined): SixgateError[] {
  const prefixes = (texts: readonly string[] | undefined): Prefix[] =>
    (texts ?? []).map((text) => parsePrefix(text)).filter((prefix) => prefix !== undefined);
  const places = new Map<string, number>();
  const policies = Object.entries(egress.policies ?? {}).map(([name, policy], i) => {
    const place = JSON.stringify([policy.tenant, policy.slot]);
    places.set(place, places.get(place) ?? places.size);
    return {
      name,
      number: i + 1,
      table: places.get(place) as number,
      sources: prefixes(policy.sources),
      identities: policy.identities ?? [],
      destinations: prefixes(policy.destinations),
      excluded: prefixes(policy.excluded),
      priority: policy.priority ?? 0,
      pool: policy.pool,
      poolNumber: 0,
    };
  });
  const { destinations, identities, sources } = compile(policies);
  const count = (of: readonly { readonly prefix: Prefix }[], family: number): number =>
    of.filter(({ prefix }) => prefix.family === family).length;
  const numbers: [number, number, string][] = [
    [Math.max(count(sources, 4), count(sources, 6)), MAX_SOURCES, 'sources'],
    [identities.length, MAX_IDENTITIES, 'identities'],
    [Math.max(count(destinations, 4), count(destinations, 6)), MAX_DESTINATIONS, 'pairs of clients and destinations'],
  ];
  return numbers.flatMap(([number, most, what]) => {
    if (number <= most) return [];
    const hint = `One gateway holds at most ${most}: fewer overlaps of sources need fewer`;
    return [egressError('EGRESS_TOO_LARGE', ['policies'], `The policies come to ${number} ${what}`, hint)];
  });
}
