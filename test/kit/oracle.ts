/**
 * Reads a frame from the standards alone and says what is wrong with it. Shares no code with the product, so that a
 * mistake in ours is not looked for with the same mistake. Offsets count from the first byte of the frame.
 */

/** One header field, for readable differences. */
export interface Field {
  readonly offset: number;
  readonly length: number;
  readonly name: string;
}

/** What a frame consists of and what is wrong with it. */
export interface Dissection {
  readonly fields: readonly Field[];
  /** Wrong lengths, checksums and header chains, one sentence each. */
  readonly problems: readonly string[];
  /** The headers from the outside in, such as `eth ipv6 icmpv6`. */
  readonly headers: readonly string[];
}

class Reader {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  readonly fields: Field[] = [];
  readonly problems: string[] = [];
  readonly headers: string[] = [];

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** Names fields one after another: `[name, length]…`; gives the offset behind them. */
  name(prefix: string, offset: number, list: readonly (readonly [string, number])[]): number {
    let at = offset;
    for (const [name, length] of list) {
      this.fields.push({ offset: at, length, name: `${prefix}.${name}` });
      at += length;
    }
    return at;
  }

  fits(what: string, offset: number, length: number, end: number): boolean {
    if (offset + length <= end) return true;
    this.problems.push(`${what} needs ${length} bytes at ${offset}, but the packet ends at ${end}`);
    return false;
  }
}

/** Ones' complement sum of 16-bit words (RFC 1071), not yet inverted; an odd last byte is the high half of a word. */
function sum(bytes: Uint8Array, from: number, to: number, start = 0): number {
  let total = start;
  for (let offset = from; offset < to; offset += 2)
    total += ((bytes[offset] ?? 0) << 8) | (offset + 1 < to ? (bytes[offset + 1] ?? 0) : 0);
  while (total > 0xffff) total = (total & 0xffff) + (total >>> 16);
  return total;
}

const arpFields = [
  ['hardware', 2],
  ['protocol', 2],
  ['hardwareLength', 1],
  ['protocolLength', 1],
  ['operation', 2],
  ['senderMac', 6],
  ['sender', 4],
  ['targetMac', 6],
  ['target', 4],
] as const;
const ipv4Fields = [
  ['versionLength', 1],
  ['tos', 1],
  ['totalLength', 2],
  ['identification', 2],
  ['flagsFragment', 2],
  ['ttl', 1],
  ['protocol', 1],
  ['checksum', 2],
  ['source', 4],
  ['destination', 4],
] as const;
const ipv6Fields = [
  ['versionClassFlow', 4],
  ['payloadLength', 2],
  ['nextHeader', 1],
  ['hopLimit', 1],
  ['source', 16],
  ['destination', 16],
] as const;
const tcpFields = [
  ['sourcePort', 2],
  ['destinationPort', 2],
  ['sequence', 4],
  ['acknowledgement', 4],
  ['lengthFlags', 2],
  ['window', 2],
  ['checksum', 2],
  ['urgent', 2],
] as const;
const udpFields = [
  ['sourcePort', 2],
  ['destinationPort', 2],
  ['length', 2],
  ['checksum', 2],
] as const;
const icmpFields = [
  ['type', 1],
  ['code', 1],
  ['checksum', 2],
  ['rest', 4],
] as const;

/**
 * Dissects an Ethernet frame.
 *
 * @param options.padding accept bytes behind the IP packet (short Ethernet frames are padded)
 */
export function dissect(frame: Uint8Array, options: { readonly padding?: boolean } = {}): Dissection {
  const reader = new Reader(frame);
  ethernet(reader, options.padding ?? false);
  return reader;
}

/** The problems of a frame; empty when it is well formed with right checksums. */
export function problemsOf(frame: Uint8Array, options: { readonly padding?: boolean } = {}): readonly string[] {
  return dissect(frame, options).problems;
}

