/** Routes. linux/rtnetlink.h */
import { type Scope, scopes } from './addr.ts';
import { type Family, familyNumber, familyOf, formatAddress, parseAddress, parsePrefix } from './bytes.ts';
import {
  type AttributeTable,
  address,
  concat,
  type Decoded,
  decodeAttributes,
  encodeAttributes,
  type Kind,
  littleEndian,
  nest,
  nested,
  type RawAttribute,
  raw,
  u8,
  u16,
  u32,
  viewOf,
} from './codec.ts';
import { decodeEncap, type Encap, encodeEncap } from './encap.ts';
import { bitNames, names, present } from './names.ts';

export const RTM_NEWROUTE = 24;
export const RTM_DELROUTE = 25;
export const RTM_GETROUTE = 26;

/** RT_TABLE_ */
export const mainTable = 254;
/** RTPROT_STATIC: put there by an administrator. */
const staticProtocol = 4;

export type RouteType =
  | 'unicast'
  | 'local'
  | 'broadcast'
  | 'anycast'
  | 'multicast'
  | 'blackhole'
  | 'unreachable'
  | 'prohibit'
  | 'throw';

const types = names({
  unicast: 1,
  local: 2,
  broadcast: 3,
  anycast: 4,
  multicast: 5,
  blackhole: 6,
  unreachable: 7,
  prohibit: 8,
  throw: 9,
});

const hopFlags = bitNames({ dead: 1, pervasive: 2, onLink: 4, offload: 8, linkDown: 16, unresolved: 32, trap: 64 });

/** RTA_VIA, `struct rtvia` {u16 family, address}: a next hop of another family than the route (RFC 5549). */
const via: Kind<string> = {
  decode: (bytes) => formatAddress(bytes.subarray(2)),
  encode: (value) => {
    const bytes = parseAddress(value);
    return concat([u16.encode(familyNumber(bytes.length === 4 ? 4 : 6)), bytes]);
  },
};

const metricsTable = { mtu: [2, u32], advertisedMss: [8, u32], hopLimit: [10, u32] } as const satisfies AttributeTable;

const table = {
  destination: [1, address],
  source: [2, address],
  index: [4, u32],
  gateway: [5, address],
  priority: [6, u32],
  preferredSource: [7, address],
  metrics: [8, nested(metricsTable)],
  multipath: [9, raw],
  cacheInfo: [12, raw],
  table: [15, u32],
  via: [18, via],
  preference: [20, u8],
  encapType: [21, u16],
  encap: [22, nest],
  nextHopId: [30, u32],
} as const satisfies AttributeTable;

/** `struct rtmsg` {u8 family, dst_len, src_len, tos, table, protocol, scope, type, u32 flags}. */
const headSize = 12;
/** `struct rtnexthop` {u16 length, u8 flags, u8 weight - 1, s32 index}. */
const hopSize = 8;

export interface HopFlags {
  readonly dead?: boolean;
  readonly pervasive?: boolean;
  readonly onLink?: boolean;
  readonly offload?: boolean;
  readonly linkDown?: boolean;
  readonly unresolved?: boolean;
  readonly trap?: boolean;
}

/** One way of a multipath route. */
export interface NextHop {
  readonly via?: string;
  /** Index of the link. */
  readonly index?: number;
  /** 1 to 256. */
  readonly weight: number;
  readonly flags: HopFlags;
  readonly encap?: Encap;
}

export interface Route {
  readonly family: Family;
  readonly table: number;
  /** With its length; `0.0.0.0/0` or `::/0` for the default. */
  readonly destination: string;
  /** IPv6 source-specific routes only. */
  readonly source?: string;
  readonly type: RouteType | number;
  /** Who made it, RTPROT_: 2 kernel, 3 boot, 4 static, 186 BGP, … */
  readonly protocol: number;
  readonly scope: Scope | number;
  /** The metric; 0 when the kernel tells none. */
  readonly priority: number;
  readonly tos: number;
  readonly via?: string;
  readonly index?: number;
  readonly preferredSource?: string;
  readonly mtu?: number;
  readonly advertisedMss?: number;
  readonly hopLimit?: number;
  readonly flags: HopFlags;
  readonly nextHops?: readonly NextHop[];
  readonly nextHopId?: number;
  /** Router preference of RFC 4191: 0 medium, 1 high, 3 low. */
  readonly preference?: number;
  readonly encap?: Encap;
  readonly unknown?: readonly RawAttribute[];
}

