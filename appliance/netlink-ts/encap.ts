/**
 * Lightweight tunnels of routes: segment routing over IPv6 is read and written, of the others the bytes are kept.
 * linux/lwtunnel.h, linux/seg6.h, linux/seg6_iptunnel.h, linux/seg6_local.h
 */
import { formatAddress, parseAddress } from './bytes.ts';
import {
  type AttributeTable,
  address,
  concat,
  decodeAttributes,
  encodeAttributes,
  type Kind,
  nested,
  type RawAttribute,
  raw,
  u8,
  u32,
} from './codec.ts';
import { bitNames, names, present } from './names.ts';

/** enum lwtunnel_encap_types */
const LWTUNNEL_ENCAP_SEG6 = 5;
const LWTUNNEL_ENCAP_SEG6_LOCAL = 7;

/** How a packet is encapsulated (SEG6_IPTUN_MODE_); `encap` and `encap.red` are RFC 8986 section 5.1 and 5.2. */
export type Seg6Mode = 'inline' | 'encap' | 'l2encap' | 'encap.red' | 'l2encap.red';

const modes = names<Seg6Mode>({ inline: 0, encap: 1, l2encap: 2, 'encap.red': 3, 'l2encap.red': 4 });

/** Behaviour of a SID (SEG6_LOCAL_ACTION_), as RFC 8986 section 4 names them. */
export type Seg6Action =
  | 'End'
  | 'End.X'
  | 'End.T'
  | 'End.DX2'
  | 'End.DX6'
  | 'End.DX4'
  | 'End.DT6'
  | 'End.DT4'
  | 'End.B6'
  | 'End.B6.Encaps'
  | 'End.BM'
  | 'End.S'
  | 'End.AS'
  | 'End.AM'
  | 'End.BPF'
  | 'End.DT46';

const actions = names<Seg6Action>({
  End: 1,
  'End.X': 2,
  'End.T': 3,
  'End.DX2': 4,
  'End.DX6': 5,
  'End.DX4': 6,
  'End.DT6': 7,
  'End.DT4': 8,
  'End.B6': 9,
  'End.B6.Encaps': 10,
  'End.BM': 11,
  'End.S': 12,
  'End.AS': 13,
  'End.AM': 14,
  'End.BPF': 15,
  'End.DT46': 16,
});

/** SEG6_LOCAL_FLV_OP_, of which SEG6_LOCAL_FLV_OPERATION holds one bit each. */
const flavorBits = bitNames({ psp: 1 << 1, usp: 1 << 2, usd: 1 << 3, nextCsid: 1 << 4 });

/** RFC 8986 section 4.16; `nextCsid` is RFC 9800 section 4.1. */
export interface Seg6Flavors {
  readonly psp?: boolean;
  readonly usp?: boolean;
  readonly usd?: boolean;
  readonly nextCsid?: boolean;
}

/** Packets of the route are encapsulated with a list of segments. */
export interface Seg6Encap {
  readonly type: 'seg6';
  /** A number for one that this package does not know. */
  readonly mode: Seg6Mode | number;
  /** In the order in which they are visited; of `inline` the kernel adds `::`, where the destination will stand. */
  readonly segments: readonly string[];
  /** Type, length, value objects behind the list, such as an HMAC (RFC 8754 section 2.1), with flags of the header. */
  readonly extra?: { readonly flags: number; readonly bytes: Uint8Array };
  /** Outer source; newer kernels only. */
  readonly source?: string;
  /** Table that the first segment is looked up in; newer kernels only. */
  readonly table?: number;
  readonly unknown?: readonly RawAttribute[];
}

/** The destination of the route is a SID of this node. */
export interface Seg6LocalEncap {
  readonly type: 'seg6local';
  /** A number for one that this package does not know. */
  readonly action: Seg6Action | number;
  /** End.T, End.DT6: table of the next look-up. */
  readonly table?: number;
  /** End.DT4, End.DT6, End.DT46: table of the VRF of the next look-up. */
  readonly vrfTable?: number;
  /** End.DX4: next hop. */
  readonly nh4?: string;
  /** End.X, End.DX6: next hop. */
  readonly nh6?: string;
  /** Index of a link. */
  readonly iif?: number;
  /** End.X, End.DX2: index of the link that the packet leaves by. */
  readonly oif?: number;
  readonly flavors?: Seg6Flavors;
  /** Of compressed SIDs: bits of the block, and of node and function. */
  readonly blockBits?: number;
  readonly nodeBits?: number;
  /** End.B6, End.B6.Encaps, in the order in which they are visited. */
  readonly segments?: readonly string[];
  readonly unknown?: readonly RawAttribute[];
}

/** Any other encapsulation: its LWTUNNEL_ENCAP_ number and its attributes undecoded. */
export interface OtherEncap {
  readonly type: number;
  readonly attributes: Uint8Array;
}

/** Tunnel encapsulation of a route. */
export type Encap = Seg6Encap | Seg6LocalEncap | OtherEncap;

/** Routing type of the segment routing header (RFC 8754 section 2). */
const ROUTING_TYPE = 4;
/** Next header, length, type, segments left, last entry, flags, tag. */
const headSize = 8;
const segmentSize = 16;

interface Header {
  readonly segments: readonly string[];
  readonly flags: number;
  readonly extra: Uint8Array;
}

