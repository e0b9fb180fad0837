/**
 * Addresses as bytes in network order, for everything near maps, flows and screens.
 * Text forms: RFC 4291 2.2 (read), RFC 5952 (written), RFC 6943 3.1.1 strict dotted quads. Zone identifiers are refused.
 */

export type Family = 4 | 6;

/** An address with a prefix length. `bytes` are as written; host bits may be set (see `maskPrefix`). */
export interface Prefix {
  readonly family: Family;
  readonly bytes: Uint8Array;
  readonly length: number;
}

/** `192.0.2.1` → 4 bytes; undefined for anything else, leading zeros included. */
export function parseIPv4(text: string): Uint8Array | undefined {
  const bytes = new Uint8Array(4);
  let index = 0;
  let value = -1;
  for (let i = 0; i <= text.length; i++) {
    const code = i < text.length ? text.charCodeAt(i) : 46;
    if (code === 46) {
      if (value < 0 || index > 3) return undefined;
      bytes[index++] = value;
      value = -1;
    } else if (code >= 48 && code <= 57 && value !== 0) {
      value = value < 0 ? code - 48 : value * 10 + code - 48;
      if (value > 255) return undefined;
    } else return undefined;
  }
  return index === 4 ? bytes : undefined;
}

/** `2001:db8::1`, `::ffff:192.0.2.1` → 16 bytes; undefined for anything else. */
export function parseIPv6(text: string): Uint8Array | undefined {
  if (text.length < 2 || text.length > 45) return undefined;
  const gap = text.indexOf('::');
  const head = groupsOf(gap < 0 ? text : text.slice(0, gap), gap < 0);
  const tail = gap < 0 ? [] : groupsOf(text.slice(gap + 2), true);
  if (head === undefined || tail === undefined) return undefined;
  const count = head.length + tail.length;
  if (gap < 0 ? count !== 16 : count > 14) return undefined;
  const bytes = new Uint8Array(16);
  bytes.set(head);
  bytes.set(tail, 16 - tail.length);
  return bytes;
}

/** Bytes of colon-separated groups; only the last one may be a dotted quad. */
function groupsOf(text: string, last: boolean): number[] | undefined {
  if (text === '') return [];
  const groups = text.split(':');
  const bytes: number[] = [];
  for (const [i, group] of groups.entries()) {
    if (last && i === groups.length - 1 && group.includes('.')) {
      const quad = parseIPv4(group);
      if (quad === undefined) return undefined;
      bytes.push(...quad);
    } else {
      if (!/^[0-9a-fA-F]{1,4}$/.test(group)) return undefined;
      const value = Number.parseInt(group, 16);
      bytes.push(value >> 8, value & 255);
    }
  }
  return bytes;
}

/** 4 bytes for an IPv4 address, 16 for an IPv6 address, undefined for anything else. */
export function parseAddress(text: string): Uint8Array | undefined {
  return text.includes(':') ? parseIPv6(text) : parseIPv4(text);
}

/** RFC 5952 text of 4 or 16 bytes in network order; mapped addresses in mixed notation as section 5 asks. */
export function formatAddress(bytes: Uint8Array): string {
  if (bytes.length === 4) return bytes.join('.');
  if (bytes.length !== 16) throw new RangeError(`an address has 4 or 16 bytes, not ${bytes.length}`);
  if (bytes.subarray(0, 10).every((byte) => byte === 0) && bytes[10] === 255 && bytes[11] === 255) {
    return `::ffff:${bytes.subarray(12).join('.')}`;
  }
  const groups: number[] = [];
  for (let i = 0; i < 16; i += 2) groups.push(((bytes[i] as number) << 8) | (bytes[i + 1] as number));
  const [start, length] = longestZeroRun(groups);
  const hex = (part: number[]): string => part.map((group) => group.toString(16)).join(':');
  return length < 2 ? hex(groups) : `${hex(groups.slice(0, start))}::${hex(groups.slice(start + length))}`;
}

/** RFC 5952 4.2: the longest run of zero groups, the first of equals. */
function longestZeroRun(groups: readonly number[]): [start: number, length: number] {
  let best: [number, number] = [0, 0];
  let start = 0;
  for (const [i, group] of groups.entries()) {
    if (group !== 0) start = i + 1;
    else if (i + 1 - start > best[1]) best = [start, i + 1 - start];
  }
  return best;
}

/** 4 or 6, by the number of bytes. */
export function familyOf(bytes: Uint8Array): Family {
  return bytes.length === 4 ? 4 : 6;
}

/** `64:ff9b::/96`, `10.0.0.0/8` → prefix; undefined for anything else. Host bits are kept. */
export function parsePrefix(text: string): Prefix | undefined {
  const match = /^([^/]+)\/(0|[1-9]\d{0,2})$/.exec(text);
  const bytes = match === null ? undefined : parseAddress(match[1] as string);
  if (bytes === undefined) return undefined;
  const length = Number(match?.[2]);
  return length > bytes.length * 8 ? undefined : { family: familyOf(bytes), bytes, length };
}

/** `ADDRESS/LENGTH`. */
export function formatPrefix(prefix: Prefix): string {
  return `${formatAddress(prefix.bytes)}/${prefix.length}`;
}

/** The mask of `length` bits, as bytes of the family's size. */
export function maskBytes(family: Family, length: number): Uint8Array {
  const mask = new Uint8Array(family === 4 ? 4 : 16);
  for (let i = 0; i < mask.length; i++) mask[i] = 0xff & (0xff00 >> Math.max(0, Math.min(8, length - i * 8)));
  return mask;
}

/** The prefix with its host bits cleared. */
export function maskPrefix(prefix: Prefix): Prefix {
  const mask = maskBytes(prefix.family, prefix.length);
  return { ...prefix, bytes: prefix.bytes.map((byte, i) => byte & (mask[i] as number)) };
}

/** The last address of the prefix (for IPv4 subnets the broadcast address). */
export function lastAddress(prefix: Prefix): Uint8Array {
  const mask = maskBytes(prefix.family, prefix.length);
  return prefix.bytes.map((byte, i) => byte | (0xff & ~(mask[i] as number)));
}

/** Whether bits after the prefix length are set. */
export function hasHostBits(prefix: Prefix): boolean {
  return !equalBytes(prefix.bytes, maskPrefix(prefix).bytes);
}

/** Whether `address` (bytes) lies in the prefix; false for another family. */
export function contains(prefix: Prefix, address: Uint8Array): boolean {
  if (address.length !== prefix.bytes.length) return false;
  const mask = maskBytes(prefix.family, prefix.length);
  return address.every((byte, i) => ((byte ^ (prefix.bytes[i] as number)) & (mask[i] as number)) === 0);
}

/** Whether two byte strings are the same. */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

/** Order of two byte strings: shorter first, then byte by byte; negative, zero or positive. */
export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  if (a.length !== b.length) return a.length - b.length;
  for (let i = 0; i < a.length; i++) {
    if (a[i] !== b[i]) return (a[i] as number) - (b[i] as number);
  }
  return 0;
}

/** `02:00:5e:10:00:01` → 6 bytes; undefined for anything else. */
export function parseMac(text: string): Uint8Array | undefined {
  if (!/^[0-9a-fA-F]{2}(:[0-9a-fA-F]{2}){5}$/.test(text)) return undefined;
  return Uint8Array.from(text.split(':'), (octet) => Number.parseInt(octet, 16));
}

/** Six octets in lower case with colons. */
export function formatMac(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join(':');
}
