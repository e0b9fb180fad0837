/**
 * From policies to the tables of the data path. A packet asks two questions there: which policies may its source fall
 * under (by identity, or by the longest prefix), and what do these say of its destination (by the longest prefix)?
 * Everything else is worked out here, so that two look-ups give the winner of any number of policies.
 */
import { formatPrefix, maskPrefix, type Prefix } from '../../model/address.ts';
import { byRank, type Candidate, type EgressPolicy } from './order.ts';

/** Sources with the same policies in the same order have the same set. */
export interface CompiledSource {
  readonly table: number;
  readonly prefix: Prefix;
  readonly set: number;
}

export interface CompiledIdentity {
  readonly table: number;
  readonly identity: number;
  readonly set: number;
}

export interface CompiledDestination {
  readonly set: number;
  readonly prefix: Prefix;
  /** Absent: no policy of the set applies to what lies in this prefix and in no longer one. */
  readonly policy?: EgressPolicy;
}

export interface CompiledPolicies {
  readonly sources: readonly CompiledSource[];
  readonly identities: readonly CompiledIdentity[];
  readonly destinations: readonly CompiledDestination[];
}

/** A policy with the length of the source that it has in a set. */
interface Member {
  readonly policy: EgressPolicy;
  readonly sourceLength: number;
}

/** Works the tables out. Same policies in any order, same tables. */
export function compile(policies: readonly EgressPolicy[]): CompiledPolicies {
  const named = [...policies].sort((a, b) => (a.name < b.name ? -1 : 1));
  const sets = new Sets();
  const sources = [...groupBy(named, ({ table }) => table)].flatMap(([table, own]) => compileSources(table, own, sets));
  const identities = [...groupBy(named, ({ table }) => table)].flatMap(([table, own]) =>
    compileIdentities(table, own, sets),
  );
  return { sources, identities, destinations: sets.all().flatMap(([set, members]) => compileSet(set, members)) };
}

function compileSources(table: number, policies: readonly EgressPolicy[], sets: Sets): CompiledSource[] {
  const trie = new PrefixTable<EgressPolicy>();
  for (const policy of policies) for (const prefix of policy.sources) trie.add(prefix, policy);
  return trie.prefixes().map((prefix) => {
    const members = new Map<EgressPolicy, number>();
    // Longest first: what is found first is a policy's longest source.
    for (const { length, values } of trie.covering(prefix)) {
      for (const policy of values) if (!members.has(policy)) members.set(policy, length);
    }
    return {
      table,
      prefix,
      set: sets.number([...members].map(([policy, sourceLength]) => ({ policy, sourceLength }))),
    };
  });
}

function compileIdentities(table: number, policies: readonly EgressPolicy[], sets: Sets): CompiledIdentity[] {
  const byIdentity = new Map<number, Member[]>();
  for (const policy of policies) {
    for (const identity of policy.identities) {
      byIdentity.set(identity, [...(byIdentity.get(identity) ?? []), { policy, sourceLength: 0 }]);
    }
  }
  return [...byIdentity].map(([identity, members]) => ({ table, identity, set: sets.number(members) }));
}

/**
 * The winner of each prefix that any policy of the set names. Between two of these, nothing changes: an address is
 * decided about by the longest of them that has it.
 */
function compileSet(set: number, members: readonly Member[]): CompiledDestination[] {
  const wanted = new PrefixTable<Member>();
  const excluded = new PrefixTable<Member>();
  for (const member of members) {
    for (const prefix of member.policy.destinations) wanted.add(prefix, member);
    for (const prefix of member.policy.excluded) excluded.add(prefix, member);
  }
  const prefixes = new Map(
    [...wanted.prefixes(), ...excluded.prefixes()].map((prefix) => [formatPrefix(prefix), prefix]),
  );
  return [...prefixes.values()].map((prefix) => {
    const out = new Set(excluded.covering(prefix).flatMap(({ values }) => values));
    const candidates = new Map<Member, Candidate & Member>();
    for (const { length, values } of wanted.covering(prefix)) {
      for (const member of values) {
        if (!out.has(member) && !candidates.has(member))
          candidates.set(member, { ...member, destinationLength: length });
      }
    }
    const [best] = [...candidates.values()].sort(byRank);
    return { set, prefix, ...(best === undefined ? {} : { policy: best.policy }) };
  });
}

/**
 * Numbers of policy sets. Two sources have the same set only if their policies also stand in the same order: which of
 * two policies has the longer source may differ between them.
 */
class Sets {
  readonly #known = new Map<string, { number: number; members: readonly Member[] }>();

  /** The number of a set, from 1. */
  number(members: readonly Member[]): number {
    const sorted = [...members].sort(
      (a, b) => b.sourceLength - a.sourceLength || (a.policy.name < b.policy.name ? -1 : 1),
    );
    let rank = 0;
    const key = sorted.map(({ policy, sourceLength }, i) => {
      if (i > 0 && sorted[i - 1]?.sourceLength !== sourceLength) rank += 1;
      return `${rank} ${policy.name}`;
    });
    const text = key.join(',');
    const known = this.#known.get(text);
    if (known !== undefined) return known.number;
    const number = this.#known.size + 1;
    this.#known.set(text, { number, members: sorted });
    return number;
  }

  all(): [number, readonly Member[]][] {
    return [...this.#known.values()].map(({ number, members }) => [number, members]);
  }
}

/** Values by prefix, and a way from a prefix to all that cover it. */
class PrefixTable<T> {
  readonly #entries = new Map<string, { prefix: Prefix; values: T[] }>();
  /** Lengths in use by family, longest first. */
  readonly #lengths = { 4: [] as number[], 6: [] as number[] };

  add(prefix: Prefix, value: T): void {
    const masked = maskPrefix(prefix);
    const key = formatPrefix(masked);
    const entry = this.#entries.get(key);
    if (entry !== undefined) {
      if (!entry.values.includes(value)) entry.values.push(value);
      return;
    }
    this.#entries.set(key, { prefix: masked, values: [value] });
    const lengths = this.#lengths[prefix.family];
    if (!lengths.includes(prefix.length)) lengths.push(prefix.length);
    lengths.sort((a, b) => b - a);
  }

  prefixes(): Prefix[] {
    return [...this.#entries.values()].map(({ prefix }) => prefix);
  }

  /** What stands at the prefixes that cover this one, the longest first. */
  covering(prefix: Prefix): { length: number; values: readonly T[] }[] {
    return this.#lengths[prefix.family]
      .filter((length) => length <= prefix.length)
      .flatMap((length) => {
        const entry = this.#entries.get(formatPrefix(maskPrefix({ ...prefix, length })));
        return entry === undefined ? [] : [{ length, values: entry.values }];
      });
  }
}

function groupBy<T, K>(items: readonly T[], key: (item: T) => K): Map<K, T[]> {
  const groups = new Map<K, T[]>();
  for (const item of items) groups.set(key(item), [...(groups.get(key(item)) ?? []), item]);
  return groups;
}