/** `struct ipv6_sr_hdr`; its list is written last segment first. */
const header: Kind<Header> = {
  decode: (bytes) => {
    if (bytes.length < headSize) throw new RangeError(`a segment routing header of ${bytes.length} bytes`);
    const count = (bytes[4] as number) + 1;
    const end = headSize + (bytes[1] as number) * 8;
    const listEnd = headSize + count * segmentSize;
    if (end > bytes.length || listEnd > end)
      throw new RangeError(`${count} segments in a header of ${end} bytes, of which ${bytes.length} are there`);
    const segments = Array.from({ length: count }, (_, at) =>
      formatAddress(bytes.subarray(headSize + at * segmentSize, headSize + (at + 1) * segmentSize)),
    );
    return { segments: segments.reverse(), flags: bytes[5] as number, extra: bytes.slice(listEnd, end) };
  },
  encode: ({ segments, flags, extra }) => {
    const size = headSize + segments.length * segmentSize + extra.length;
    if (segments.length < 1 || size > headSize + 255 * 8 || extra.length % 8 !== 0)
      throw new RangeError(`${segments.length} segments and ${extra.length} more bytes make no segment routing header`);
    const last = segments.length - 1;
    const head = Uint8Array.of(0, (size - headSize) / 8, ROUTING_TYPE, last, last, flags, 0, 0);
    const list = segments.map((segment) => {
      const bytes = parseAddress(segment);
      if (bytes.length !== segmentSize) throw new TypeError(`the segment ${segment} is no IPv6 address`);
      return bytes;
    });
    return concat([head, ...list.reverse(), extra]);
  },
};

/** `struct seg6_iptunnel_encap` {s32 mode, segment routing header}. */
const tunnel: Kind<Header & { readonly mode: number }> = {
  decode: (bytes) => ({ mode: u32.decode(bytes), ...header.decode(bytes.subarray(4)) }),
  encode: (value) => concat([u32.encode(value.mode), header.encode(value)]),
};

/** enum SEG6_IPTUNNEL_* */
const seg6Table = { srh: [1, tunnel], source: [2, address], table: [3, u32] } as const satisfies AttributeTable;

/** enum SEG6_LOCAL_FLV_* */
const flavorTable = { operation: [1, u32], blockBits: [2, u8], nodeBits: [3, u8] } as const satisfies AttributeTable;

/** enum SEG6_LOCAL_*; counters (10) are left in `unknown`. */
const localTable = {
  action: [1, u32],
  srh: [2, header],
  table: [3, u32],
  nh4: [4, address],
  nh6: [5, address],
  iif: [6, u32],
  oif: [7, u32],
  vrfTable: [9, u32],
  flavors: [11, nested(flavorTable)],
} as const satisfies AttributeTable;

/**
 * @param type RTA_ENCAP_TYPE
 * @param bytes payload of RTA_ENCAP
 * @throws RangeError when they are no such attributes
 */
export function decodeEncap(type: number, bytes: Uint8Array): Encap {
  if (type === LWTUNNEL_ENCAP_SEG6) return decodeSeg6(bytes);
  if (type === LWTUNNEL_ENCAP_SEG6_LOCAL) return decodeLocal(bytes);
  return { type, attributes: raw.decode(bytes) };
}

function decodeSeg6(bytes: Uint8Array): Seg6Encap {
  const { srh, source, table, unknown } = decodeAttributes(seg6Table, bytes);
  if (srh === undefined) throw new RangeError('an encapsulation without segments');
  const { mode, segments, flags, extra } = srh;
  return present({
    type: 'seg6',
    mode: modes.nameOf(mode) ?? mode,
    segments,
    extra: flags === 0 && extra.length === 0 ? undefined : { flags, bytes: extra },
    source,
    table,
    unknown,
  });
}

function decodeLocal(bytes: Uint8Array): Seg6LocalEncap {
  const { action = 0, srh, flavors, ...rest } = decodeAttributes(localTable, bytes);
  return present({
    type: 'seg6local',
    action: actions.nameOf(action) ?? action,
    ...rest,
    flavors: flavors?.operation === undefined ? undefined : flavorBits.decode(flavors.operation),
    blockBits: flavors?.blockBits,
    nodeBits: flavors?.nodeBits,
    segments: srh?.segments,
  });
}

/**
 * @returns RTA_ENCAP_TYPE, and the payload of RTA_ENCAP
 * @throws TypeError, RangeError for what cannot be encoded
 */
export function encodeEncap(encap: Encap): { readonly encapType: number; readonly encap: Uint8Array } {
  if (encap.type === 'seg6') return { encapType: LWTUNNEL_ENCAP_SEG6, encap: encodeSeg6(encap) };
  if (encap.type === 'seg6local') return { encapType: LWTUNNEL_ENCAP_SEG6_LOCAL, encap: encodeLocal(encap) };
  return { encapType: encap.type, encap: encap.attributes };
}

function encodeSeg6({ mode, segments, extra, source, table, unknown }: Seg6Encap): Uint8Array {
  const srh = {
    mode: typeof mode === 'number' ? mode : modes.valueOf(mode),
    segments,
    flags: extra?.flags ?? 0,
    extra: extra?.bytes ?? new Uint8Array(0),
  };
  return encodeAttributes(seg6Table, { srh, source, table, unknown });
}

function encodeLocal(encap: Seg6LocalEncap): Uint8Array {
  const { action, segments, flavors, blockBits, nodeBits } = encap;
  const flavored = flavors !== undefined || blockBits !== undefined || nodeBits !== undefined;
  return encodeAttributes(localTable, {
    action: typeof action === 'number' ? action : actions.valueOf(action),
    srh: segments && { segments, flags: 0, extra: new Uint8Array(0) },
    table: encap.table,
    nh4: encap.nh4,
    nh6: encap.nh6,
    iif: encap.iif,
    oif: encap.oif,
    vrfTable: encap.vrfTable,
    flavors: flavored ? { operation: flavors && flavorBits.encode({ ...flavors }), blockBits, nodeBits } : undefined,
    unknown: encap.unknown,
  });
}
