/** From a packet's text to the packet. */
import { formatAddress } from '../model/address.ts';
import { type Packet, TCP_FLAGS, TCP_SYN, VXLAN_PORT } from './packet.ts';
import { addressOf, endpointOf, numberOf, Reader, refuse, type Word } from './reader.ts';

/** Largest payload: the gateway's frames have up to 9,000 bytes. */
const MOST_PAYLOAD = 9_000;
const MOST_HEX = 9_216;

const KINDS = 'tcp, udp, icmp, proto, srv6, vxlan or hex:BYTES';

const hints: Readonly<Record<string, string>> = {
  tcp: 'Write tcp A:PORT > B:PORT [syn|ack|fin|rst|psh] [mss N] [len N] [ttl N] [tos N] [df]',
  udp: 'Write udp A:PORT > B:PORT [len N] [nosum] [ttl N] [tos N] [df]',
  icmp: 'Write icmp echo A > B or icmp reply A > B, then [id N] [seq N] [len N] [ttl N] [tos N] [df]',
  proto: 'Write proto NUMBER A > B [len N] [ttl N] [tos N] [df]',
  srv6: 'Write srv6 A > B [segs [C,D]] [left N] [ttl N] [tos N] : PACKET',
  vxlan: 'Write vxlan A > B vni N [port N] [sport N] [ttl N] [tos N] [df] : PACKET',
};

/** Reads one value or none. */
type Option = (reader: Reader, word: Word) => unknown;
type Values = Readonly<Record<string, unknown>>;

const number =
  (least: number, most: number): Option =>
  (reader, word) =>
    numberOf(reader.take(`the number of ${word.text}`), least, most);
const flag: Option = () => true;

const common = { ttl: number(0, 255), tos: number(0, 255), df: flag };
const length = { len: number(0, MOST_PAYLOAD) };

/**
 * Reads the text of a packet, such as `tcp 192.0.2.1:50712 > 198.51.100.80:443 syn ttl 2`. What is left out: ttl 64,
 * tos 0, no payload, SYN.
 * @throws SixgateError TRACE_PACKET, with the column and what would be right
 */
export function parsePacket(text: string): Packet {
  const reader = new Reader(text);
  const packet = readPacket(reader);
  const more = reader.coming;
  if (more !== undefined) refuse(more.column, `"${more.text}" stands behind the packet`, hintOf(text));
  return packet;
}

function hintOf(text: string): string {
  return hints[text.trim().split(/\s+/)[0] ?? ''] ?? '';
}

function readPacket(reader: Reader): Packet {
  const word = reader.take('a packet');
  const kind = word.text.toLowerCase();
  if (kind.startsWith('hex:')) return readHex(reader, word);
  switch (kind) {
    case 'tcp':
      return readTcp(reader);
    case 'udp':
      return readUdp(reader);
    case 'icmp':
    case 'icmp6':
    case 'icmpv6':
      return readIcmp(reader);
    case 'proto':
      return readRaw(reader);
    case 'srv6':
      return readSrv6(reader);
    case 'vxlan':
      return readVxlan(reader);
    default:
      return refuse(word.column, `"${word.text}" is no kind of packet`, `Begin with ${KINDS}`);
  }
}

/** `[syn] [ttl 2]`: words of a table, each at most once, up to the end or the colon of an inner packet. */
function readOptions(reader: Reader, kind: string, options: Readonly<Record<string, Option>>): Values {
  const values: Record<string, unknown> = {};
  for (let word = reader.coming; word !== undefined && word.text !== ':'; word = reader.coming) {
    const name = word.text.toLowerCase();
    const option = Object.hasOwn(options, name) ? options[name] : undefined;
    const hint = hints[kind] ?? '';
    if (option === undefined) return refuse(word.column, `"${word.text}" is nothing that ${kind} has`, hint);
    if (Object.hasOwn(values, name)) return refuse(word.column, `"${word.text}" stands here twice`, hint);
    reader.take(name);
    values[name] = option(reader, word);
  }
  return values;
}

/** `A > B`, both of one family. */
function readPair<End>(
  reader: Reader,
  kind: string,
  read: (word: Word) => End,
  addressIn: (end: End) => Uint8Array,
): [End, End] {
  const hint = hints[kind] ?? '';
  const source = read(reader.take('the source'));
  reader.expect('>', hint);
  const word = reader.take('the destination');
  const destination = read(word);
  const [from, to] = [addressIn(source), addressIn(destination)];
  if (from.length === to.length) return [source, destination];
  const [one, other] = from.length === 4 ? ['IPv4', 'IPv6'] : ['IPv6', 'IPv4'];
  return refuse(
    word.column,
    `The source is ${one} and ${formatAddress(to)} is ${other}`,
    'Both are of one family: what NAT64 clients ask for is an address in the translation prefix',
  );
}

const addresses = (reader: Reader, kind: string) => readPair(reader, kind, addressOf, (address) => address);
const endpoints = (reader: Reader, kind: string) => readPair(reader, kind, endpointOf, ({ address }) => address);

/** What all kinds share, from their options. */
function ipPart(source: Uint8Array, destination: Uint8Array, values: Values) {
  const { ttl = 64, tos = 0 } = values as { ttl?: number; tos?: number };
  return { source, destination, ttl, tos, df: values.df === true };
}

