/** Links: what the kernel tells of them. Making and changing: link-change.ts. linux/if_link.h */
import { AF_UNSPEC } from './bytes.ts';
import { decodeAttributes, littleEndian, type RawAttribute, viewOf } from './codec.ts';
import {
  addressGenerations,
  bridgeTable,
  ifinfoSize,
  linkFlags,
  linkTable,
  operStates,
  vlanTable,
  vrfTable,
  vxlanTable,
  xdpModes,
} from './link-tables.ts';
import { present } from './names.ts';

export type OperState = 'unknown' | 'notPresent' | 'down' | 'lowerLayerDown' | 'testing' | 'dormant' | 'up';
export type AddressGeneration = 'eui64' | 'none' | 'stablePrivacy' | 'random';

/** XDP program of a link; `programId` is absent in mode `multi`, which has one of its own for each mode. */
export interface LinkXdp {
  readonly mode: 'native' | 'generic' | 'offload' | 'multi';
  readonly programId?: number;
  readonly nativeProgramId?: number;
  readonly genericProgramId?: number;
  readonly offloadProgramId?: number;
}

/** Counters since the link was made, `struct rtnl_link_stats64`; exact up to 2^53. */
export interface LinkStatistics {
  readonly rxPackets: number;
  readonly txPackets: number;
  readonly rxBytes: number;
  readonly txBytes: number;
  readonly rxErrors: number;
  readonly txErrors: number;
  readonly rxDropped: number;
  readonly txDropped: number;
}

export interface VxlanFacts {
  readonly vni?: number;
  /** Where unknown destinations go; a multicast group or the one peer. */
  readonly remote?: string;
  readonly local?: string;
  /** UDP destination port. */
  readonly port?: number;
  readonly learning?: boolean;
  /** Tunnel keys come from the packet's metadata (`external`). */
  readonly external?: boolean;
  readonly ttl?: number;
  readonly udpChecksum?: boolean;
  readonly zeroChecksum6Tx?: boolean;
  readonly zeroChecksum6Rx?: boolean;
}

export interface BridgeFacts {
  readonly stp?: boolean;
  readonly vlanFiltering?: boolean;
  readonly multicastSnooping?: boolean;
  /** How long a learned MAC is kept, in hundredths of a second. */
  readonly ageingTimeCs?: number;
}

export interface Link {
  readonly index: number;
  readonly name: string;
  readonly altNames: readonly string[];
  /** ARPHRD_ number, 1 for Ethernet. */
  readonly type: number;
  /** Configured to be up. */
  readonly up: boolean;
  /** The layer below is up: there is a carrier. */
  readonly lowerUp: boolean;
  readonly operState: OperState;
  readonly flags: {
    readonly up?: true;
    readonly broadcast?: true;
    readonly loopback?: true;
    readonly pointToPoint?: true;
    readonly running?: true;
    readonly noArp?: true;
    readonly promiscuous?: true;
    readonly allMulticast?: true;
    readonly multicast?: true;
    readonly lowerUp?: true;
    readonly dormant?: true;
  };
  /** The word `flags` comes from, IFF_. */
  readonly rawFlags: number;
  readonly mtu: number;
  readonly minMtu?: number;
  /** 0: no limit known. */
  readonly maxMtu?: number;
  readonly mac?: string;
  readonly permanentMac?: string;
  readonly broadcast?: string;
  /** `veth`, `bridge`, `vlan`, …; physical devices have none. */
  readonly kind?: string;
  /** Kind of the master this link is a port of. */
  readonly slaveKind?: string;
  /** Index of the bridge, bond or VRF. */
  readonly master?: number;
  /** Index of the device below a VLAN or tunnel; of the other end for a veth. */
  readonly lower?: number;
  /** Namespace id when `lower` is an index of another network namespace. */
  readonly lowerNetnsId?: number;
  readonly vlan?: { readonly id: number /** Ethertype of the tag, 0x8100 or 0x88a8. */; readonly protocol: number };
  readonly vxlan?: VxlanFacts;
  readonly bridge?: BridgeFacts;
  readonly vrf?: { readonly table: number };
  readonly xdp?: LinkXdp;
  readonly txQueues: number;
  readonly rxQueues: number;
  readonly txQueueLength?: number;
  readonly group?: number;
  readonly promiscuity?: number;
  readonly carrier?: boolean;
  readonly alias?: string;
  /** How IPv6 link-local addresses are made. */
  readonly addressGeneration?: AddressGeneration;
  readonly statistics?: LinkStatistics;
  /** Attributes this package does not know. */
  readonly unknown?: readonly RawAttribute[];
}

