import { contains, type Prefix } from '../../model/address.ts';

/** A policy as the data path shall have it. */
export interface EgressPolicy {
  readonly name: string;
  /** 1 upwards, kept as long as the name stays in the document. */
  readonly number: number;
  /** Table of its clients: 0, a tenant's, or a slot's. */
  readonly table: number;
  /** Clients by address; empty when they are named by identity. */
  readonly sources: readonly Prefix[];
  /** Clients by identity; empty when they are named by address. */
  readonly identities: readonly number[];
  readonly destinations: readonly Prefix[];
  readonly excluded: readonly Prefix[];
  readonly priority: number;
  /** Name and number of the pool. */
  readonly pool: string;
  readonly poolNumber: number;
}

/** A policy that applies, and by which of its prefixes. */
export interface Candidate {
  readonly policy: Pick<EgressPolicy, 'name' | 'priority'>;
  readonly destinationLength: number;
  /** 0 for clients that are named by identity. */
  readonly sourceLength: number;
}

/** What decides between two candidates, in this order. */
export type Criterion = 'priority' | 'destination' | 'source' | 'name';

/** Which criterion tells two candidates apart, and whether `a` is the better one. */
export function decide(a: Candidate, b: Candidate): { readonly by: Criterion; readonly better: boolean } {
  if (a.policy.priority !== b.policy.priority) {
    return { by: 'priority', better: a.policy.priority > b.policy.priority };
  }
  if (a.destinationLength !== b.destinationLength) {
    return { by: 'destination', better: a.destinationLength > b.destinationLength };
  }
  if (a.sourceLength !== b.sourceLength) return { by: 'source', better: a.sourceLength > b.sourceLength };
  return { by: 'name', better: a.policy.name < b.policy.name };
}

/** For sorting: the one that wins comes first. */
export function byRank(a: Candidate, b: Candidate): number {
  if (a.policy.name === b.policy.name) return 0;
  return decide(a, b).better ? -1 : 1;
}

/** The longest of some prefixes that has the address. */
export function longestWith(prefixes: readonly Prefix[], address: Uint8Array): Prefix | undefined {
  return prefixes
    .filter((prefix) => contains(prefix, address))
    .reduce<Prefix | undefined>(
      (best, prefix) => (best !== undefined && best.length >= prefix.length ? best : prefix),
      undefined,
    );
}
