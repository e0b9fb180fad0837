import type { Config, Facts } from '../../contract/feature.ts';
import { deviceOf, type InterfaceConfig, rolesOf } from '../../contract/interfaces.ts';
import { contains, formatAddress, type Prefix, parseAddress, parsePrefix } from '../../model/address.ts';
import type { SidConfig } from './schema.ts';

/** Addresses of an interface with their lengths: those of the document, and behind them those that its device has. */
export function addressesOf(name: string, iface: InterfaceConfig, facts: Facts | undefined): Prefix[] {
  const device = facts?.links.find((link) => link.name === deviceOf(name, iface));
  return [...(iface.addresses ?? []), ...(device?.addresses ?? [])]
    .map(parsePrefix)
    .filter((prefix) => prefix !== undefined);
}

/** Whether an address is fe80::/10. */
export function isLinkLocal(address: Uint8Array): boolean {
  return address.length === 16 && address[0] === 0xfe && ((address[1] as number) & 0xc0) === 0x80;
}

/**
 * The interface of a SID's next hop: the one that it names, else the only one whose network has the next hop.
 * @returns names of all that it can be
 */
export function interfacesOfSid(config: Config, sid: SidConfig, facts: Facts | undefined): string[] {
  if (sid.interface !== undefined) return [sid.interface];
  const via = sid.via === undefined ? undefined : parseAddress(sid.via);
  if (via === undefined || isLinkLocal(via)) return [];
  return Object.entries(config.interfaces ?? {})
    .filter(([, iface]) => rolesOf(iface).some((role) => role !== 'management'))
    .filter(([name, iface]) => addressesOf(name, iface, facts).some((prefix) => contains(prefix, via)))
    .map(([name]) => name);
}

/** Outer source where the document names none: the first IPv6 address of a core interface that is not link-local. */
export function defaultSource(config: Config, facts: Facts | undefined): Uint8Array | undefined {
  for (const [name, iface] of Object.entries(config.interfaces ?? {})) {
    if (!rolesOf(iface).includes('core')) continue;
    const found = addressesOf(name, iface, facts).find(({ family, bytes }) => family === 6 && !isLinkLocal(bytes));
    if (found !== undefined) return found.bytes;
  }
  return undefined;
}

/** Whether the box has an address: in the document, or where it is known, in the kernel. */
export function hasAddress(config: Config, address: Uint8Array, facts: Facts | undefined): boolean {
  const text = formatAddress(address);
  return (
    (facts?.localAddresses ?? []).includes(text) ||
    Object.entries(config.interfaces ?? {}).some(([name, iface]) =>
      addressesOf(name, iface, facts).some(({ bytes }) => formatAddress(bytes) === text),
    )
  );
}
