/** Why does a packet leave as it does? The same choice as compile.ts makes, policy by policy, with the reasons. */
import { formatPrefix, type Prefix } from '../../model/address.ts';
import { byRank, type Candidate, type Criterion, decide, type EgressPolicy, longestWith } from './order.ts';

/** A packet from the inside; addresses of 4 or 16 bytes in network order. */
export interface EgressQuestion {
  readonly source: Uint8Array;
  readonly destination: Uint8Array;
  /** Table of the client: 0, a tenant's, or a slot's. */
  readonly table: number;
  /** Security identity of a pod. */
  readonly identity?: number;
}

/** What one policy has to say; only policies that name the client are asked. */
export interface EgressVerdict {
  readonly policy: EgressPolicy;
  readonly verdict: 'chosen' | 'loses' | 'does-not-apply';
  /** For people: `longest destination (24 bits)`. */
  readonly reason: string;
}

export interface EgressExplanation {
  /** The winner first, then those that lose, then those that do not apply. */
  readonly verdicts: readonly EgressVerdict[];
  readonly chosen?: EgressPolicy;
}

interface Applying extends Candidate {
  readonly policy: EgressPolicy;
}

/** Judges every policy that names the client. */
export function explainEgress(policies: readonly EgressPolicy[], question: EgressQuestion): EgressExplanation {
  const { destination, identity, source, table } = question;
  const own = policies.filter((policy) => policy.table === table);
  const byIdentity = identity === undefined ? [] : own.filter(({ identities }) => identities.includes(identity));
  const applying: Applying[] = [];
  const others: EgressVerdict[] = [];
  const no = (policy: EgressPolicy, reason: string): void => {
    others.push({ policy, verdict: 'does-not-apply', reason });
  };
  for (const policy of own.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
    const from = longestWith(policy.sources, source);
    const named = byIdentity.includes(policy);
    if (from === undefined && !named) continue;
    if (byIdentity.length > 0 && !named) {
      no(policy, `identity ${identity} has policies of its own`);
      continue;
    }
    const to = longestWith(policy.destinations, destination);
    const excluded = longestWith(policy.excluded, destination);
    if (to === undefined) no(policy, 'the destination is in none of its destinations');
    else if (excluded !== undefined) no(policy, `excluded: ${formatPrefix(excluded)}`);
    else
      applying.push({ policy, destinationLength: to.length, sourceLength: (from as Prefix | undefined)?.length ?? 0 });
  }
  const [best, ...losers] = applying.sort(byRank);
  if (best === undefined) return { verdicts: others };
  const chosen: EgressVerdict = { policy: best.policy, verdict: 'chosen', reason: whyChosen(best, losers[0]) };
  const losing = losers.map(
    (loser): EgressVerdict => ({ policy: loser.policy, verdict: 'loses', reason: whyLoses(best, loser) }),
  );
  return { verdicts: [chosen, ...losing, ...others], chosen: best.policy };
}

function whyChosen(best: Applying, second: Applying | undefined): string {
  if (second === undefined) return 'the only one that applies';
  const { by } = decide(best, second);
  const words: Record<Criterion, string> = {
    priority: `highest priority (${best.policy.priority})`,
    destination: `longest destination (${best.destinationLength} bits)`,
    source: `longest source (${best.sourceLength} bits)`,
    name: 'first by name',
  };
  return words[by];
}

function whyLoses(best: Applying, loser: Applying): string {
  const { by } = decide(best, loser);
  const words: Record<Criterion, string> = {
    priority: `lower priority (${loser.policy.priority})`,
    destination: `shorter destination (${loser.destinationLength} bits)`,
    source: `shorter source (${loser.sourceLength} bits)`,
    name: 'later by name',
  };
  return `${words[by]} than ${best.policy.name}`;
}

/**
 * Which of a pool's addresses a client gets, as long as that has ports: all of a client's flows begin at the same one
 * (RFC 4787 REQ-2). The same arithmetic as pool_start() in bpf/stage/commit.bpf.c.
 * @param source 4 or 16 bytes in network order
 * @returns index into the pool's addresses of the family
 */
export function firstAddressOf(source: Uint8Array, count: number): number {
  const view = new DataView(source.buffer, source.byteOffset, source.byteLength);
  let hash = 0;
  // Words as the CPU reads them: the data path counts with what stands in memory.
  for (let at = 0; at < source.length; at += 4) hash ^= view.getUint32(at, true);
  return (Math.imul(hash, 0x9e3779b1) >>> 8) % count;
}
