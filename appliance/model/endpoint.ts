import { formatAddress, parseIPv4, parseIPv6 } from './address.ts';

/** A transport address: 4 or 16 bytes in network order, and a port. */
export interface Endpoint {
  readonly address: Uint8Array;
  readonly port: number;
}

/** `203.0.113.100:22`, `[2001:db8::1]:22` (RFC 5952 section 6) → endpoint; undefined for anything else. */
export function parseEndpoint(text: string): Endpoint | undefined {
  const match = /^(?:\[([^\]]+)\]|([^:[\]]+)):([1-9]\d{0,4})$/.exec(text);
  if (match === null) return undefined;
  const address = match[1] === undefined ? parseIPv4(match[2] as string) : parseIPv6(match[1]);
  const port = Number(match[3]);
  return address === undefined || port > 65_535 ? undefined : { address, port };
}

/** The text that `parseEndpoint` reads back. */
export function formatEndpoint({ address, port }: Endpoint): string {
  const text = formatAddress(address);
  return address.length === 4 ? `${text}:${port}` : `[${text}]:${port}`;
}
