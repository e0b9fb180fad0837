import {
  compareBytes,
  type Family,
  familyOf,
  hasHostBits,
  lastAddress,
  maskPrefix,
  type Prefix,
  parseAddress,
  parsePrefix,
} from './address.ts';

/** A set of addresses as configurations write it: `a`, `a/len` or `a-b`. Both ends are included; bytes in network order. */
export interface AddressSet {
  readonly family: Family;
  readonly first: Uint8Array;
  readonly last: Uint8Array;
  /** Set when it was written as a prefix whose host bits are not zero: the prefix that was probably meant. */
  readonly meant?: Prefix;
}

/** Reads `203.0.113.40`, `203.0.113.16/28` or `203.0.113.40-203.0.113.43`; undefined for anything else. */
export function parseAddressSet(text: string): AddressSet | undefined {
  if (text.includes('/')) {
    const prefix = parsePrefix(text);
    if (prefix === undefined) return undefined;
    const network = maskPrefix(prefix);
    const set = { family: prefix.family, first: network.bytes, last: lastAddress(prefix) };
    return hasHostBits(prefix) ? { ...set, meant: network } : set;
  }
  const [from, to, ...more] = text.split('-');
  const first = parseAddress(from as string);
  const last = to === undefined ? first : parseAddress(to);
  if (first === undefined || last === undefined || more.length > 0) return undefined;
  if (first.length !== last.length || compareBytes(first, last) > 0) return undefined;
  return { family: familyOf(first), first, last };
}