type Attributes = ReturnType<typeof decodeAttributes<typeof linkTable>>;

/**
 * The body of RTM_NEWLINK or RTM_DELLINK.
 *
 * Undefined when the message is of another family than AF_UNSPEC: a bridge tells about its ports in RTM_NEWLINK and
 * RTM_DELLINK of AF_BRIDGE, and a port that has left its bridge is no link that has gone.
 */
export function decodeLink(body: Uint8Array): Link | undefined {
  const view = viewOf(body);
  if (view.getUint8(0) !== AF_UNSPEC) return undefined;
  const attributes = decodeAttributes(linkTable, body.subarray(ifinfoSize));
  const rawFlags = view.getUint32(8, littleEndian);
  const flags = linkFlags.decode(rawFlags);
  return present({
    index: view.getInt32(4, littleEndian),
    name: attributes.name ?? '',
    altNames: attributes.altNames ?? [],
    type: view.getUint16(2, littleEndian),
    up: flags.up === true,
    lowerUp: flags.lowerUp === true,
    operState: operStates.nameOf(attributes.operState ?? 0) ?? 'unknown',
    flags,
    rawFlags,
    mtu: attributes.mtu ?? 0,
    minMtu: attributes.minMtu,
    maxMtu: attributes.maxMtu,
    mac: attributes.mac === '' ? undefined : attributes.mac,
    permanentMac: attributes.permanentMac,
    broadcast: attributes.broadcast === '' ? undefined : attributes.broadcast,
    kind: attributes.info?.kind,
    slaveKind: attributes.info?.slaveKind,
    master: attributes.master,
    // 0 when the device below is unknown here.
    lower: attributes.lower === 0 ? undefined : attributes.lower,
    lowerNetnsId: attributes.lowerNetnsId,
    ...decodeKind(attributes),
    xdp: decodeXdp(attributes.xdp),
    txQueues: attributes.txQueues ?? 1,
    rxQueues: attributes.rxQueues ?? 1,
    txQueueLength: attributes.txQueueLength,
    group: attributes.group,
    promiscuity: attributes.promiscuity,
    carrier: attributes.carrier,
    alias: attributes.alias,
    addressGeneration: addressGenerations.nameOf(attributes.afSpec?.inet6?.addressGeneration ?? -1),
    statistics: attributes.stats64 === undefined ? undefined : decodeStatistics(attributes.stats64),
    unknown: attributes.unknown,
  });
}

function decodeKind(attributes: Attributes): Pick<Link, 'vlan' | 'vxlan' | 'bridge' | 'vrf'> {
  const data = attributes.info?.data;
  if (data === undefined) return {};
  switch (attributes.info?.kind) {
    case 'vlan': {
      const { id, protocol } = decodeAttributes(vlanTable, data);
      return id === undefined ? {} : { vlan: { id, protocol: protocol ?? 0x8100 } };
    }
    case 'vxlan': {
      const { remote6, local6, lower: _lower, unknown: _unknown, ...facts } = decodeAttributes(vxlanTable, data);
      return { vxlan: present({ ...facts, remote: facts.remote ?? remote6, local: facts.local ?? local6 }) };
    }
    case 'bridge': {
      const { stp, ageingTime, vlanFiltering, multicastSnooping } = decodeAttributes(bridgeTable, data);
      return {
        bridge: present({
          stp: stp === undefined ? undefined : stp !== 0,
          ageingTimeCs: ageingTime,
          vlanFiltering,
          multicastSnooping,
        }),
      };
    }
    case 'vrf': {
      const { table } = decodeAttributes(vrfTable, data);
      return table === undefined ? {} : { vrf: { table } };
    }
    default:
      return {};
  }
}

function decodeXdp(xdp: Attributes['xdp']): LinkXdp | undefined {
  const mode = xdpModes.nameOf(xdp?.attached ?? 0);
  if (xdp === undefined || mode === undefined || mode === 'none') return undefined;
  const { programId, nativeProgramId, genericProgramId, offloadProgramId } = xdp;
  return present({ mode, programId, nativeProgramId, genericProgramId, offloadProgramId });
}

function decodeStatistics(bytes: Uint8Array): LinkStatistics {
  const view = viewOf(bytes);
  const at = (index: number): number => Number(view.getBigUint64(8 * index, littleEndian));
  return {
    rxPackets: at(0),
    txPackets: at(1),
    rxBytes: at(2),
    txBytes: at(3),
    rxErrors: at(4),
    txErrors: at(5),
    rxDropped: at(6),
    txDropped: at(7),
  };
}
