import { constants, type Sid, type Tunnel } from '../dataplane/layout.gen.ts';
import { MIRROR_FIRST, type MirroredEntries, type MirroredRules } from '../dataplane/mirrored-rules.ts';
import { shareBuckets } from '../dataplane/srv6-tunnel.ts';
import { familyOf, type Prefix } from '../model/address.ts';
import { keyOf } from './kernel-routes.ts';
import { Numbers } from './numbers.ts';

/** A session asks for its way once a second (bpf/stage/rewrite.h). */
const REST_MS = 2_000;

/** What the writer does to a rule set. */
export type RulesPart = Pick<
  MirroredRules,
  'setTunnel' | 'setSid' | 'setSteer' | 'deleteSteer' | 'setSidPrefix' | 'deleteSidPrefix'
>;

/** A tunnel with its share of a destination's flows. */
export interface WeightedTunnel {
  readonly tunnel: Tunnel;
  readonly weight: number;
}

/** `own`: the configuration's word counts. `full`: nothing was written, later there may be room. */
export type Outcome = 'written' | 'own' | 'full';

interface Shared {
  readonly number: number;
  users: number;
}

/**
 * What the mirror has written into one rule set, and the next difference: a destination changes by one write, from one
 * set of whole tunnels to another.
 */
export class Writer {
  readonly #rules: RulesPart;
  readonly #tunnelNumbers = new Numbers(MIRROR_FIRST, constants.MAX_TUNNELS, REST_MS);
  readonly #sidNumbers = new Numbers(MIRROR_FIRST, constants.MAX_SIDS, REST_MS);
  /** Tunnels by their content: many destinations share few. */
  readonly #tunnels = new Map<string, Shared>();
  readonly #contents = new Map<number, string>();
  readonly #steers = new Map<string, { readonly prefix: Prefix; readonly table: number; readonly numbers: number[] }>();
  readonly #sids = new Map<string, { readonly prefix: Prefix; readonly number: number; readonly content: string }>();

  /** @param entries what stands in the set already */
  constructor(rules: RulesPart, entries?: MirroredEntries) {
    this.#rules = rules;
    if (entries !== undefined) this.#adopt(entries);
  }

  /** Keys (see `keyOf`) of the destinations that are steered. */
  get steered(): readonly string[] {
    return [...this.#steers.keys()];
  }

  /** Keys of the SIDs, in table 0. */
  get sids(): readonly string[] {
    return [...this.#sids.keys()];
  }

  /** Steers a destination into tunnels, 1 to 16. */
  setSteer(prefix: Prefix, table: number, tunnels: readonly WeightedTunnel[]): Outcome {
    const key = keyOf(table, prefix);
    const old = this.#steers.get(key);
    const shares = this.#use(tunnels.map(({ tunnel }) => tunnel));
    if (shares === undefined) return 'full';
    const numbers = shareBuckets(tunnels.map(({ weight }) => weight)).map((index) => shares[index] as number);
    const outcome = same(old?.numbers, numbers) ? 'written' : this.#writeSteer(prefix, table, numbers);
    if (outcome === 'written') this.#steers.set(key, { prefix, table, numbers });
    // What is not written, or was written before, is used no more.
    this.#release(new Set(outcome === 'written' ? old?.numbers : numbers));
    return outcome;
  }

  /** Does nothing where nothing is steered. */
  removeSteer(key: string): void {
    const old = this.#steers.get(key);
    if (old === undefined) return;
    this.#rules.deleteSteer(old.prefix, old.table);
    this.#steers.delete(key);
    this.#release(new Set(old.numbers));
  }

  /** Makes a prefix of table 0 a SID. */
  setSid(prefix: Prefix, sid: Sid): Outcome {
    const key = keyOf(0, prefix);
    const old = this.#sids.get(key);
    const content = sidText(sid);
    if (old?.content === content) return 'written';
    const number = this.#sidNumbers.take();
    if (number === undefined) return 'full';
    this.#rules.setSid(number, sid);
    const outcome = this.#tried(() => this.#rules.setSidPrefix(prefix, number));
    if (outcome !== 'written') {
      this.#sidNumbers.give(number);
      return outcome;
    }
    if (old !== undefined) this.#sidNumbers.give(old.number);
    this.#sids.set(key, { prefix, number, content });
    return outcome;
  }

  /** Does nothing where there is no SID. */
  removeSid(key: string): void {
    const old = this.#sids.get(key);
    if (old === undefined) return;
    this.#rules.deleteSidPrefix(old.prefix);
    this.#sids.delete(key);
    this.#sidNumbers.give(old.number);
  }

  #writeSteer(prefix: Prefix, table: number, numbers: readonly number[]): Outcome {
    return this.#tried(() => this.#rules.setSteer(prefix, table, numbers));
  }

  /** A trie that is full refuses. */
  #tried(write: () => boolean): Outcome {
    try {
      return write() ? 'written' : 'own';
    } catch (error) {
      if (['ENOSPC', 'E2BIG'].includes((error as { code?: string }).code ?? '')) return 'full';
      throw error;
    }
  }

