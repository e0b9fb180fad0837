/** Which frames are the demonstration's, on the client's cable and on the server's. */
import { contains, equalBytes, formatAddress, type Prefix, parseAddress, parsePrefix } from '../../model/address.ts';
import type { Classifier } from './capture.ts';
import type { Scene } from './scenes.ts';

interface Addresses {
  readonly source: Uint8Array;
  readonly destination: Uint8Array;
}

/** Source and destination of an IP packet (RFC 791 3.1, RFC 8200 3); undefined for anything else, such as ARP. */
function addressesOf(packet: Uint8Array): Addresses | undefined {
  const version = (packet[0] ?? 0) >> 4;
  if (version === 4 && packet.length >= 20)
    return { source: packet.subarray(12, 16), destination: packet.subarray(16, 20) };
  if (version === 6 && packet.length >= 40)
    return { source: packet.subarray(8, 24), destination: packet.subarray(24, 40) };
  return undefined;
}

const sourceOf = (packet: Uint8Array): string => formatAddress(addressesOf(packet)?.source ?? new Uint8Array(4));

function address(text: string): Uint8Array {
  const bytes = parseAddress(text);
  if (bytes === undefined) throw new Error(`${text} is no address`);
  return bytes;
}

function prefix(text: string): Prefix {
  const parsed = parsePrefix(text);
  if (parsed === undefined) throw new Error(`${text} is no prefix`);
  return parsed;
}

/** On the client's cable: between the client and addresses within pool6. */
export function atClient(scene: Scene): Classifier {
  const client = address(scene.clientAddress);
  const pool6 = prefix(scene.pool6);
  return {
    sourceOf,
    direct: (packet) => {
      const found = addressesOf(packet);
      if (found === undefined) return 'other';
      if (equalBytes(found.source, client) && contains(pool6, found.destination)) return 'out';
      return contains(pool6, found.source) && equalBytes(found.destination, client) ? 'back' : 'other';
    },
  };
}

/**
 * On the server's cable: between a pool address and the server. What carries an address of the inside, or comes from
 * another IPv4 address than a pool's, was let through untranslated: `foreign`.
 */
export function atServer(scene: Scene): Classifier {
  const server = address(scene.serverAddress);
  const pool4 = scene.pool4.map(address);
  const client = address(scene.clientAddress);
  const pool6 = prefix(scene.pool6);
  const isPool = (bytes: Uint8Array): boolean => pool4.some((one) => equalBytes(one, bytes));
  return {
    sourceOf,
    direct: (packet) => {
      const found = addressesOf(packet);
      if (found === undefined) return 'other';
      const { source, destination } = found;
      if (isPool(source) && equalBytes(destination, server)) return 'out';
      if (equalBytes(source, server) && isPool(destination)) return 'back';
      const ends = [source, destination];
      if (ends.some((end) => equalBytes(end, client) || contains(pool6, end))) return 'foreign';
      return equalBytes(destination, server) ? 'foreign' : 'other';
    },
  };
}
