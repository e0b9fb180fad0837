import { parseAddress, parsePrefix } from '../model/address.ts';
import { parseAddressSet } from '../model/address-set.ts';
import { parseDuration } from '../model/duration.ts';
import { parseEndpoint } from '../model/endpoint.ts';
import { parsePortRange } from '../model/ports.ts';

/** A text form of a value: JSON Schema's `format`, with the words that an error needs. */
export interface TextFormat {
  readonly name: string;
  /** What the value is, after "is not": `an address`. */
  readonly noun: string;
  /** How it is written, as a sentence without its full stop. */
  readonly right: string;
  readonly valid: (text: string) => boolean;
  /** Why this very text is wrong, when that can be said more exactly than "is not NOUN". */
  readonly why?: (text: string) => string | undefined;
}

/** Every text form of the configuration and the API; ajv, fastify and the guide read this list. */
export const textFormats: readonly TextFormat[] = [
  {
    name: 'ip-address',
    noun: 'an address',
    right: 'Write an IPv4 or IPv6 address, such as 198.51.100.1 or 2001:db8::1',
    valid: (text) => parseAddress(text) !== undefined,
    why: whyNoAddress,
  },
  {
    name: 'ip-prefix',
    noun: 'a prefix',
    right: 'Write ADDRESS/LENGTH, such as 64:ff9b::/96 or 10.0.0.0/8',
    valid: (text) => parsePrefix(text) !== undefined,
    why: whyNoPrefix,
  },
  {
    name: 'interface-address',
    noun: 'an address with a prefix length',
    right: 'Write ADDRESS/LENGTH, such as 198.51.100.2/24 or 2001:db8:1::1/64',
    valid: (text) => parsePrefix(text) !== undefined,
    why: whyNoPrefix,
  },
  {
    name: 'route-destination',
    noun: 'a destination',
    right: 'Write default or ADDRESS/LENGTH, such as 10.20.0.0/16',
    valid: (text) => text === 'default' || parsePrefix(text) !== undefined,
    why: whyNoPrefix,
  },
  {
    name: 'address-set',
    noun: 'a set of addresses',
    right: 'Write a prefix, a range or one address: 203.0.113.16/28, 203.0.113.40-203.0.113.43, 203.0.113.40',
    valid: (text) => parseAddressSet(text) !== undefined,
    why: whyNoSet,
  },
  {
    name: 'duration',
    noun: 'a duration',
    right: 'Write whole numbers with units (d, h, m, s, ms), larger ones first: 5m, 2h4m, 100ms',
    valid: (text) => parseDuration(text) !== undefined,
    why: (text) => (/^\d+$/.test(text) ? `"${text}" has no unit` : undefined),
  },
  {
    name: 'port-range',
    noun: 'a port range',
    right: 'Write FIRST-LAST with 1 <= FIRST <= LAST <= 65535, such as 1024-65535',
    valid: (text) => parsePortRange(text) !== undefined,
    why: whyNoPorts,
  },
  {
    name: 'endpoint',
    noun: 'an address with a port',
    right: 'Write ADDRESS:PORT, such as 203.0.113.100:22 or [2001:db8::1]:22',
    valid: (text) => parseEndpoint(text) !== undefined,
  },
];

function whyNoAddress(text: string): string | undefined {
  if (text.includes('/')) return `"${text}" has a prefix length, and here stands an address alone`;
  if (text.includes('%')) return `"${text}" has a zone, and no zones are used here`;
  const octets = text.split('.');
  if (octets.length !== 4 || !octets.every((octet) => /^\d+$/.test(octet))) return undefined;
  const large = octets.find((octet) => Number(octet) > 255);
  if (large !== undefined) return `"${text}" is not an address: ${large} is over 255`;
  const padded = octets.find((octet) => /^0\d/.test(octet));
  return padded === undefined
    ? undefined
    : `"${text}" is not an address: ${padded} starts with a zero, which some read as octal`;
}

function whyNoPrefix(text: string): string | undefined {
  const [address = '', length, ...more] = text.split('/');
  const bytes = parseAddress(address);
  if (bytes === undefined) return whyNoAddress(address);
  if (length === undefined) return `"${text}" has no prefix length`;
  if (more.length > 0 || !/^\d+$/.test(length)) return undefined;
  if (/^0\d/.test(length)) return `"${text}" is not a prefix: ${length} starts with a zero`;
  return `"${text}" is not a prefix: an IPv${bytes.length === 4 ? 4 : 6} length is 0 to ${bytes.length * 8}`;
}

function whyNoSet(text: string): string | undefined {
  if (text.includes('/')) return whyNoPrefix(text);
  const [from = '', to, ...more] = text.split('-');
  if (to === undefined || more.length > 0) return whyNoAddress(from);
  const first = parseAddress(from);
  const last = parseAddress(to);
  if (first === undefined) return whyNoAddress(from);
  if (last === undefined) return whyNoAddress(to);
  return first.length === last.length
    ? `"${text}" ends before it begins`
    : `"${text}" begins and ends in different address families`;
}

function whyNoPorts(text: string): string | undefined {
  const match = /^(\d+)(?:-(\d+))?$/.exec(text);
  if (match === null) return undefined;
  const [first, last] = [Number(match[1]), Number(match[2] ?? match[1])];
  if (last > 65535) return `"${text}" is not a port range: ${last} is over 65535`;
  if (first < 1) return `"${text}" is not a port range: port 0 is no port`;
  return first > last ? `"${text}" ends before it begins` : undefined;
}