  /** @returns a number for each; undefined when there are not enough: none is in use then */
  #use(tunnels: readonly Tunnel[]): number[] | undefined {
    const numbers: number[] = [];
    for (const tunnel of tunnels) {
      const number = this.#useOne(tunnel);
      if (number === undefined) {
        this.#release(numbers);
        return undefined;
      }
      numbers.push(number);
    }
    // Twice the same is one use.
    this.#release(numbers.filter((number, at) => numbers.indexOf(number) !== at));
    return numbers;
  }

  #useOne(tunnel: Tunnel): number | undefined {
    const content = tunnelText(tunnel);
    const known = this.#tunnels.get(content);
    if (known !== undefined) {
      known.users += 1;
      return known.number;
    }
    const number = this.#tunnelNumbers.take();
    if (number === undefined) return undefined;
    this.#rules.setTunnel(number, tunnel);
    this.#tunnels.set(content, { number, users: 1 });
    this.#contents.set(number, content);
    return number;
  }

  /** A tunnel that nothing leads to any more stays as it is until its number is taken again. */
  #release(numbers: Iterable<number>): void {
    for (const number of numbers) {
      const content = this.#contents.get(number);
      const shared = content === undefined ? undefined : this.#tunnels.get(content);
      if (content === undefined || shared === undefined) continue;
      shared.users -= 1;
      if (shared.users > 0) continue;
      this.#tunnels.delete(content);
      this.#contents.delete(number);
      this.#tunnelNumbers.give(number);
    }
  }

  #adopt({ steers, tunnels, sids }: MirroredEntries): void {
    this.#tunnelNumbers.occupy(tunnels.keys());
    this.#sidNumbers.occupy(sids.map(({ number }) => number));
    for (const { prefix, table, tunnels: numbers } of steers)
      this.#steers.set(keyOf(table, withFamily(prefix)), { prefix: withFamily(prefix), table, numbers });
    for (const [number, tunnel] of tunnels) {
      const users = steers.filter((steer) => steer.tunnels.includes(number)).length;
      // Of two numbers of the same content (an interrupted write) the second is given back with its last user.
      const content = this.#tunnels.has(tunnelText(tunnel)) ? `${tunnelText(tunnel)} ${number}` : tunnelText(tunnel);
      this.#tunnels.set(content, { number, users });
      this.#contents.set(number, content);
    }
    for (const { prefix, number, sid } of sids)
      this.#sids.set(keyOf(0, withFamily(prefix)), { prefix: withFamily(prefix), number, content: sidText(sid) });
  }
}

function withFamily({ bytes, length }: { readonly bytes: Uint8Array; readonly length: number }): Prefix {
  return { family: familyOf(bytes), bytes, length };
}

function same(a: readonly number[] | undefined, b: readonly number[]): boolean {
  return a?.every((number, at) => number === b[at]) ?? false;
}

function tunnelText({ dscp, len, bytes }: Tunnel): string {
  return `${dscp} ${Buffer.from(bytes.subarray(0, len)).toString('hex')}`;
}

function sidText({ behavior, flavors, table, ifindex, nh, nhFamily, addr4, addr6 }: Sid): string {
  return JSON.stringify([behavior, flavors, table, ifindex, nh, nhFamily, addr4, addr6]);
}
