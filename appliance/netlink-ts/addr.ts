/** Addresses of links. linux/if_addr.h */
import { type Family, familyNumber, familyOf, parseAddress, parsePrefix } from './bytes.ts';
import {
  type AttributeTable,
  address,
  concat,
  decodeAttributes,
  encodeAttributes,
  littleEndian,
  type RawAttribute,
  raw,
  text,
  u8,
  u32,
  viewOf,
} from './codec.ts';
import { bitNames, names, present } from './names.ts';

export const RTM_NEWADDR = 20;
export const RTM_DELADDR = 21;
export const RTM_GETADDR = 22;

/** RT_SCOPE_ of linux/rtnetlink.h; shared with routes. */
export type Scope = 'global' | 'site' | 'link' | 'host' | 'nowhere';
export const scopes = names({ global: 0, site: 200, link: 253, host: 254, nowhere: 255 });

const flagNames = bitNames({
  /** Of IPv4; the bit means `temporary` for IPv6. */
  secondary: 0x1,
  noDad: 0x2,
  optimistic: 0x4,
  dadFailed: 0x8,
  home: 0x10,
  deprecated: 0x20,
  tentative: 0x40,
  permanent: 0x80,
  manageTemporary: 0x100,
  noPrefixRoute: 0x200,
  multicastAutoJoin: 0x400,
  stablePrivacy: 0x800,
});

const table = {
  address: [1, address],
  local: [2, address],
  label: [3, text],
  broadcast: [4, address],
  cacheInfo: [6, raw],
  flags: [8, u32],
  priority: [9, u32],
  protocol: [11, u8],
} as const satisfies AttributeTable;

/** `struct ifaddrmsg` {u8 family, u8 prefix length, u8 flags, u8 scope, u32 index}. */
const headSize = 8;
const forever = 0xffffffff;

export interface AddressFlags {
  readonly secondary?: boolean;
  readonly noDad?: boolean;
  readonly optimistic?: boolean;
  readonly dadFailed?: boolean;
  readonly home?: boolean;
  readonly deprecated?: boolean;
  readonly tentative?: boolean;
  readonly permanent?: boolean;
  readonly manageTemporary?: boolean;
  readonly noPrefixRoute?: boolean;
  readonly multicastAutoJoin?: boolean;
  readonly stablePrivacy?: boolean;
}

export interface Address {
  readonly family: Family;
  /** Index of the link. */
  readonly index: number;
  /** The link's own address without a length, `2001:db8::1`. */
  readonly local: string;
  readonly prefixLength: number;
  /** `local` and the length, as `addAddress` takes it. */
  readonly address: string;
  /** The other end, on point-to-point links only. */
  readonly peer?: string;
  readonly broadcast?: string;
  readonly label?: string;
  readonly scope: Scope | number;
  readonly flags: AddressFlags;
  /** Metric of the route that comes with the address. */
  readonly priority?: number;
  /** Who made it, IFAPROT_. */
  readonly protocol?: number;
  /** Seconds left; absent: for ever. */
  readonly validS?: number;
  readonly preferredS?: number;
  readonly unknown?: readonly RawAttribute[];
}

/** An address to be added. */
export interface NewAddress {
  readonly index: number;
  /** With its length: `192.0.2.1/24`. */
  readonly address: string;
  readonly peer?: string;
  readonly broadcast?: string;
  readonly label?: string;
  readonly scope?: Scope;
  readonly priority?: number;
  readonly protocol?: number;
  /** Usable at once, without duplicate address detection. */
  readonly noDad?: boolean;
  readonly noPrefixRoute?: boolean;
  readonly validS?: number;
  readonly preferredS?: number;
}

/** The body of RTM_NEWADDR or RTM_DELADDR; undefined for families other than IPv4 and IPv6. */
export function decodeAddress(body: Uint8Array): Address | undefined {
  const view = viewOf(body);
  const family = familyOf(view.getUint8(0));
  if (family === undefined) return undefined;
  const attributes = decodeAttributes(table, body.subarray(headSize));
  // For IPv6 without a peer there is IFA_ADDRESS only.
  const local = attributes.local ?? attributes.address;
  if (local === undefined) return undefined;
  const scope = view.getUint8(3);
  const prefixLength = view.getUint8(1);
  return present({
    family,
    index: view.getUint32(4, littleEndian),
    local,
    prefixLength,
    address: `${local}/${prefixLength}`,
    peer: attributes.address === local ? undefined : attributes.address,
    broadcast: attributes.broadcast,
    label: attributes.label,
    scope: scopes.nameOf(scope) ?? scope,
    flags: flagNames.decode(attributes.flags ?? view.getUint8(2)),
    priority: attributes.priority,
    protocol: attributes.protocol,
    ...decodeLifetimes(attributes.cacheInfo),
    unknown: attributes.unknown,
  });
}

/** `struct ifa_cacheinfo` {u32 preferred, u32 valid, u32 created, u32 updated}. */
function decodeLifetimes(bytes: Uint8Array | undefined): {
  validS?: number | undefined;
  preferredS?: number | undefined;
} {
  if (bytes === undefined) return {};
  const seconds = (offset: number): number | undefined => {
    const value = viewOf(bytes).getUint32(offset, littleEndian);
    return value === forever ? undefined : value;
  };
  return { preferredS: seconds(0), validS: seconds(4) };
}

function encodeLifetimes(validS: number = forever, preferredS: number = validS): Uint8Array {
  return concat([u32.encode(preferredS), u32.encode(validS), new Uint8Array(8)]);
}

/**
 * Body of RTM_NEWADDR or RTM_DELADDR.
 *
 * @throws TypeError, RangeError for what cannot be encoded
 */
export function encodeAddress(spec: NewAddress): Uint8Array {
  const { family, length } = parsePrefix(spec.address);
  const local = spec.address.replace(/\/.*/, '');
  const head = new DataView(new ArrayBuffer(headSize));
  head.setUint8(0, familyNumber(family));
  head.setUint8(1, length);
  head.setUint8(3, scopes.valueOf(spec.scope ?? 'global'));
  head.setUint32(4, spec.index, littleEndian);
  const flags = flagNames.encode({ noDad: spec.noDad, noPrefixRoute: spec.noPrefixRoute });
  head.setUint8(2, flags & 0xff);
  for (const other of [spec.peer, spec.broadcast]) {
    if (other !== undefined && parseAddress(other).length !== (family === 4 ? 4 : 16))
      throw new TypeError(`"${other}" and "${spec.address}" are of different families`);
  }
  return concat([
    new Uint8Array(head.buffer),
    encodeAttributes(table, {
      local,
      address: spec.peer ?? local,
      broadcast: spec.broadcast,
      label: spec.label,
      priority: spec.priority,
      protocol: spec.protocol,
      flags: flags > 0xff ? flags : undefined,
      cacheInfo:
        spec.validS === undefined && spec.preferredS === undefined
          ? undefined
          : encodeLifetimes(spec.validS, spec.preferredS),
    }),
  ]);
}

/** Body of RTM_GETADDR: all, or those of a family or a link (checked strictly by the kernel). */
export function encodeAddressQuery(filter: { readonly family?: Family; readonly index?: number }): Uint8Array {
  const head = new DataView(new ArrayBuffer(headSize));
  head.setUint8(0, filter.family === undefined ? 0 : familyNumber(filter.family));
  head.setUint32(4, filter.index ?? 0, littleEndian);
  return new Uint8Array(head.buffer);
}
