import type { DataPath } from './datapath.ts';
import { type Class4Key, type Class6Key, ClassKind, constants, maps } from './layout.gen.ts';

/** Destinations are classified for the main table until tenants come. */
const MAIN_TABLE = 0;

/** Pool addresses that one rule set can hold. */
const { MAX_POOL } = constants;

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
  #pools = 0;

  private constructor(dataPath: DataPath, number: 0 | 1) {
    this.#dataPath = dataPath;
    this.number = number;
  }

  /** Empties the set that is not in force. */
  static begin(dataPath: DataPath): RuleSet {
    const set = new RuleSet(dataPath, dataPath.knobs.rules.set === 0 ? 1 : 0);
    for (const map of [dataPath.map(maps.sgClass4), dataPath.map(maps.sgClass6)]) {
      for (const key of [...map.keys()]) if (key.set === set.number) map.delete(key as Class4Key & Class6Key);
    }
    return set;
  }

  /**
   * Says whose a destination is.
   * @param prefix first address in 4 or 16 bytes of network order, and length in bits
   * @param number of the pool address, see `addPool`; 0 for prefixes
   */
  addClass(
    prefix: { readonly bytes: Uint8Array; readonly length: number },
    kind: keyof typeof ClassKind,
    instance: number,
    number: number,
  ): void {
    const { bytes, length } = prefix;
    const value = { kind: ClassKind[kind], instance, number };
    const key = { prefixlen: 32 + length, set: this.number, table: MAIN_TABLE };
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    if (bytes.length === 4) {
      this.#dataPath.map(maps.sgClass4).update({ ...key, addr: view.getUint32(0) }, value);
      return;
    }
    const addr = [0, 4, 8, 12].map((offset) => view.getUint32(offset));
    this.#dataPath.map(maps.sgClass6).update({ ...key, addr }, value);
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

/** The four words of an address, as `__be32[4]` holds them; an IPv4 address stands in the first. */
export function wordsOf(address: Uint8Array): number[] {
  const view = new DataView(address.buffer, address.byteOffset, address.byteLength);
  return [0, 4, 8, 12].map((offset) => (offset < address.length ? view.getUint32(offset) : 0));
}
