/** Words of a packet's text, and the errors that point at them. */
import { parseAddress, parseIPv4, parseIPv6 } from '../model/address.ts';
import { formatEndpoint } from '../model/endpoint.ts';
import { SixgateError } from '../model/errors.ts';

/** A word and where it begins, in UTF-16 units from 1. */
export interface Word {
  readonly text: string;
  readonly column: number;
}

/** @returns never: the packet's text is wrong at this column */
export function refuse(column: number, sentence: string, hint: string): never {
  throw new SixgateError('TRACE_PACKET', sentence, { at: { line: 1, column }, hint });
}

/** Goes through the words of a text. */
export class Reader {
  readonly #text: string;
  readonly #words: readonly Word[];
  #next = 0;

  constructor(text: string) {
    this.#text = text;
    this.#words = [...text.matchAll(/\S+/g)].map(({ 0: word, index }) => ({ text: word, column: index + 1 }));
  }

  /** The word to come, which is not taken. */
  get coming(): Word | undefined {
    return this.#words[this.#next];
  }

  /** Takes a word. @param what it should be, for the error when there is none */
  take(what: string): Word {
    const word = this.#words[this.#next];
    if (word === undefined) return refuse(this.#text.trimEnd().length + 1, `The packet ends where ${what} belongs`, '');
    this.#next += 1;
    return word;
  }

  /** Takes this very word. */
  expect(text: string, hint: string): void {
    const word = this.take(`"${text}"`);
    if (word.text !== text) refuse(word.column, `"${word.text}" stands where "${text}" belongs`, hint);
  }

  /** Takes everything that is left. */
  rest(from: Word): string {
    this.#next = this.#words.length;
    return this.#text.slice(from.column - 1);
  }

  /** Takes words until one ends with this letter, and gives them without blanks between. */
  until(letter: string, what: string): Word {
    const first = this.take(what);
    let text = first.text;
    while (!text.endsWith(letter)) text += this.take(`"${letter}"`).text;
    return { text, column: first.column };
  }
}

/** A number in decimal, or hexadecimal behind 0x. */
export function numberOf(word: Word, least: number, most: number): number {
  const value = /^(\d{1,8}|0x[0-9a-f]{1,6})$/i.test(word.text) ? Number(word.text) : Number.NaN;
  if (value >= least && value <= most) return value;
  return refuse(word.column, `"${word.text}" is no number from ${least} to ${most}`, '');
}

/** An address without a port. */
export function addressOf(word: Word): Uint8Array {
  const address = parseAddress(word.text.replace(/^\[(.*)\]$/, '$1'));
  if (address !== undefined) return address;
  return refuse(word.column, `"${word.text}" is no address`, 'Write one such as 198.51.100.80 or 2001:db8::42');
}

/**
 * `198.51.100.80:443`, `[2001:db8::42]:443` or `2001:db8::42:443`: behind an IPv6 address without brackets the last
 * number is the port.
 */
export function endpointOf(word: Word): { readonly address: Uint8Array; readonly port: number } {
  const { text, column } = word;
  const cut = text.lastIndexOf(':');
  const bare = text.slice(0, Math.max(cut, 0)).replace(/^\[(.*)\]$/, '$1');
  const address = text.startsWith('[') ? parseIPv6(bare) : bare.includes(':') ? parseIPv6(bare) : parseIPv4(bare);
  const port = text.slice(cut + 1);
  if (address !== undefined && /^\d{1,5}$/.test(port)) {
    if (Number(port) <= 65_535) return { address, port: Number(port) };
    return refuse(column + cut + 1, `${port} is no port`, 'Ports go from 0 to 65535');
  }
  const whole = parseAddress(text.replace(/^\[(.*)\]$/, '$1'));
  if (whole !== undefined) {
    return refuse(column, `"${text}" has no port`, `Write ${formatEndpoint({ address: whole, port: 443 })}`);
  }
  return refuse(column, `"${text}" is no address with a port`, 'Write 198.51.100.80:443 or [2001:db8::42]:443');
}
