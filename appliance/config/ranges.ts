import { IPv4, IPv6, RangedSet } from 'ip-num';
import { type Family, formatAddress, type Prefix } from '../model/address.ts';
import type { AddressSet } from '../model/address-set.ts';

/** Interval arithmetic for configurations (ip-num counts in BigInt; nothing near a packet uses this). */
export interface AddressRange {
  readonly family: Family;
  readonly first: bigint;
  readonly last: bigint;
}

/** The interval of an address set. */
export function rangeOf(set: AddressSet): AddressRange {
  const ends =
    set.family === 4
      ? new RangedSet(new IPv4(formatAddress(set.first)), new IPv4(formatAddress(set.last)))
      : new RangedSet(new IPv6(formatAddress(set.first)), new IPv6(formatAddress(set.last)));
  return { family: set.family, first: ends.getFirst().getValue(), last: ends.getLast().getValue() };
}

/** How many addresses the interval has. */
export function sizeOf(range: AddressRange): bigint {
  return range.last - range.first + 1n;
}

/** Bytes in network order of an address that counts as `value`. */
export function bytesOf(family: Family, value: bigint): Uint8Array {
  const bytes = new Uint8Array(family === 4 ? 4 : 16);
  let rest = value;
  for (let i = bytes.length - 1; i >= 0; i--) {
    bytes[i] = Number(rest & 0xffn);
    rest >>= 8n;
  }
  return bytes;
}

/** RFC 5952 text of an address that counts as `value`. */
export function addressText(family: Family, value: bigint): string {
  return formatAddress(bytesOf(family, value));
}

/** Every address of the interval, as bytes. Ask `sizeOf` first. */
export function* addressesOf(range: AddressRange): Generator<Uint8Array> {
  for (let value = range.first; value <= range.last; value++) yield bytesOf(range.family, value);
}

/** The fewest prefixes that cover exactly the interval, in order. */
export function prefixesOf(range: AddressRange): Prefix[] {
  const width = range.family === 4 ? 32 : 128;
  const prefixes: Prefix[] = [];
  let first = range.first;
  while (first <= range.last) {
    let bits = 0;
    while (
      bits < width &&
      (first & ((1n << BigInt(bits + 1)) - 1n)) === 0n &&
      first + (1n << BigInt(bits + 1)) - 1n <= range.last
    ) {
      bits++;
    }
    prefixes.push({ family: range.family, bytes: bytesOf(range.family, first), length: width - bits });
    first += 1n << BigInt(bits);
  }
  return prefixes;
}

/** Two holders of the same address; `at` is the first address that both have. */
export interface Overlap<T> {
  readonly a: T;
  readonly b: T;
  readonly at: string;
}

/**
 * Finds overlaps by sorting and one pass, so ten thousand ranges cost n log n. Every range that overlaps an earlier
 * one is reported once, with the range that reaches farthest among those before it.
 */
export function findOverlaps<T>(items: readonly T[], range: (item: T) => AddressRange): Overlap<T>[] {
  const order = items.map((item) => ({ item, range: range(item) }));
  order.sort((x, y) => x.range.family - y.range.family || compare(x.range.first, y.range.first));
  const overlaps: Overlap<T>[] = [];
  let reach: (typeof order)[number] | undefined;
  for (const next of order) {
    if (reach === undefined || reach.range.family !== next.range.family || reach.range.last < next.range.first) {
      reach = next;
      continue;
    }
    overlaps.push({ a: reach.item, b: next.item, at: addressText(next.range.family, next.range.first) });
    if (next.range.last > reach.range.last) reach = next;
  }
  return overlaps;
}

function compare(a: bigint, b: bigint): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
