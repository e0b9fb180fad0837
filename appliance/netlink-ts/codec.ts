/**
 * Netlink attributes (linux/netlink.h `struct nlattr`: u16 length, u16 type, payload, padded to four bytes) described
 * by tables as data. Integers are in host byte order unless the kind says `be`. What a table does not name is kept
 * in `unknown`, so nothing a newer kernel tells is lost.
 */
import { endianness } from 'node:os';
import { formatAddress, formatMac, parseAddress, parseMac } from './bytes.ts';

/** Host order of the kernel's integers, as DataView wants it. */
export const littleEndian = endianness() === 'LE';

/** NLA_TYPE_MASK; the two upper bits are NLA_F_NESTED and NLA_F_NET_BYTEORDER. */
const typeMask = 0x3fff;
const nestedFlag = 0x8000;
const headerSize = 4;

/** How the payload of an attribute is read and written. */
export interface Kind<T> {
  /** Throws RangeError when there are fewer bytes than the kind needs; more are accepted, kernels append. */
  decode(bytes: Uint8Array): T;
  encode(value: T): Uint8Array;
  readonly nested?: true;
}

/** An attribute that no table names. */
export interface RawAttribute {
  readonly type: number;
  readonly bytes: Uint8Array;
}

/** Name to [number in the kernel's enumeration, kind]. */
// biome-ignore lint/suspicious/noExplicitAny: a table mixes kinds; `Decoded` gives each its own type back.
export type AttributeTable = Readonly<Record<string, readonly [number, Kind<any>]>>;

/** What a table decodes to; every attribute may be absent. */
export type Decoded<T extends AttributeTable> = {
  [K in keyof T]?: T[K] extends readonly [number, Kind<infer V>] ? V : never;
} & { unknown?: RawAttribute[] };

/** What a table encodes from; an attribute that is undefined is left out. */
export type Encodable<T extends AttributeTable> = {
  readonly [K in keyof T]?: (T[K] extends readonly [number, Kind<infer V>] ? V : never) | undefined;
} & { readonly unknown?: readonly RawAttribute[] | undefined };

export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function integer(
  size: number,
  lowest: number,
  highest: number,
  read: (view: DataView) => number,
  write: (view: DataView, value: number) => void,
): Kind<number> {
  return {
    decode: (bytes) => read(viewOf(bytes)),
    encode: (value) => {
      if (!Number.isInteger(value) || value < lowest || value > highest) {
        throw new RangeError(`${value} is no integer from ${lowest} to ${highest}`);
      }
      const view = new DataView(new ArrayBuffer(size));
      write(view, value);
      return new Uint8Array(view.buffer);
    },
  };
}

export const u8 = integer(
  1,
  0,
  0xff,
  (view) => view.getUint8(0),
  (view, value) => view.setUint8(0, value),
);
export const u16 = integer(
  2,
  0,
  0xffff,
  (view) => view.getUint16(0, littleEndian),
  (view, value) => view.setUint16(0, value, littleEndian),
);
export const u32 = integer(
  4,
  0,
  0xffffffff,
  (view) => view.getUint32(0, littleEndian),
  (view, value) => view.setUint32(0, value, littleEndian),
);
export const s32 = integer(
  4,
  -0x80000000,
  0x7fffffff,
  (view) => view.getInt32(0, littleEndian),
  (view, value) => view.setInt32(0, value, littleEndian),
);
export const be16 = integer(
  2,
  0,
  0xffff,
  (view) => view.getUint16(0),
  (view, value) => view.setUint16(0, value),
);
export const be32 = integer(
  4,
  0,
  0xffffffff,
  (view) => view.getUint32(0),
  (view, value) => view.setUint32(0, value),
);

/** A u8 of 0 or 1. */
export const bool8: Kind<boolean> = {
  decode: (bytes) => u8.decode(bytes) !== 0,
  encode: (value) => u8.encode(value ? 1 : 0),
};

/** An attribute without payload: present or not; `false` is left out. */
export const flag: Kind<true> = { decode: () => true, encode: () => new Uint8Array(0) };

/** Bytes as they are; copied, because the receive buffer is used again. */
export const raw: Kind<Uint8Array> = { decode: (bytes) => bytes.slice(), encode: (value) => value };

/** Attributes that another table reads or has already written. */
export const nest: Kind<Uint8Array> = { ...raw, nested: true };

