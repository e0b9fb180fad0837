import type { ExplainQuery, ExplainReply } from '../../contract/api-explain.ts';
import type { Config, Facts } from '../../contract/feature.ts';
import { FIRST_SLOT_TABLE, hasSlot, slotNumber, slotsHint } from '../../contract/slots.ts';
import { tableOf, tenantOf, tenantsHint } from '../../contract/tenants.ts';
import { formatAddress, parseAddress } from '../../model/address.ts';
import { SixgateError } from '../../model/errors.ts';
import { explainEgress, firstAddressOf } from './explain.ts';
import type { EgressDesired } from './plan.ts';

/**
 * The answer of GET /v1/explain.
 * @param desired undefined: the document has no egress
 * @param ids numbers that names have, as in `Facts`
 * @throws SixgateError EXPLAIN_FAMILY, EXPLAIN_UNKNOWN, EXPLAIN_IDENTITY
 */
export function explainReply(
  config: Config,
  desired: EgressDesired | undefined,
  ids: NonNullable<Facts['ids']>,
  query: ExplainQuery,
): ExplainReply {
  const [source, destination] = [parseAddress(query.source), parseAddress(query.destination)];
  if (source === undefined || destination === undefined || source.length !== destination.length) {
    const sentence = `${query.source} and ${query.destination} are of two families`;
    throw new SixgateError('EXPLAIN_FAMILY', sentence, { hint: 'Egress keeps the family of packets' });
  }
  const identity = query.identity === undefined ? undefined : Number(query.identity);
  const question = { source, destination, table: tableOfQuery(config, ids, query) };
  const { chosen, verdicts } = explainEgress(desired?.policies ?? [], {
    ...question,
    ...(identity === undefined ? {} : { identity }),
  });
  const pool = desired?.pools.find(({ name }) => name === chosen?.pool);
  const addresses = (source.length === 4 ? pool?.addresses4 : pool?.addresses6) ?? [];
  const first = addresses[firstAddressOf(source, addresses.length)];
  return {
    source: formatAddress(source),
    destination: formatAddress(destination),
    ...(query.tenant === undefined ? {} : { tenant: query.tenant }),
    ...(query.slot === undefined ? {} : { slot: query.slot }),
    ...(identity === undefined ? {} : { identity }),
    verdicts: verdicts.map(({ policy, reason, verdict }) => ({
      policy: policy.name,
      pool: policy.pool,
      priority: policy.priority,
      verdict,
      reason,
    })),
    outcome: chosen === undefined ? 'no-policy' : addresses.length === 0 ? 'no-address' : 'translated',
    ...(chosen === undefined ? {} : { policy: chosen.name, pool: chosen.pool }),
    addresses: addresses.map(({ address }) => formatAddress(address)),
    ...(first === undefined ? {} : { first: formatAddress(first.address) }),
    needed: query.slot === undefined ? [...(desired?.only ?? [])] : [query.slot],
  };
}

function tableOfQuery(config: Config, ids: NonNullable<Facts['ids']>, query: ExplainQuery): number {
  const { identity, slot, tenant } = query;
  if (tenant !== undefined && tenantOf(config, tenant) === undefined)
    throw new SixgateError('EXPLAIN_UNKNOWN', `No tenant is named ${tenant}`, { hint: tenantsHint(config) });
  if (slot !== undefined && !hasSlot(config, slot))
    throw new SixgateError('EXPLAIN_UNKNOWN', `No slot is named ${slot}`, { hint: slotsHint(config) });
  if (identity !== undefined && slot === undefined)
    throw new SixgateError('EXPLAIN_IDENTITY', 'An identity is of a slot', { hint: slotsHint(config) });
  if (slot === undefined) return tableOf(config, tenant);
  return FIRST_SLOT_TABLE + slotNumber(config, { links: [], localAddresses: [], ids }, slot);
}
