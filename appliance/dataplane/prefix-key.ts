/** Keys of the tries that hold prefixes by rule set and table. */

/** A prefix as tries have it: first address in 4 or 16 bytes of network order, and length in bits. */
export interface PrefixBytes {
  readonly bytes: Uint8Array;
  readonly length: number;
}

/** The key; set and table stand before the address and are always matched whole. `addr` is one word, or four. */
export function prefixKey({ bytes, length }: PrefixBytes, set: number, table: number) {
  const words = wordsOf(bytes);
  return { prefixlen: 32 + length, set, table, addr: bytes.length === 4 ? (words[0] as number) : words };
}

/** One text for each key of a map, whatever the set. */
export function prefixText(map: string, { bytes, length }: PrefixBytes, table: number): string {
  return `${map} ${table} ${Buffer.from(bytes).toString('hex')}/${length}`;
}

/** The four words of an address, as `__be32[4]` holds them; an IPv4 address stands in the first. */
export function wordsOf(address: Uint8Array): number[] {
  const view = new DataView(address.buffer, address.byteOffset, address.byteLength);
  return [0, 4, 8, 12].map((offset) => (offset < address.length ? view.getUint32(offset) : 0));
}
