import type { Encap, Route, Seg6Encap, Seg6LocalEncap } from 'netlink-ts';
import { constants, SidBehavior, SidFlavor } from '../dataplane/layout.gen.ts';
import { type Family, type Prefix, parseAddress, parsePrefix } from '../model/address.ts';

/** RT_TABLE_MAIN, which the data path calls 0. */
const KERNEL_MAIN = 254;
/** The highest routing table that the data path has room for (bpf/layout/vxlan.h). */
const MAX_TABLE = 61439;

/** One way of a destination that is encapsulated. */
export interface Way {
  /** 16 bytes each, in the order in which they are visited. */
  readonly segments: readonly Uint8Array[];
  readonly reduced: boolean;
  /** Outer source, where the route has one of its own. */
  readonly source?: Uint8Array;
  readonly weight: number;
}

/** A seg6 route: a destination that is reached through the SR domain. */
export interface SteerRoute {
  readonly kind: 'steer';
  readonly ways: readonly Way[];
}

/** A seg6local route: a SID of this node. */
export interface SidRoute {
  readonly kind: 'sid';
  readonly behavior: number;
  /** Bits of SidFlavor. */
  readonly flavors: number;
  /** Table of the look-up of the inner destination, 0 = main. */
  readonly table: number;
  /** End.X, End.DX4, End.DX6. */
  readonly nextHop?: {
    readonly family: Family;
    readonly bytes: Uint8Array;
    /** Link that the route names for it. */
    readonly index?: number;
  };
}

/** A route of these kinds that the data path has no words for. */
export interface RefusedRoute {
  readonly kind: 'refused';
  /** End of a sentence: `its mode inline is none of the data path's`. */
  readonly why: string;
}

export type MirroredRoute = SteerRoute | SidRoute | RefusedRoute;

/** Number of a kernel table in the data path; undefined: it cannot be one of a packet. */
export function tableOf(kernelTable: number): number | undefined {
  if (kernelTable === KERNEL_MAIN) return 0;
  return kernelTable >= 1 && kernelTable < 253
    ? kernelTable
    : kernelTable > 255 && kernelTable <= MAX_TABLE
      ? kernelTable
      : undefined;
}

/** The destination of a route. */
export function destinationOf(route: Route): Prefix {
  const prefix = parsePrefix(route.destination);
  if (prefix === undefined) throw new TypeError(`"${route.destination}" is no prefix`);
  return prefix;
}

/** What the route is to the data path; undefined: nothing of the mirror's business. */
export function translate(route: Route): MirroredRoute | undefined {
  const hops = route.nextHops ?? [{ weight: 1, ...(route.encap && { encap: route.encap }) }];
  const encaps = hops.flatMap(({ encap }) => (encap === undefined ? [] : [encap]));
  const [first] = encaps;
  if (route.type !== 'unicast' || first === undefined) return undefined;
  if (first.type === 'seg6local')
    return route.table === KERNEL_MAIN && route.nextHops === undefined ? sidOf(first) : undefined;
  if (first.type !== 'seg6') return undefined;
  if (encaps.length < hops.length) return refused('some of its ways have no segments');
  if (hops.length > constants.STEER_BUCKETS) return refused(`it has more than ${constants.STEER_BUCKETS} ways`);
  const ways: Way[] = [];
  for (const [index, { weight }] of hops.entries()) {
    const way = wayOf(encaps[index] as Encap, weight);
    if ('why' in way) return way;
    ways.push(way);
  }
  return { kind: 'steer', ways };
}

function wayOf(encap: Encap, weight: number): Way | RefusedRoute {
  if (encap.type !== 'seg6') return refused('some of its ways have no segments');
  const why = refusalOf(encap);
  if (why !== undefined) return refused(why);
  const source = encap.source === undefined ? undefined : parseAddress(encap.source);
  return {
    segments: encap.segments.map((segment) => parseAddress(segment) as Uint8Array),
    reduced: encap.mode === 'encap.red',
    ...(source && { source }),
    weight,
  };
}

function refusalOf({ mode, segments, extra, table }: Seg6Encap): string | undefined {
  if (mode !== 'encap' && mode !== 'encap.red') return `its mode ${mode} is none of encap and encap.red`;
  if (segments.length > constants.MAX_SEGMENTS) return `it has more than ${constants.MAX_SEGMENTS} segments`;
  if (extra !== undefined) return 'its segment routing header carries an HMAC';
  if (table !== undefined && tableOf(table) !== 0) return `its first segment is looked up in the table ${table}`;
  return undefined;
}

const tables = { 'End.DT4': 'SID_END_DT4', 'End.DT6': 'SID_END_DT6', 'End.DT46': 'SID_END_DT46' } as const;

function sidOf(encap: Seg6LocalEncap): SidRoute | RefusedRoute {
  const { action, flavors = {}, oif } = encap;
  const plain = { kind: 'sid', flavors: 0, table: 0 } as const;
  if (flavors.nextCsid) return refused('compressed SIDs (NEXT-CSID) are not supported');
  switch (action) {
    case 'End':
      return { ...plain, behavior: SidBehavior.SID_END, flavors: bitsOf(flavors) };
    case 'End.X':
      return withNextHop({ ...plain, behavior: SidBehavior.SID_END_X, flavors: bitsOf(flavors) }, encap.nh6, oif);
    // Without a next hop of its own the kernel looks up the inner destination, in the main table.
    case 'End.DX4':
      return encap.nh4 === '0.0.0.0'
        ? { ...plain, behavior: SidBehavior.SID_END_DT4 }
        : withNextHop({ ...plain, behavior: SidBehavior.SID_END_DX4 }, encap.nh4, oif);
    case 'End.DX6':
      return encap.nh6 === '::'
        ? { ...plain, behavior: SidBehavior.SID_END_DT6 }
        : withNextHop({ ...plain, behavior: SidBehavior.SID_END_DX6 }, encap.nh6, oif);
    case 'End.DT4':
    case 'End.DT6':
    case 'End.DT46': {
      const kernelTable = encap.vrfTable ?? encap.table ?? 0;
      const table = tableOf(kernelTable);
      return table === undefined
        ? refused(`the table ${kernelTable} is none that packets can have`)
        : { ...plain, behavior: SidBehavior[tables[action]], table };
    }
    default:
      return refused(`its behaviour ${action} is not supported`);
  }
}

function withNextHop(sid: SidRoute, text: string | undefined, index: number | undefined): SidRoute | RefusedRoute {
  const bytes = text === undefined ? undefined : parseAddress(text);
  if (bytes === undefined || bytes.every((byte) => byte === 0)) return refused('it has no next hop');
  const family = bytes.length === 4 ? 4 : 6;
  return { ...sid, nextHop: { family, bytes, ...(index === undefined ? {} : { index }) } };
}

function bitsOf({ psp, usp, usd }: NonNullable<Seg6LocalEncap['flavors']>): number {
  return (psp ? SidFlavor.SID_PSP : 0) | (usp ? SidFlavor.SID_USP : 0) | (usd ? SidFlavor.SID_USD : 0);
}

function refused(why: string): RefusedRoute {
  return { kind: 'refused', why };
}
