/** Presentation forms of addresses and MACs. Text: RFC 4291 2.2 and RFC 5952; zone identifiers are refused. */

/** Internet family as people write it; `familyNumber` gives AF_INET or AF_INET6. */
export type Family = 4 | 6;

/** linux/socket.h */
export const AF_UNSPEC = 0;
export const AF_INET = 2;
export const AF_BRIDGE = 7;
export const AF_INET6 = 10;

export function familyNumber(family: Family): number {
  return family === 4 ? AF_INET : AF_INET6;
}

/** Undefined for what is neither IPv4 nor IPv6, such as AF_BRIDGE or AF_MPLS. */
export function familyOf(number: number): Family | undefined {
  return number === AF_INET ? 4 : number === AF_INET6 ? 6 : undefined;
}

function parseIPv4(text: string): Uint8Array | undefined {
  const parts = text.split('.');
  if (parts.length !== 4 || !parts.every((part) => /^(0|[1-9]\d{0,2})$/.test(part) && Number(part) <= 255))
    return undefined;
  return Uint8Array.from(parts, Number);
}

function parseGroups(text: string): number[] | undefined {
  if (text === '') return [];
  const groups = text.split(':');
  const bytes: number[] = [];
  for (const [index, group] of groups.entries()) {
    const quad = index === groups.length - 1 ? parseIPv4(group) : undefined;
    if (quad !== undefined) bytes.push(...quad);
    else if (/^[0-9a-f]{1,4}$/i.test(group))
      bytes.push(Number.parseInt(group, 16) >> 8, Number.parseInt(group, 16) & 255);
    else return undefined;
  }
  return bytes;
}

function parseIPv6(text: string): Uint8Array | undefined {
  const halves = text.split('::');
  const head = parseGroups(halves[0] ?? '');
  const tail = parseGroups(halves[1] ?? '');
  if (halves.length > 2 || head === undefined || tail === undefined) return undefined;
  const length = head.length + tail.length;
  if (halves.length === 1 ? length !== 16 : length > 14) return undefined;
  // A dotted quad ends an address; `1.2.3.4::` has one in its middle.
  if (halves.length === 2 && (halves[0] ?? '').includes('.')) return undefined;
  const bytes = new Uint8Array(16);
  bytes.set(head);
  bytes.set(tail, 16 - tail.length);
  return bytes;
}

/**
 * `192.0.2.1` gives 4 bytes, `2001:db8::1` 16, in network order.
 *
 * @throws TypeError for anything else
 */
export function parseAddress(text: string): Uint8Array {
  const bytes = text.includes(':') ? parseIPv6(text) : parseIPv4(text);
  if (bytes === undefined) throw new TypeError(`"${text}" is no IPv4 or IPv6 address`);
  return bytes;
}

/**
 * RFC 5952 text of 4 or 16 bytes in network order; IPv4-mapped addresses in mixed notation (section 5).
 *
 * @throws RangeError for any other number of bytes
 */
export function formatAddress(bytes: Uint8Array): string {
  if (bytes.length === 4) return bytes.join('.');
  if (bytes.length !== 16) throw new RangeError(`an address has 4 or 16 bytes, not ${bytes.length}`);
  if (bytes.subarray(0, 10).every((byte) => byte === 0) && bytes[10] === 255 && bytes[11] === 255) {
    return `::ffff:${bytes.subarray(12).join('.')}`;
  }
  const groups = Array.from({ length: 8 }, (_, index) => ((bytes[2 * index] ?? 0) << 8) | (bytes[2 * index + 1] ?? 0));
  let start = 0;
  let run = 1;
  for (let at = 0; at < 8; at += 1) {
    let end = at;
    while (end < 8 && groups[end] === 0) end += 1;
    // Section 4.2: the longest run of at least two groups, the first one if there are several.
    if (end - at > run) [start, run] = [at, end - at];
  }
  const hex = (part: readonly number[]): string => part.map((group) => group.toString(16)).join(':');
  return run === 1 ? hex(groups) : `${hex(groups.slice(0, start))}::${hex(groups.slice(start + run))}`;
}

/** An address with the length of its prefix; host bits are kept. */
export interface Prefix {
  readonly family: Family;
  readonly bytes: Uint8Array;
  readonly length: number;
}

/**
 * `10.0.0.0/8`; an address alone has its full length.
 *
 * @throws TypeError for anything else
 */
export function parsePrefix(text: string): Prefix {
  const slash = text.indexOf('/');
  const bytes = parseAddress(slash < 0 ? text : text.slice(0, slash));
  const length = slash < 0 ? String(bytes.length * 8) : text.slice(slash + 1);
  if (!/^(0|[1-9]\d{0,2})$/.test(length) || Number(length) > bytes.length * 8) {
    throw new TypeError(`"${text}" has no valid prefix length`);
  }
  return { family: bytes.length === 4 ? 4 : 6, bytes, length: Number(length) };
}

/** `02:00:00:00:00:01`; any number of bytes, for not every link layer has six. */
export function formatMac(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join(':');
}

/** @throws TypeError unless the text is six pairs of hexadecimal digits with colons between */
export function parseMac(text: string): Uint8Array {
  if (!/^([0-9a-f]{2}:){5}[0-9a-f]{2}$/i.test(text)) throw new TypeError(`"${text}" is no MAC address`);
  return Uint8Array.from(text.split(':'), (pair) => Number.parseInt(pair, 16));
}
