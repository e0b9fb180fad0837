/** How a fixed-size C value stands in memory. Little-endian unless its C type says network order (`__be32`). */
export interface Codec<T> {
  /** Name of the C type. */
  readonly name: string;
  /** Bytes. */
  readonly size: number;
  /** Reads the value that begins `offset` bytes (0 by default) into the view. */
  decode(view: DataView, offset?: number): T;
  /** Writes the value, padding as zeros. Numbers are cut to the width of their field. */
  encode(view: DataView, value: T, offset?: number): void;
}

/** How a C structure stands in memory. */
export interface StructCodec<T> extends Codec<T> {
  /** Where each member begins, in bytes: for who reads one of them only. */
  readonly offsets: Readonly<Record<keyof T, number>>;
}

/** A BPF map as the C source declares it. Sizes in bytes; `type` and `flags` are numbers of linux/bpf.h. */
export interface MapDef<K, V> {
  readonly name: string;
  readonly type: number;
  readonly maxEntries: number;
  readonly flags: number;
  readonly keySize: number;
  readonly valueSize: number;
  readonly key: Codec<K>;
  readonly value: Codec<V>;
}

export const u32: Codec<number> = {
  name: '__u32',
  size: 4,
  decode: (view, offset = 0) => view.getUint32(offset, true),
  encode: (view, value, offset = 0) => view.setUint32(offset, value, true),
};

export const u64: Codec<bigint> = {
  name: '__u64',
  size: 8,
  decode: (view, offset = 0) => view.getBigUint64(offset, true),
  encode: (view, value, offset = 0) => view.setBigUint64(offset, value, true),
};

/** What maps without keys have for one (queues), and ring buffers for both. */
export const none: Codec<undefined> = {
  name: 'void',
  size: 0,
  decode: () => undefined,
  encode: () => undefined,
};

/** A copy of `length` bytes. */
export function bytes(view: DataView, offset: number, length: number): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset + offset, length).slice();
}

/**
 * Writes exactly `length` bytes.
 * @throws RangeError when the value has another length
 */
export function putBytes(view: DataView, offset: number, value: Uint8Array, length: number): void {
  if (value.length !== length) throw new RangeError(`expected ${length} bytes, got ${value.length}`);
  new Uint8Array(view.buffer, view.byteOffset + offset, length).set(value);
}

/** Writes zeros where a structure has padding. */
export function putZeros(view: DataView, offset: number, length: number): void {
  new Uint8Array(view.buffer, view.byteOffset + offset, length).fill(0);
}

/** Reads an array of `length` elements that stand `stride` bytes apart. */
export function list<T>(length: number, stride: number, read: (offset: number) => T): T[] {
  return Array.from({ length }, (_, index) => read(index * stride));
}

/**
 * Writes an array of exactly `length` elements that stand `stride` bytes apart.
 * @throws RangeError when the value has another length
 */
export function putList<T>(
  values: readonly T[],
  length: number,
  stride: number,
  write: (value: T, offset: number) => void,
): void {
  if (values.length !== length) throw new RangeError(`expected ${length} elements, got ${values.length}`);
  for (const [index, value] of values.entries()) write(value, index * stride);
}