function ethernet(reader: Reader, padding: boolean): void {
  const end = reader.bytes.length;
  if (!reader.fits('the Ethernet header', 0, 14, end)) return;
  reader.headers.push('eth');
  let at = reader.name('eth', 0, [
    ['destination', 6],
    ['source', 6],
    ['type', 2],
  ]);
  let type = reader.view.getUint16(at - 2);
  for (let tags = 0; type === 0x8100 || type === 0x88a8; tags += 1) {
    if (tags === 2) reader.problems.push('more than two VLAN tags');
    if (!reader.fits('a VLAN tag', at, 4, end)) return;
    reader.headers.push('vlan');
    at = reader.name('vlan', at, [
      ['tag', 2],
      ['type', 2],
    ]);
    type = reader.view.getUint16(at - 2);
  }
  if (type === 0x0806) {
    if (reader.fits('ARP', at, 28, end)) reader.name('arp', at, arpFields);
    reader.headers.push('arp');
    return;
  }
  if (type === 0x0800) ipv4(reader, at, end, { whole: true, padding });
  else if (type === 0x86dd) ipv6(reader, at, end, { whole: true, padding });
  else reader.headers.push(`type-${type.toString(16)}`);
}

interface Inside {
  /** False within an ICMP error, where the packet may be cut off. */
  readonly whole: boolean;
  readonly padding: boolean;
}

function checkEnd(reader: Reader, what: string, claimed: number, end: number, inside: Inside): number {
  if (claimed > end && inside.whole)
    reader.problems.push(`${what} claims to end at ${claimed}, but the frame ends at ${end}`);
  if (claimed < end && !inside.padding && inside.whole) reader.problems.push(`${end - claimed} bytes behind ${what}`);
  return Math.min(claimed, end);
}

function ipv4(reader: Reader, start: number, end: number, inside: Inside): void {
  const { bytes, view } = reader;
  if (!reader.fits('the IPv4 header', start, 20, end)) return;
  reader.headers.push('ipv4');
  reader.name('ipv4', start, ipv4Fields);
  const first = view.getUint8(start);
  if (first >>> 4 !== 4) reader.problems.push(`IPv4 with version ${first >>> 4}`);
  const headerLength = (first & 15) * 4;
  if (headerLength < 20) {
    reader.problems.push(`IPv4 header length ${headerLength}`);
    return;
  }
  if (!reader.fits('IPv4 options', start, headerLength, end)) return;
  if (headerLength > 20) reader.name('ipv4', start + 20, [['options', headerLength - 20]]);
  if (sum(bytes, start, start + headerLength) !== 0xffff)
    reader.problems.push(`wrong IPv4 header checksum at ${start + 10}`);
  const total = view.getUint16(start + 2);
  if (total < headerLength) reader.problems.push(`IPv4 total length ${total} is less than its header`);
  const flags = view.getUint16(start + 6);
  if ((flags & 0x8000) !== 0) reader.problems.push('the reserved IPv4 flag is set');
  const ipEnd = checkEnd(reader, 'IPv4', start + total, end, inside);
  const fragment = (flags & 0x3fff) !== 0;
  if ((flags & 0x2000) !== 0 && (total - headerLength) % 8 !== 0)
    reader.problems.push('a fragment that is not the last has no multiple of 8 bytes');
  const pseudo = sum(
    bytes,
    start + 12,
    start + 20,
    view.getUint8(start + 9) + Math.max(0, ipEnd - start - headerLength),
  );
  if ((flags & 0x1fff) !== 0) {
    reader.headers.push('fragment');
    return;
  }
  upper(reader, view.getUint8(start + 9), start + headerLength, ipEnd, pseudo, { family: 4, fragment, inside });
}

const extensionNames: Readonly<Record<number, string>> = {
  0: 'hop-by-hop',
  43: 'routing',
  44: 'fragment',
  60: 'destination-options',
  135: 'mobility',
};