/** A way of a route to be added. */
export interface NewNextHop {
  readonly via?: string;
  readonly index?: number;
  readonly weight?: number;
  readonly onLink?: boolean;
  readonly encap?: Encap;
}

/** A route to be added, or enough of one to delete it. */
export interface NewRoute extends NewNextHop {
  /** With its length; `0.0.0.0/0` or `::/0` for the default. Host bits are refused by the kernel. */
  readonly destination: string;
  readonly source?: string;
  /** `unicast` unless told. */
  readonly type?: RouteType;
  /** 254 (main) unless told. */
  readonly table?: number;
  /** The metric; IPv6 makes 1024 of 0. */
  readonly priority?: number;
  /** RTPROT_; static (4) unless told. Deleting: any, unless told. */
  readonly protocol?: number;
  readonly scope?: Scope;
  readonly preferredSource?: string;
  readonly mtu?: number;
  /** Instead of `via` and `index`. */
  readonly nextHops?: readonly NewNextHop[];
  /** Id of a next hop object, instead of all of those. */
  readonly nextHopId?: number;
}

type Attributes = Decoded<typeof table>;

function encapOf({ encapType, encap }: Attributes): Encap | undefined {
  return encapType === undefined || encap === undefined ? undefined : decodeEncap(encapType, encap);
}

/** The body of RTM_NEWROUTE or RTM_DELROUTE; undefined for families other than IPv4 and IPv6. */
export function decodeRoute(body: Uint8Array): Route | undefined {
  const view = viewOf(body);
  const family = familyOf(view.getUint8(0));
  if (family === undefined) return undefined;
  const attributes = decodeAttributes(table, body.subarray(headSize));
  const any = family === 4 ? '0.0.0.0' : '::';
  const sourceLength = view.getUint8(2);
  const scope = view.getUint8(6);
  const type = view.getUint8(7);
  return present({
    family,
    table: attributes.table ?? view.getUint8(4),
    destination: `${attributes.destination ?? any}/${view.getUint8(1)}`,
    source: sourceLength === 0 ? undefined : `${attributes.source ?? any}/${sourceLength}`,
    type: types.nameOf(type) ?? type,
    protocol: view.getUint8(5),
    scope: scopes.nameOf(scope) ?? scope,
    priority: attributes.priority ?? 0,
    tos: view.getUint8(3),
    via: attributes.gateway ?? attributes.via,
    index: attributes.index,
    preferredSource: attributes.preferredSource,
    mtu: attributes.metrics?.mtu,
    advertisedMss: attributes.metrics?.advertisedMss,
    hopLimit: attributes.metrics?.hopLimit,
    flags: hopFlags.decode(view.getUint32(8, littleEndian) & 0xff),
    nextHops: attributes.multipath === undefined ? undefined : decodeNextHops(attributes.multipath),
    nextHopId: attributes.nextHopId,
    preference: attributes.preference,
    encap: encapOf(attributes),
    unknown: attributes.unknown,
  });
}

function decodeNextHops(bytes: Uint8Array): NextHop[] {
  const view = viewOf(bytes);
  const hops: NextHop[] = [];
  for (let at = 0; at + hopSize <= bytes.length; ) {
    const length = view.getUint16(at, littleEndian);
    if (length < hopSize || at + length > bytes.length)
      throw new RangeError(`next hop of ${length} bytes where ${bytes.length - at} are left`);
    const attributes = decodeAttributes(table, bytes.subarray(at + hopSize, at + length));
    const index = view.getInt32(at + 4, littleEndian);
    hops.push(
      present({
        via: attributes.gateway ?? attributes.via,
        index: index === 0 ? undefined : index,
        weight: view.getUint8(at + 3) + 1,
        flags: hopFlags.decode(view.getUint8(at + 2)),
        encap: encapOf(attributes),
      }),
    );
    at += (length + 3) & ~3;
  }
  return hops;
}

