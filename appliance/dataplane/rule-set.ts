import type { MapDef } from './codec.ts';
import type { DataPath } from './datapath.ts';
import { ClassKind, constants, maps, type Tunnel } from './layout.gen.ts';
import { MIRROR_FIRST, MirroredRules } from './mirrored-rules.ts';
import { type PrefixBytes, prefixText, wordsOf } from './prefix-key.ts';

export { type PrefixBytes, wordsOf } from './prefix-key.ts';

const { MAX_POOL, MAX_TUNNELS, STEER_BUCKETS } = constants;

/** Maps whose keys name the set that an entry belongs to. */
const keyedBySet = [
  maps.sgClass4,
  maps.sgClass6,
  maps.sgSteer4,
  maps.sgSteer6,
  maps.sgSrv6Source,
  maps.sgEgressSrc4,
  maps.sgEgressSrc6,
  maps.sgEgressId,
  maps.sgEgressDst4,
  maps.sgEgressDst6,
  maps.sgEgressFwd,
  maps.sgNode,
] as const;

/** What a destination is. */
export interface ClassEntry {
  readonly kind: keyof typeof ClassKind;
  /** Bits of `ClassFlag`. */
  readonly flags?: number;
  readonly instance?: number;
  /** See `struct class_value`. */
  readonly number?: number;
  /** Table that the destination belongs to; the main one is 0. */
  readonly table?: number;
}

export interface PoolEntry {
  /** 4 or 16 bytes, network order. */
  readonly address: Uint8Array;
  readonly portMin: number;
  readonly portMax: number;
  /** Number of its port table, kept as long as the address is configured. */
  readonly table: number;
}

/**
 * The rule set that is not in force, while it is filled in. Features write what belongs to them; `publish` puts it in
 * force by one store, so that a packet sees the old rules or the new ones, never a mixture.
 */
export class RuleSet {
  readonly number: 0 | 1;
  readonly #dataPath: DataPath;
  /** What the mirror writes into the set, when the configuration's part is complete. */
  readonly mirrored: MirroredRules;
  readonly #own = new Set<string>();
  #pools = 0;
  #tunnels = 0;

  private constructor(dataPath: DataPath, number: 0 | 1) {
    this.#dataPath = dataPath;
    this.number = number;
    this.mirrored = new MirroredRules(dataPath, number, this.#own);
  }

  /** Empties the set that is not in force. */
  static begin(dataPath: DataPath): RuleSet {
    const set = new RuleSet(dataPath, dataPath.knobs.rules.set === 0 ? 1 : 0);
    for (const map of keyedBySet) {
      const open = dataPath.map<{ readonly set: number }, unknown>(map as unknown as MapDef<{ set: number }, unknown>);
      for (const key of [...open.keys()]) if (key.set === set.number) open.delete(key);
    }
    return set;
  }

  /** Says whose a destination is. */
  addClass(prefix: PrefixBytes, entry: ClassEntry): void {
    const { kind, flags = 0, instance = 0, number = 0, table = 0 } = entry;
    const key = this.prefixKey(prefix, table);
    const value = { kind: ClassKind[kind], flags, instance, number };
    this.#own.add(prefixText('addr4' in key ? maps.sgClass4.name : maps.sgClass6.name, prefix, table));
    if ('addr4' in key) this.#dataPath.map(maps.sgClass4).update({ ...key.rest, addr: key.addr4 }, value);
    else this.#dataPath.map(maps.sgClass6).update({ ...key.rest, addr: key.addr6 }, value);
  }

  /**
   * Adds a tunnel.
   * @returns its number within the set, from 1
   * @throws RangeError when the set is full; what lies behind is the mirror's
   */
  addTunnel(tunnel: Tunnel): number {
    this.#tunnels += 1;
    if (this.#tunnels >= MIRROR_FIRST) throw new RangeError(`a configuration has at most ${MIRROR_FIRST - 1} tunnels`);
    this.#dataPath.map(maps.sgTunnel).update(this.number * MAX_TUNNELS + this.#tunnels, tunnel);
    return this.#tunnels;
  }

  /**
   * Steers a destination into tunnels. The kernel needs a blackhole or seg6 route for it in the same table.
   * @param tunnels numbers, one for each of STEER_BUCKETS buckets
   * @param table the main one is 0
   */
  addSteer(prefix: PrefixBytes, tunnels: readonly number[], table = 0): void {
    if (tunnels.length !== STEER_BUCKETS) throw new RangeError(`steering needs ${STEER_BUCKETS} buckets`);
    const key = this.prefixKey(prefix, table);
    const value = { tunnel: [...tunnels] };
    this.#own.add(prefixText('addr4' in key ? maps.sgSteer4.name : maps.sgSteer6.name, prefix, table));
    if ('addr4' in key) this.#dataPath.map(maps.sgSteer4).update({ ...key.rest, addr: key.addr4 }, value);
    else this.#dataPath.map(maps.sgSteer6).update({ ...key.rest, addr: key.addr6 }, value);
  }

  /** The parts of a key of a trie by set and table. */
  prefixKey(
    { bytes, length }: PrefixBytes,
    table: number,
  ): { rest: { prefixlen: number; set: number; table: number } } & ({ addr4: number } | { addr6: number[] }) {
    const rest = { prefixlen: 32 + length, set: this.number, table };
    const addr6 = wordsOf(bytes);
    return bytes.length === 4 ? { rest, addr4: addr6[0] as number } : { rest, addr6 };
  }

  /**
   * Adds a pool address and sees to it that its port table exists.
   * @returns its position, which counts up from 0: addresses added one after the other stand side by side
   * @throws RangeError when the set is full
   */
  addPool({ address, portMin, portMax, table }: PoolEntry): number {
    const position = this.#pools;
    if (position >= MAX_POOL) throw new RangeError(`a rule set holds ${MAX_POOL} pool addresses`);
    this.#pools += 1;
    this.#dataPath.ensurePortTable(table);
    const value = { addr: wordsOf(address), portMin, portMax, number: table };
    this.#dataPath.map(maps.sgPool).update(this.number * MAX_POOL + position, value);
    return position;
  }

  /** Puts the set in force under a new epoch: sessions of the old one are decided again. */
  publish(): void {
    this.#dataPath.knobs.setRules(this.number);
  }
}
