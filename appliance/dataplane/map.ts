/** BPF maps with typed keys and values; the codecs are generated from the data path's own type information. */
import type { Codec, MapDef } from './codec.ts';
import {
  BpfError,
  close,
  cursorSize,
  type Mapping,
  type MapShape,
  mapCreate,
  mapDelete,
  mapLookup,
  mapLookupBatch,
  mapMemory,
  mapNextKey,
  mapUpdate,
  objectInfo,
  pageSize,
  pin,
  possibleCpus,
} from './libbpf.ts';

/** enum bpf_map_type, linux/bpf.h: the per-CPU kinds, and what maps of maps hold. */
const PER_CPU = new Set([5, 6, 10, 21]);
const MAP_INFO_SIZE = 80;
const UPDATE_FLAGS = { any: 0, noexist: 1, exist: 2 } as const;

export type UpdateFlag = keyof typeof UPDATE_FLAGS;

/** What the kernel says of a map. */
export interface MapInfo {
  readonly id: number;
  readonly type: number;
  readonly keySize: number;
  readonly valueSize: number;
  readonly maxEntries: number;
}

function infoOf(fd: number): MapInfo {
  const view = objectInfo(fd, MAP_INFO_SIZE);
  const at = (offset: number): number => view.getUint32(offset, true);
  return { type: at(0), id: at(4), keySize: at(8), valueSize: at(12), maxEntries: at(16) };
}

/** A map that is open; `close` gives back the descriptor, the map lives as long as something holds it. */
export class BpfMap<K, V> {
  readonly fd: number;
  readonly name: string;
  readonly info: MapInfo;
  readonly #key: Codec<K>;
  readonly #value: Codec<V>;
  readonly #keyBytes: Uint8Array;
  readonly #keyView: DataView;
  readonly #valueBytes: Uint8Array;
  readonly #valueView: DataView;
  readonly #cpus: number;
  readonly #memory: { fd: number; name: string; keySize: number; valueSize: number };

  /** @throws RangeError when the map's key or value has another size than the definition's */
  constructor(fd: number, definition: MapDef<K, V>) {
    this.fd = fd;
    this.name = definition.name;
    this.info = infoOf(fd);
    const { keySize, valueSize } = this.info;
    if (keySize !== definition.keySize || valueSize !== definition.valueSize)
      throw new RangeError(
        `map ${this.name} has keys of ${keySize} and values of ${valueSize} bytes, ` +
          `not ${definition.keySize} and ${definition.valueSize}`,
      );
    this.#key = definition.key;
    this.#value = definition.value;
    this.#cpus = PER_CPU.has(this.info.type) ? possibleCpus() : 0;
    const inMemory = this.#cpus === 0 ? valueSize : this.#cpus * ((valueSize + 7) & ~7);
    this.#memory = { fd, name: this.name, keySize, valueSize: inMemory };
    this.#keyBytes = new Uint8Array(keySize);
    this.#keyView = new DataView(this.#keyBytes.buffer);
    this.#valueBytes = new Uint8Array(inMemory);
    this.#valueView = new DataView(this.#valueBytes.buffer);
  }

  /** The value of a key, or undefined. Of a per-CPU map: use `lookupAll`. */
  lookup(key: K): V | undefined {
    this.#encodeKey(key);
    if (!mapLookup(this.#memory, this.#keyBytes, this.#valueBytes)) return undefined;
    return this.#value.decode(this.#valueView);
  }

  /** The values of all CPUs, or an empty list. */
  lookupAll(key: K): V[] {
    this.#encodeKey(key);
    if (!mapLookup(this.#memory, this.#keyBytes, this.#valueBytes)) return [];
    const stride = this.#valueBytes.byteLength / Math.max(this.#cpus, 1);
    return Array.from({ length: Math.max(this.#cpus, 1) }, (_, cpu) =>
      this.#value.decode(this.#valueView, cpu * stride),
    );
  }

  /** @throws BpfError EEXIST, ENOENT as the flag says, E2BIG when it is full */
  update(key: K, value: V, flag: UpdateFlag = 'any'): void {
    this.#encodeKey(key);
    this.#valueBytes.fill(0);
    this.#value.encode(this.#valueView, value);
    mapUpdate(this.#memory, this.#keyBytes, this.#valueBytes, UPDATE_FLAGS[flag]);
  }

  /** @returns whether it was there */
  delete(key: K): boolean {
    this.#encodeKey(key);
    return mapDelete(this.#memory, this.#keyBytes);
  }

  /** All keys; entries made or deleted meanwhile may be missed or seen twice. */
  *keys(): Generator<K> {
    const next = new Uint8Array(this.info.keySize);
    let key: Uint8Array | null = null;
    while (mapNextKey(this.#memory, key, next)) {
      key = next.slice();
      yield this.#key.decode(new DataView(key.buffer));
    }
  }

  *entries(): Generator<[K, V]> {
    for (const key of this.keys()) {
      const value = this.lookup(key);
      if (value !== undefined) yield [key, value];
    }
  }

  /** Raw keys and values, `most` at a time; the views are used again for the next part. */
  *scan(most = 4000): Generator<{ keys: DataView; values: DataView; count: number }> {
    const { keySize, valueSize } = this.#memory;
    let size = Math.min(most, this.info.maxEntries);
    let keys = new Uint8Array(keySize * size);
    let values = new Uint8Array(valueSize * size);
    let cursor: Uint8Array | null = null;
    for (;;) {
      const next = new Uint8Array(cursorSize(this.#memory));
      try {
        const { count, last } = mapLookupBatch(this.#memory, cursor, next, keys, values, size);
        yield { keys: new DataView(keys.buffer), values: new DataView(values.buffer), count };
        if (last) return;
        cursor = next;
      } catch (error) {
        // A hash bucket that is larger than the batch: a larger batch takes it.
        if (!(error instanceof BpfError) || error.code !== 'ENOSPC') throw error;
        size *= 2;
        keys = new Uint8Array(keySize * size);
        values = new Uint8Array(valueSize * size);
      }
    }
  }

  /** The memory of an array that was made with BPF_F_MMAPABLE: entry n at n times `stride`. */
  memory(writable: boolean): Mapping & { readonly stride: number } {
    const stride = (this.info.valueSize + 7) & ~7;
    const size = Math.ceil((stride * this.info.maxEntries) / pageSize) * pageSize;
    return { ...mapMemory(this.fd, size, 0, writable), stride };
  }

  pin(path: string): void {
    pin(this.fd, path);
  }

  close(): void {
    close(this.fd);
  }

  #encodeKey(key: K): void {
    this.#keyBytes.fill(0);
    this.#key.encode(this.#keyView, key);
  }
}

/** Makes a map of no object, such as the inner map of a map of maps. @returns a descriptor */
export function createMap(shape: MapShape): number {
  return mapCreate(shape);
}