function hopAttributes(hop: NewNextHop, family: Family) {
  const sameFamily = hop.via === undefined || parseAddress(hop.via).length === (family === 4 ? 4 : 16);
  return {
    gateway: sameFamily ? hop.via : undefined,
    via: sameFamily ? undefined : hop.via,
    ...(hop.encap && encodeEncap(hop.encap)),
  };
}

function encodeNextHops(hops: readonly NewNextHop[], family: Family): Uint8Array {
  return concat(
    hops.map((hop) => {
      const { weight = 1 } = hop;
      if (!Number.isInteger(weight) || weight < 1 || weight > 256)
        throw new RangeError(`a weight of ${weight} is not from 1 to 256`);
      const attributes = encodeAttributes(table, hopAttributes(hop, family));
      const head = new DataView(new ArrayBuffer(hopSize));
      head.setUint16(0, hopSize + attributes.length, littleEndian);
      head.setUint8(2, hopFlags.encode({ onLink: hop.onLink }));
      head.setUint8(3, weight - 1);
      head.setInt32(4, hop.index ?? 0, littleEndian);
      return concat([new Uint8Array(head.buffer), attributes]);
    }),
  );
}

/** As iproute2 guesses: what is reached directly has link scope (IPv4; IPv6 does not care). */
function defaultScope(route: NewRoute, family: Family): Scope {
  if (family === 6) return 'global';
  if (route.type === 'local') return 'host';
  const indirect = route.via !== undefined || route.nextHops !== undefined || route.nextHopId !== undefined;
  return (route.type ?? 'unicast') === 'unicast' && !indirect ? 'link' : 'global';
}

/**
 * Body of RTM_NEWROUTE or RTM_DELROUTE. For deletion scope and protocol match anything unless told.
 *
 * @throws TypeError, RangeError for what cannot be encoded
 */
export function encodeRoute(route: NewRoute, purpose: 'add' | 'delete'): Uint8Array {
  const { family, bytes, length } = parsePrefix(route.destination);
  const source = route.source === undefined ? undefined : parsePrefix(route.source);
  const tableId = route.table ?? mainTable;
  const adds = purpose === 'add';
  const head = new DataView(new ArrayBuffer(headSize));
  head.setUint8(0, familyNumber(family));
  head.setUint8(1, length);
  head.setUint8(2, source?.length ?? 0);
  head.setUint8(4, tableId < 256 ? tableId : 0);
  head.setUint8(5, route.protocol ?? (adds ? staticProtocol : 0));
  head.setUint8(6, scopes.valueOf(route.scope ?? (adds || family === 6 ? defaultScope(route, family) : 'nowhere')));
  // For deletion 0 is any type.
  head.setUint8(7, route.type === undefined && !adds ? 0 : types.valueOf(route.type ?? 'unicast'));
  head.setUint32(8, hopFlags.encode({ onLink: route.onLink }), littleEndian);
  return concat([
    new Uint8Array(head.buffer),
    encodeAttributes(table, {
      destination: length === 0 ? undefined : formatAddress(bytes),
      source: source === undefined ? undefined : formatAddress(source.bytes),
      ...hopAttributes(route, family),
      priority: route.priority,
      index: route.index,
      preferredSource: route.preferredSource,
      metrics: route.mtu === undefined ? undefined : { mtu: route.mtu },
      multipath: route.nextHops === undefined ? undefined : encodeNextHops(route.nextHops, family),
      nextHopId: route.nextHopId,
      table: tableId < 256 ? undefined : tableId,
    }),
  ]);
}

/** Which routes to read; the kernel filters (NETLINK_GET_STRICT_CHK). */
export interface RouteFilter {
  readonly family: Family;
  readonly table?: number;
  readonly protocol?: number;
  readonly type?: RouteType;
  /** Index of the link they leave by. */
  readonly index?: number;
}

/** Body of RTM_GETROUTE for a dump. */
export function encodeRouteQuery(filter: RouteFilter): Uint8Array {
  const head = new DataView(new ArrayBuffer(headSize));
  head.setUint8(0, familyNumber(filter.family));
  head.setUint8(5, filter.protocol ?? 0);
  head.setUint8(7, filter.type === undefined ? 0 : types.valueOf(filter.type));
  return concat([new Uint8Array(head.buffer), encodeAttributes(table, { table: filter.table, index: filter.index })]);
}
