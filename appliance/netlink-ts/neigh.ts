/** Neighbours: ARP and ND entries, proxies, forwarding entries of bridges and VXLANs. linux/neighbour.h */
import { AF_BRIDGE, type Family, familyNumber, familyOf, parseAddress } from './bytes.ts';
import {
  type AttributeTable,
  address,
  be16,
  concat,
  decodeAttributes,
  encodeAttributes,
  littleEndian,
  mac,
  type RawAttribute,
  raw,
  u8,
  u16,
  u32,
  viewOf,
} from './codec.ts';
import { bitNames, names, present } from './names.ts';

export const RTM_NEWNEIGH = 28;
export const RTM_DELNEIGH = 29;
export const RTM_GETNEIGH = 30;

export type NeighbourState =
  | 'none'
  | 'incomplete'
  | 'reachable'
  | 'stale'
  | 'delay'
  | 'probe'
  | 'failed'
  | 'noarp'
  | 'permanent';

/** NUD_ */
const states = names({
  none: 0,
  incomplete: 1,
  reachable: 2,
  stale: 4,
  delay: 8,
  probe: 16,
  failed: 32,
  noarp: 64,
  permanent: 128,
});

const NTF_PROXY = 8;

/** NTF_ */
const flagBits = bitNames({
  use: 1,
  self: 2,
  master: 4,
  proxy: NTF_PROXY,
  externLearned: 16,
  offloaded: 32,
  sticky: 64,
  router: 128,
});

/** NTF_EXT_, in NDA_FLAGS_EXT */
const extFlagBits = bitNames({ managed: 1, locked: 2, externValidated: 4 });

const table = {
  destination: [1, address],
  mac: [2, mac],
  cacheInfo: [3, raw],
  probes: [4, u32],
  vlan: [5, u16],
  port: [6, be16],
  vni: [7, u32],
  outputIndex: [8, u32],
  master: [9, u32],
  protocol: [12, u8],
  flagsExt: [15, u32],
} as const satisfies AttributeTable;

/** `struct ndmsg` {u8 family, pad, u16 pad, s32 index, u16 state, u8 flags, u8 type}. */
const headSize = 12;

export interface NeighbourFlags {
  readonly use?: boolean;
  readonly self?: boolean;
  readonly master?: boolean;
  /** Answered for by this machine; no entry of its own. */
  readonly proxy?: boolean;
  readonly externLearned?: boolean;
  readonly offloaded?: boolean;
  readonly sticky?: boolean;
  /** The neighbour is a router (ND). */
  readonly router?: boolean;
  /** The kernel resolves it and keeps it resolved without traffic (since Linux 5.16). */
  readonly managed?: boolean;
  readonly locked?: boolean;
  readonly externValidated?: boolean;
}

/** `bridge`: the forwarding database of a bridge or VXLAN, whose key is the MAC. */
export type NeighbourFamily = Family | 'bridge';

export interface Neighbour {
  readonly family: NeighbourFamily;
  /** Index of the link. */
  readonly index: number;
  /** Absent for most entries of the family `bridge`; of VXLANs the remote end. */
  readonly address?: string;
  /** Absent while unresolved. */
  readonly mac?: string;
  /** The number when several states are set. */
  readonly state: NeighbourState | number;
  readonly flags: NeighbourFlags;
  readonly probes?: number;
  readonly vlan?: number;
  readonly vni?: number;
  readonly port?: number;
  readonly outputIndex?: number;
  readonly master?: number;
  /** Who made it, RTPROT_. */
  readonly protocol?: number;
  readonly unknown?: readonly RawAttribute[];
}

/** A neighbour to be added or changed, or enough of one to delete it. */
export interface NewNeighbour {
  /** Of `address` unless told. */
  readonly family?: NeighbourFamily;
  readonly index: number;
  readonly address?: string;
  readonly mac?: string;
  /** `permanent` with a MAC, `none` without, unless told; a number for several bits. */
  readonly state?: NeighbourState | number;
  readonly flags?: NeighbourFlags;
  readonly vlan?: number;
  readonly vni?: number;
  readonly port?: number;
  readonly outputIndex?: number;
  readonly protocol?: number;
}

/** The body of RTM_NEWNEIGH or RTM_DELNEIGH; undefined for families it does not know. */
export function decodeNeighbour(body: Uint8Array): Neighbour | undefined {
  const view = viewOf(body);
  const number = view.getUint8(0);
  const family = number === AF_BRIDGE ? 'bridge' : familyOf(number);
  if (family === undefined) return undefined;
  const {
    destination,
    cacheInfo: _cacheInfo,
    flagsExt,
    mac: hardware,
    ...attributes
  } = decodeAttributes(table, body.subarray(headSize));
  const state = view.getUint16(8, littleEndian);
  return present({
    ...attributes,
    family,
    index: view.getInt32(4, littleEndian),
    address: destination,
    mac: hardware === '' ? undefined : hardware,
    state: states.nameOf(state) ?? state,
    flags: { ...flagBits.decode(view.getUint8(10)), ...extFlagBits.decode(flagsExt ?? 0) },
  });
}

/**
 * Body of RTM_NEWNEIGH or RTM_DELNEIGH.
 *
 * @throws TypeError, RangeError for what cannot be encoded
 */
export function encodeNeighbour(neighbour: NewNeighbour): Uint8Array {
  const { flags = {} } = neighbour;
  const extFlags = extFlagBits.encode(flags);
  const head = encodeHead(neighbour.family ?? guessFamily(neighbour), neighbour.index);
  const state = neighbour.state ?? (neighbour.mac === undefined ? 'none' : 'permanent');
  head.setUint16(8, typeof state === 'number' ? state : states.valueOf(state), littleEndian);
  head.setUint8(10, flagBits.encode(flags));
  const { vlan, vni, port, outputIndex, protocol } = neighbour;
  return concat([
    new Uint8Array(head.buffer),
    encodeAttributes(table, {
      destination: neighbour.address,
      mac: neighbour.mac,
      vlan,
      vni,
      port,
      outputIndex,
      protocol,
      flagsExt: extFlags === 0 ? undefined : extFlags,
    }),
  ]);
}

function guessFamily(neighbour: NewNeighbour): Family {
  if (neighbour.address === undefined) throw new TypeError('a neighbour needs an address or a family');
  return parseAddress(neighbour.address).length === 4 ? 4 : 6;
}

function encodeHead(family: NeighbourFamily | undefined, index: number): DataView {
  const head = new DataView(new ArrayBuffer(headSize));
  head.setUint8(0, family === undefined ? 0 : family === 'bridge' ? AF_BRIDGE : familyNumber(family));
  head.setInt32(4, index, littleEndian);
  return head;
}

/** Which neighbours to read. */
export interface NeighbourFilter {
  /** IPv4 and IPv6 unless told. */
  readonly family?: NeighbourFamily;
  readonly index?: number;
  /** Proxy entries instead of neighbours. */
  readonly proxy?: boolean;
}

/** Body of RTM_GETNEIGH for a dump. The kernel filters by link for all but the family `bridge`. */
export function encodeNeighbourQuery(filter: NeighbourFilter): Uint8Array {
  const head = encodeHead(filter.family, 0);
  if (filter.proxy) head.setUint8(10, NTF_PROXY);
  const outputIndex = filter.family === 'bridge' ? undefined : filter.index;
  return concat([new Uint8Array(head.buffer), encodeAttributes(table, { outputIndex })]);
}