/** Text that ends with NUL; the kernel accepts it without, but some parts of it want it. */
export const text: Kind<string> = {
  decode: (bytes) => {
    const end = bytes.indexOf(0);
    return new TextDecoder().decode(end < 0 ? bytes : bytes.subarray(0, end));
  },
  encode: (value) => {
    if (value.includes('\0')) throw new TypeError('text must not hold a NUL');
    return new TextEncoder().encode(`${value}\0`);
  },
};

/** Text without NUL, as iproute2 writes the names of kinds. */
export const bareText: Kind<string> = { decode: text.decode, encode: (value) => text.encode(value).subarray(0, -1) };

/** Four or sixteen bytes, the family is told by the length. */
export const address: Kind<string> = { decode: formatAddress, encode: parseAddress };

export const mac: Kind<string> = { decode: formatMac, encode: parseMac };

/** An attribute of attributes. */
export function nested<T extends AttributeTable>(
  table: T,
): Kind<Encodable<T>> & { decode(bytes: Uint8Array): Decoded<T> } {
  return {
    decode: (bytes) => decodeAttributes(table, bytes),
    encode: (value) => encodeAttributes(table, value),
    nested: true,
  };
}

/** A nest of attributes of one type; those of others are left out. */
export function listOf<T>(type: number, kind: Kind<T>): Kind<readonly T[]> {
  return {
    decode: (bytes) =>
      [...attributesOf(bytes)].filter((item) => item.type === type).map((item) => kind.decode(item.bytes)),
    encode: (values) => concat(values.map((value) => encodeAttribute(type, kind.encode(value)))),
    nested: true,
  };
}

/** Every attribute within `bytes`, in order; the payloads are views into `bytes`. Repeated types are kept apart. */
export function* attributesOf(bytes: Uint8Array): Generator<RawAttribute> {
  const view = viewOf(bytes);
  for (let at = 0; at + headerSize <= bytes.length; ) {
    const length = view.getUint16(at, littleEndian);
    if (length < headerSize || at + length > bytes.length)
      throw new RangeError(`attribute of ${length} bytes where ${bytes.length - at} are left`);
    yield {
      type: view.getUint16(at + 2, littleEndian) & typeMask,
      bytes: bytes.subarray(at + headerSize, at + length),
    };
    at += align(length);
  }
}

const byNumber = new WeakMap<AttributeTable, Map<number, readonly [string, Kind<unknown>]>>();

function numbersOf(table: AttributeTable): Map<number, readonly [string, Kind<unknown>]> {
  let map = byNumber.get(table);
  if (map === undefined) {
    map = new Map(Object.entries(table).map(([name, [number, kind]]) => [number, [name, kind]]));
    byNumber.set(table, map);
  }
  return map;
}

/** @throws RangeError when the bytes are no attributes, or one is shorter than its kind */
export function decodeAttributes<T extends AttributeTable>(table: T, bytes: Uint8Array): Decoded<T> {
  const numbers = numbersOf(table);
  const values: Record<string, unknown> = {};
  let unknown: RawAttribute[] | undefined;
  for (const attribute of attributesOf(bytes)) {
    const entry = numbers.get(attribute.type);
    if (entry !== undefined) values[entry[0]] = entry[1].decode(attribute.bytes);
    else {
      unknown ??= [];
      unknown.push({ type: attribute.type, bytes: attribute.bytes.slice() });
    }
  }
  if (unknown !== undefined) values.unknown = unknown;
  return values as Decoded<T>;
}

/** In the order of the table; `unknown` comes last. */
export function encodeAttributes<T extends AttributeTable>(table: T, values: Encodable<T>): Uint8Array {
  const given = values as Readonly<Record<string, unknown>>;
  const parts: Uint8Array[] = [];
  for (const [name, [number, kind]] of Object.entries(table)) {
    const value = given[name];
    if (value !== undefined)
      parts.push(encodeAttribute(kind.nested ? number | nestedFlag : number, kind.encode(value)));
  }
  for (const { type, bytes } of values.unknown ?? []) parts.push(encodeAttribute(type, bytes));
  return concat(parts);
}

/** One attribute with its padding. */
export function encodeAttribute(type: number, payload: Uint8Array): Uint8Array {
  const length = headerSize + payload.length;
  if (length > 0xffff) throw new RangeError(`an attribute of ${length} bytes is too long`);
  const bytes = new Uint8Array(align(length));
  const view = viewOf(bytes);
  view.setUint16(0, length, littleEndian);
  view.setUint16(2, type, littleEndian);
  bytes.set(payload, headerSize);
  return bytes;
}

/** NLMSG_ALIGN and NLA_ALIGN. */
export function align(length: number): number {
  return (length + 3) & ~3;
}

export function concat(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
