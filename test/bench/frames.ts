/** The frames that the generator sends: a template, the fields that depend on the flow, and sums for the checksums. */
import { parseAddress, parseMac } from '../../appliance/model/address.ts';

/** A 16-bit field of the frame: `add + ((flow >> shift) & mask)`. Offsets in bytes from the front of the frame. */
export interface Field {
  readonly offset: number;
  readonly shift: number;
  readonly mask: number;
  readonly add: number;
  /** Which checksums it is a part of. */
  readonly inL3: boolean;
  readonly inL4: boolean;
}

/** A checksum to be written, and the sum of everything under it that no flow changes. */
export interface Sum {
  readonly offset: number;
  readonly base: number;
}

export interface Template {
  readonly frame: Uint8Array;
  readonly fields: readonly Field[];
  readonly l3?: Sum;
  readonly l4: Sum;
}

/** Where a frame comes from and goes to. */
export interface Ends {
  readonly destinationMac: string;
  readonly source: string;
  readonly destination: string;
  readonly sourcePort: number;
  readonly destinationPort: number;
  /**
   * `ports`: the source port has 15 bits of the flow, the sources 8 of them, and each further 32,768 flows have another
   * destination: flows that a NAT can tell apart without ever changing the port. `sources`: the same with further
   * sources, so that each flow is a binding of its own. `one`: all frames are of one flow.
   */
  readonly vary: 'ports' | 'sources' | 'one';
}

const ETHERNET = 14;
const UDP = 17;
const PAYLOAD = 22;
const PORT_MASK = 0x7fff;

/** One's complement sum of 16-bit words, in the byte order of the machine that the generator runs on (little). */
export function sumOf(bytes: Uint8Array): number {
  let sum = 0;
  for (let at = 0; at < bytes.length; at += 1) sum += (bytes[at] ?? 0) << (at % 2 === 0 ? 0 : 8);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return sum;
}

/** A UDP datagram with 22 bytes of payload: 64 bytes of frame with IPv4, 84 with IPv6. */
export function template(ends: Ends): Template {
  const source = parseAddress(ends.source);
  const destination = parseAddress(ends.destination);
  const mac = parseMac(ends.destinationMac);
  if (source === undefined || destination?.length !== source.length || mac === undefined)
    throw new RangeError(`${ends.source} and ${ends.destination} are not two addresses of one family, or no MAC`);
  const four = source.length === 4;
  const header = four ? 20 : 40;
  const l4 = ETHERNET + header;
  const frame = new Uint8Array(l4 + 8 + PAYLOAD);
  const view = new DataView(frame.buffer);
  frame.set(mac);
  frame.set([2, 0, 0, 0, 0, 1], 6);
  const addresses = ETHERNET + (four ? 12 : 8);
  if (four) {
    view.setUint16(12, 0x0800);
    frame.set([0x45, 0, 0, 20 + 8 + PAYLOAD, 0, 0, 0x40, 0, 64, UDP], ETHERNET);
  } else {
    view.setUint16(12, 0x86dd);
    frame.set([0x60, 0, 0, 0, 0, 8 + PAYLOAD, UDP, 64], ETHERNET);
  }
  frame.set(source, addresses);
  frame.set(destination, addresses + source.length);
  view.setUint16(l4, ends.sourcePort);
  view.setUint16(l4 + 2, ends.destinationPort);
  view.setUint16(l4 + 4, 8 + PAYLOAD);
  frame.set(
    Array.from({ length: PAYLOAD }, (_, index) => index),
    l4 + 8,
  );
  const fields = fieldsOf(ends, view, addresses, source.length, l4);
  // The sums are of the frame without what changes.
  const still = frame.slice();
  for (const { offset } of fields) still.fill(0, offset, offset + 2);
  const pseudo = Uint8Array.of(0, UDP, 0, 8 + PAYLOAD);
  const l4Sum = sumOf(Uint8Array.of(...still.subarray(addresses, l4), ...pseudo, ...still.subarray(l4)));
  return {
    frame,
    fields,
    ...(four ? { l3: { offset: ETHERNET + 10, base: sumOf(still.subarray(ETHERNET, l4)) } } : {}),
    l4: { offset: l4 + 6, base: l4Sum },
  };
}

function fieldsOf(ends: Ends, view: DataView, addresses: number, size: number, l4: number): Field[] {
  if (ends.vary === 'one') return [];
  const field = (offset: number, shift: number, mask: number): Field => {
    const inL3 = size === 4 && offset < l4;
    return { offset, shift, mask, add: view.getUint16(offset), inL3, inL4: true };
  };
  const source = addresses + size;
  const further = ends.vary === 'ports' ? source + size - 2 : source - 4;
  return [field(l4, 0, PORT_MASK), field(source - 2, 0, 0xff), field(further, 15, 0xff)];
}