function withPorts(reader: Reader, kind: string, options: Readonly<Record<string, Option>>) {
  const [from, to] = endpoints(reader, kind);
  const values = readOptions(reader, kind, { ...common, ...length, ...options });
  const ports = { sourcePort: from.port, destinationPort: to.port };
  return {
    values,
    part: { ...ipPart(from.address, to.address, values), ...ports, length: (values.len ?? 0) as number },
  };
}

function readTcp(reader: Reader): Packet {
  const flagWords = Object.fromEntries(TCP_FLAGS.map((name) => [name, flag]));
  const { values, part } = withPorts(reader, 'tcp', { ...flagWords, noflags: flag, mss: number(0, 65_535) });
  const bits = TCP_FLAGS.reduce((sum, name, bit) => sum + (values[name] === true ? 1 << bit : 0), 0);
  const flags = bits === 0 && values.noflags !== true ? TCP_SYN : bits;
  return { kind: 'tcp', ...part, flags, ...(values.mss === undefined ? {} : { mss: values.mss as number }) };
}

function readUdp(reader: Reader): Packet {
  const { values, part } = withPorts(reader, 'udp', { nosum: flag });
  return { kind: 'udp', ...part, checksum: values.nosum !== true };
}

function readIcmp(reader: Reader): Packet {
  const word = reader.take('"echo" or "reply"');
  const kind = word.text.toLowerCase();
  if (kind !== 'echo' && kind !== 'reply')
    return refuse(word.column, `"${word.text}" is no ICMP message that can be written in words`, hints.icmp as string);
  const [source, destination] = addresses(reader, 'icmp');
  const values = readOptions(reader, 'icmp', { ...common, ...length, id: number(0, 65_535), seq: number(0, 65_535) });
  const { id = 1, seq = 1, len = 0 } = values as { id?: number; seq?: number; len?: number };
  return { kind, ...ipPart(source, destination, values), id, sequence: seq, length: len };
}

function readRaw(reader: Reader): Packet {
  const protocol = numberOf(reader.take('the protocol'), 0, 255);
  const [source, destination] = addresses(reader, 'proto');
  const values = readOptions(reader, 'proto', { ...common, ...length });
  return { kind: 'proto', ...ipPart(source, destination, values), protocol, length: (values.len ?? 0) as number };
}

function readInner(reader: Reader, kind: string): Packet {
  reader.expect(':', hints[kind] ?? '');
  return readPacket(reader);
}

/** `[a,b,c]` in the order of the visit. */
const segmentList: Option = (reader) => {
  const { text, column } = reader.until(']', 'a list of segments');
  if (!text.startsWith('['))
    return refuse(column, `"${text}" is no list of segments`, 'Write segs [2001:db8::1,2001:db8::2]');
  const inside = text.slice(1, -1);
  return inside === '' ? [] : inside.split(',').map((segment) => ipv6Of({ text: segment, column }));
};

function ipv6Of(word: Word): Uint8Array {
  const address = addressOf(word);
  return address.length === 16 ? address : refuse(word.column, `${word.text} is no IPv6 address`, hints.srv6 as string);
}

function readSrv6(reader: Reader): Packet {
  const [source, destination] = readPair(reader, 'srv6', ipv6Of, (address) => address);
  const { ttl, tos } = common;
  const values = readOptions(reader, 'srv6', { ttl, tos, segs: segmentList, left: number(0, 127) });
  const segments = (values.segs ?? []) as Uint8Array[];
  const left = (values.left ?? leftOf(segments, destination)) as number;
  const inner = readInner(reader, 'srv6');
  return { kind: 'srv6', ...ipPart(source, destination, values), segments, left, inner };
}

/** Segments Left when the packet is on its way to `destination`: one that is not listed was the first (RFC 8986 5.2). */
function leftOf(segments: readonly Uint8Array[], destination: Uint8Array): number {
  const names = segments.map(formatAddress);
  return segments.length === 0 ? 0 : segments.length - 1 - names.indexOf(formatAddress(destination));
}

function readVxlan(reader: Reader): Packet {
  const [source, destination] = addresses(reader, 'vxlan');
  const port = number(1, 65_535);
  const values = readOptions(reader, 'vxlan', { ...common, vni: number(0, 0xffffff), port, sport: port });
  const inner = readInner(reader, 'vxlan');
  const ports = {
    sourcePort: (values.sport ?? 50_000) as number,
    destinationPort: (values.port ?? VXLAN_PORT) as number,
  };
  return { kind: 'vxlan', ...ipPart(source, destination, values), ...ports, vni: (values.vni ?? 0) as number, inner };
}

function readHex(reader: Reader, word: Word): Packet {
  const digits = reader.rest(word).slice(4).replaceAll(/[\s:]/g, '');
  const hint = 'Write a whole IP packet, two hexadecimal digits a byte: hex:45 00 00 1c …';
  if (!/^([0-9a-f]{2})+$/i.test(digits)) return refuse(word.column, 'These are no bytes', hint);
  const bytes = Uint8Array.from(digits.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
  const version = (bytes[0] as number) >> 4;
  if (version !== 4 && version !== 6) return refuse(word.column, `The packet begins with version ${version}`, hint);
  if (bytes.length > MOST_HEX) return refuse(word.column, `The packet has more than ${MOST_HEX} bytes`, hint);
  return { kind: 'hex', bytes };
}
