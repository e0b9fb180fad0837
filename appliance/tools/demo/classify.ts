/** Which frames are the demonstration's, on the client's cable and on the server's. */
import { equalBytes, formatAddress, parseAddress } from '../../model/address.ts';
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

/** On the client's cable: between the client and the server as it names it. */
export function atClient(scene: Scene): Classifier {
  const client = address(scene.clientAddress);
  const target = address(scene.target);
  return {
    sourceOf,
    direct: (packet) => {
      const found = addressesOf(packet);
      if (found === undefined) return 'other';
      if (equalBytes(found.source, client) && equalBytes(found.destination, target)) return 'out';
      return equalBytes(found.source, target) && equalBytes(found.destination, client) ? 'back' : 'other';
    },
  };
}

/**
 * On the server's cable: between the server and an address that it may see the client with. What comes from another one,
 * or carries the server's name of the inside, was let through as it was: `foreign`.
 */
export function atServer(scene: Scene): Classifier {
  const server = address(scene.serverAddress);
  const seenAs = scene.seenAs.map(address);
  const inside = [scene.clientAddress, scene.target].map(address).filter((one) => !equalBytes(one, server));
  const isSeen = (bytes: Uint8Array): boolean => seenAs.some((one) => equalBytes(one, bytes));
  return {
    sourceOf,
    direct: (packet) => {
      const found = addressesOf(packet);
      if (found === undefined) return 'other';
      const { source, destination } = found;
      if (isSeen(source) && equalBytes(destination, server)) return 'out';
      if (equalBytes(source, server) && isSeen(destination)) return 'back';
      if ([source, destination].some((end) => inside.some((one) => equalBytes(end, one)))) return 'foreign';
      return equalBytes(destination, server) && source.length === server.length ? 'foreign' : 'other';
    },
  };
}
