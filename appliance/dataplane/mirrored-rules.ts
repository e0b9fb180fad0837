import type { MapDef } from './codec.ts';
import type { DataPath } from './datapath.ts';
import { ClassKind, constants, maps, type Sid, type Tunnel } from './layout.gen.ts';
import { type PrefixBytes, prefixKey, prefixText } from './prefix-key.ts';

const { MAX_SIDS, MAX_TUNNELS } = constants;

/** Tunnels and SIDs of a rule set: numbers below this one are the configuration's, the others are the mirror's. */
export const MIRROR_FIRST = 2048;

/** What the mirror has written into a set that was in force before the process began. */
export interface MirroredEntries {
  readonly steers: readonly { readonly prefix: PrefixBytes; readonly table: number; readonly tunnels: number[] }[];
  readonly tunnels: ReadonlyMap<number, Tunnel>;
  readonly sids: readonly { readonly prefix: PrefixBytes; readonly number: number; readonly sid: Sid }[];
}

/**
 * The mirror's part of a rule set, which may be in force: each call is one write that packets see at once. What the
 * configuration says of a destination stays.
 */
export class MirroredRules {
  readonly #dataPath: DataPath;
  readonly #set: number;
  readonly #own: ReadonlySet<string>;

  /** @param own destinations of the configuration, by `prefixText` with the name of the map in front */
  constructor(dataPath: DataPath, set: number, own: ReadonlySet<string>) {
    this.#dataPath = dataPath;
    this.#set = set;
    this.#own = own;
  }

  /** The part of the set in force, and what is in it. */
  static inForce(dataPath: DataPath): { rules: MirroredRules; entries: MirroredEntries } {
    const { set } = dataPath.knobs.rules;
    const own = new Set<string>();
    const steers: MirroredEntries['steers'][number][] = [];
    const sids: MirroredEntries['sids'][number][] = [];
    const tunnels = new Map<number, Tunnel>();
    for (const { map, prefix, table, value } of entriesOf(dataPath, set, [maps.sgSteer4, maps.sgSteer6])) {
      const numbers = value.tunnel as readonly number[];
      if (!numbers.some((number) => number >= MIRROR_FIRST)) own.add(prefixText(map, prefix, table));
      else steers.push({ prefix, table, tunnels: [...numbers] });
    }
    for (const number of new Set(steers.flatMap((steer) => steer.tunnels))) {
      const tunnel = dataPath.map(maps.sgTunnel).lookup(set * MAX_TUNNELS + number);
      if (number >= MIRROR_FIRST && tunnel !== undefined) tunnels.set(number, tunnel);
    }
    for (const { map, prefix, table, value } of entriesOf(dataPath, set, [maps.sgClass4, maps.sgClass6])) {
      const number = value.number as number;
      const sid = dataPath.map(maps.sgSid).lookup(set * MAX_SIDS + (number % MAX_SIDS));
      const mirrored = value.kind === ClassKind.CLASS_SRV6_SID && number >= MIRROR_FIRST;
      if (mirrored && sid !== undefined) sids.push({ prefix, number, sid });
      else own.add(prefixText(map, prefix, table));
    }
    return { rules: new MirroredRules(dataPath, set, own), entries: { steers, tunnels, sids } };
  }

  /** @param number MIRROR_FIRST to MAX_TUNNELS - 1 */
  setTunnel(number: number, tunnel: Tunnel): void {
    this.#dataPath.map(maps.sgTunnel).update(this.#set * MAX_TUNNELS + number, tunnel);
  }

  /** @param number MIRROR_FIRST to MAX_SIDS - 1 */
  setSid(number: number, sid: Sid): void {
    this.#dataPath.map(maps.sgSid).update(this.#set * MAX_SIDS + number, sid);
  }

  /**
   * Steers a destination into tunnels, one number for each bucket.
   * @returns false: the configuration steers it
   * @throws BpfError when the table is full
   */
  setSteer(prefix: PrefixBytes, table: number, tunnel: readonly number[]): boolean {
    const { map, key } = steerKey(prefix, this.#set, table);
    if (this.#own.has(prefixText(map.name, prefix, table))) return false;
    this.#dataPath.map(map).update(key, { tunnel });
    return true;
  }

  deleteSteer(prefix: PrefixBytes, table: number): void {
    const { map, key } = steerKey(prefix, this.#set, table);
    this.#dataPath.map(map).delete(key);
  }

  /**
   * Says that a destination is a SID of this node.
   * @returns false: the configuration says something else of it
   * @throws BpfError when the table is full
   */
  setSidPrefix(prefix: PrefixBytes, number: number): boolean {
    if (this.#own.has(prefixText(maps.sgClass6.name, prefix, 0))) return false;
    const value = { kind: ClassKind.CLASS_SRV6_SID, flags: 0, instance: 0, number };
    this.#dataPath.map(maps.sgClass6).update(sidKey(prefix, this.#set), value);
    return true;
  }

  deleteSidPrefix(prefix: PrefixBytes): void {
    this.#dataPath.map(maps.sgClass6).delete(sidKey(prefix, this.#set));
  }

  /** Says that what routers tell of encapsulated packets comes to this address of the gateway. */
  setTunnelEnd(address: Uint8Array): void {
    const prefix = { bytes: address, length: 128 };
    if (this.#own.has(prefixText(maps.sgClass6.name, prefix, 0))) return;
    const value = { kind: ClassKind.CLASS_TUNNEL_END, flags: 0, instance: 0, number: 0 };
    this.#dataPath.map(maps.sgClass6).update(sidKey(prefix, this.#set), value);
  }

  /** Lets every source reach SIDs, unless the configuration has said who may (RFC 8754 section 5.1). */
  admitSources(): void {
    const map = this.#dataPath.map(maps.sgSrv6Source);
    for (const { set } of map.keys()) if (set === this.#set) return;
    map.update({ prefixlen: 32, set: this.#set, addr: [0, 0, 0, 0] }, 1);
  }
}

function steerKey(prefix: PrefixBytes, set: number, table: number) {
  const key = prefixKey(prefix, set, table);
  const map = (prefix.bytes.length === 4 ? maps.sgSteer4 : maps.sgSteer6) as MapDef<unknown, unknown>;
  return { map, key };
}

function sidKey(prefix: PrefixBytes, set: number) {
  return prefixKey(prefix, set, 0) as { prefixlen: number; set: number; table: number; addr: number[] };
}

interface Entry {
  readonly map: string;
  readonly prefix: PrefixBytes;
  readonly table: number;
  readonly value: Readonly<Record<string, unknown>>;
}

function* entriesOf(dataPath: DataPath, wanted: number, tries: readonly unknown[]): Generator<Entry> {
  type Key = { prefixlen: number; set: number; table: number; addr: number | readonly number[] };
  for (const definition of tries as readonly MapDef<Key, Entry['value']>[]) {
    for (const [{ prefixlen, set, table, addr }, value] of dataPath.map(definition).entries()) {
      if (set !== wanted) continue;
      yield { map: definition.name, prefix: { bytes: bytesOf(addr), length: prefixlen - 32 }, table, value };
    }
  }
}

function bytesOf(addr: number | readonly number[]): Uint8Array {
  const words = typeof addr === 'number' ? [addr] : addr;
  const view = new DataView(new ArrayBuffer(4 * words.length));
  for (const [at, word] of words.entries()) view.setUint32(4 * at, word);
  return new Uint8Array(view.buffer);
}