function ipv6(reader: Reader, start: number, end: number, inside: Inside): void {
  const { bytes, view } = reader;
  if (!reader.fits('the IPv6 header', start, 40, end)) return;
  reader.headers.push('ipv6');
  reader.name('ipv6', start, ipv6Fields);
  const version = view.getUint8(start) >>> 4;
  if (version !== 6) reader.problems.push(`IPv6 with version ${version}`);
  const ipEnd = checkEnd(reader, 'IPv6', start + 40 + view.getUint16(start + 4), end, inside);
  let next = view.getUint8(start + 6);
  let at = start + 40;
  let fragment = false;
  let destination = start + 24;
  for (let order = 0; next in extensionNames; order += 1) {
    const name = extensionNames[next] ?? '';
    if (next === 0 && order > 0) reader.problems.push('a hop-by-hop header that is not the first');
    if (!reader.fits(`the ${name} header`, at, 8, ipEnd)) return;
    const length = next === 44 ? 8 : (view.getUint8(at + 1) + 1) * 8;
    if (!reader.fits(`the ${name} header`, at, length, ipEnd)) return;
    reader.headers.push(name);
    reader.name(name, at, [
      ['nextHeader', 1],
      ['length', 1],
      ['body', length - 2],
    ]);
    if (next === 44) {
      const word = view.getUint16(at + 2);
      if ((word & 0xfff9) !== 0) fragment = true;
      if ((word & 1) !== 0 && (ipEnd - at - 8) % 8 !== 0)
        reader.problems.push('a fragment that is not the last has no multiple of 8 bytes');
      if (word >>> 3 !== 0) return;
    }
    // With segments left the pseudo header holds the final destination: entry 0 of a segment list (RFC 8754, 4.3).
    if (next === 43 && view.getUint8(at + 2) === 4) {
      const left = view.getUint8(at + 3);
      const last = view.getUint8(at + 4);
      if (left > last + 1 || 8 + (last + 1) * 16 > length)
        reader.problems.push('a segment list that does not fit its header');
      else if (left > 0) destination = at + 8;
    }
    next = view.getUint8(at);
    at += length;
  }
  const addresses = sum(bytes, destination, destination + 16, sum(bytes, start + 8, start + 24));
  upper(reader, next, at, ipEnd, addresses + next + Math.max(0, ipEnd - at), { family: 6, fragment, inside });
}

interface Below {
  readonly family: 4 | 6;
  readonly fragment: boolean;
  readonly inside: Inside;
}

function upper(reader: Reader, protocol: number, start: number, end: number, pseudo: number, below: Below): void {
  const { bytes, view } = reader;
  const complete = below.inside.whole && !below.fragment;
  const verify = (name: string, seed: number): void => {
    if (complete && sum(bytes, start, end, seed) !== 0xffff) reader.problems.push(`wrong ${name} checksum`);
  };
  const header = (name: string, length: number): boolean => {
    reader.headers.push(name);
    if (start + length <= end) return true;
    if (complete)
      reader.problems.push(`the ${name} header needs ${length} bytes at ${start}, but the packet ends at ${end}`);
    return false;
  };
  switch (protocol) {
    case 6: {
      if (!header('tcp', 20)) return;
      reader.name('tcp', start, tcpFields);
      const length = (view.getUint8(start + 12) >>> 4) * 4;
      if (length < 20 || (complete && start + length > end)) reader.problems.push(`TCP header length ${length}`);
      else if (length > 20) reader.name('tcp', start + 20, [['options', length - 20]]);
      verify('TCP', pseudo);
      return;
    }
    case 17: {
      if (!header('udp', 8)) return;
      reader.name('udp', start, udpFields);
      const length = view.getUint16(start + 4);
      if (complete && length !== end - start) reader.problems.push(`UDP length ${length}, but ${end - start} bytes`);
      if (view.getUint16(start + 6) === 0) {
        if (below.family === 6) reader.problems.push('UDP over IPv6 without a checksum');
        return;
      }
      verify('UDP', pseudo);
      return;
    }
    case 1:
    case 58: {
      const name = protocol === 1 ? 'icmp' : 'icmpv6';
      if (!header(name, 8)) return;
      if ((protocol === 58) !== (below.family === 6)) reader.problems.push(`${name} in IPv${below.family}`);
      reader.name(name, start, icmpFields);
      verify(name, protocol === 1 ? 0 : pseudo);
      const type = view.getUint8(start);
      const isError = protocol === 1 ? [3, 4, 5, 11, 12].includes(type) : type < 128;
      if (isError && !below.fragment) quoted(reader, protocol, start + 8, end);
      return;
    }
    case 4:
      ipv4(reader, start, end, { ...below.inside, padding: false });
      return;
    case 41:
      ipv6(reader, start, end, { ...below.inside, padding: false });
      return;
    default:
      reader.headers.push(`protocol-${protocol}`);
  }
}

function quoted(reader: Reader, protocol: number, start: number, end: number): void {
  if (start >= end) {
    reader.problems.push('an ICMP error that quotes nothing');
    return;
  }
  if (protocol === 1) ipv4(reader, start, end, { whole: false, padding: true });
  else ipv6(reader, start, end, { whole: false, padding: true });
}
