/** What the words about a trace are made of. */
import type { Adjacency, Sid, TraceStep, Tunnel, Tuple } from '../dataplane/layout.gen.ts';
import { formatAddress } from '../model/address.ts';
import { formatEndpoint } from '../model/endpoint.ts';

/** Names of the configuration by the numbers that the data path has. */
export interface TraceNames {
  port(number: number): string | undefined;
  /** Of NAT64 an instance, of egress a pool. */
  instance(feature: string, id: number): string;
  /** Of egress. */
  policy(number: number): string;
  /** A tenant, or a slot. */
  table(number: number): string;
}

/** Everything about one run. */
export interface TraceView {
  readonly names: TraceNames;
  /** IP packets: what came in, and what was left behind. */
  readonly input: Uint8Array;
  readonly output: Uint8Array;
  readonly steps: readonly TraceStep[];
  /** MAC address of the next hop; undefined: not resolved. */
  readonly neighbour: string | undefined;
  sid(number: number): Sid | undefined;
  /** @param key as steps have it */
  tunnel(key: number): Tunnel | undefined;
  adjacency(number: number): Adjacency | undefined;
  /** Bytes of the Ethernet header of frames of a port. */
  linkBytes(port: number): number;
}

/** Name of a port of the data path. */
export function portText({ names }: TraceView, number: number): string {
  return names.port(number) ?? `port ${number}`;
}

/** The bytes of the four words of an address. */
function bytesOf(words: readonly number[], family: number): Uint8Array {
  const bytes = new Uint8Array(family === 6 ? 16 : 4);
  const view = new DataView(bytes.buffer);
  for (let i = 0; i < bytes.length / 4; i += 1) view.setUint32(i * 4, words[i] ?? 0);
  return bytes;
}

/** The address in four words. */
export function addressText(words: readonly number[], family: number): string {
  return formatAddress(bytesOf(words, family));
}

/** `198.51.100.80:443`; the address alone when it has no port. */
export function endText(words: readonly number[], port: number, family: number): string {
  return port === 0 ? addressText(words, family) : formatEndpoint({ address: bytesOf(words, family), port });
}

export const sourceOf = (tuple: Tuple, family: number): string => endText(tuple.src, tuple.sport, family);
export const destinationOf = (tuple: Tuple, family: number): string => endText(tuple.dst, tuple.dport, family);
