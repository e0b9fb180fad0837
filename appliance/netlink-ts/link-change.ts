/** Requests that make, change and delete links. linux/if_link.h */
import { concat, encodeAttributes, littleEndian } from './codec.ts';
import type { AddressGeneration } from './link.ts';
import {
  addressGenerations,
  bridgeTable,
  IFF_UP,
  ifinfoSize,
  linkTable,
  vethTable,
  vlanTable,
  vrfTable,
  vxlanTable,
} from './link-tables.ts';

/** What can be changed on a link, and told when it is made. */
export interface LinkSettings {
  readonly name?: string;
  readonly up?: boolean;
  readonly mtu?: number;
  readonly mac?: string;
  /** Index of the bridge, bond or VRF to be a port of; `null` leaves it. */
  readonly master?: number | null;
  readonly txQueueLength?: number;
  readonly alias?: string;
  readonly addressGeneration?: AddressGeneration;
  /** Moves the link into the network namespace of a process, or of an open descriptor of one. */
  readonly netns?: { readonly pid: number } | { readonly fd: number };
}

/** A link to be made. */
export interface NewLink extends Omit<LinkSettings, 'netns'> {
  readonly name: string;
  readonly txQueues?: number;
  readonly rxQueues?: number;
}

export interface NewVeth extends NewLink {
  readonly kind: 'veth';
  /** The other end; may be born in another network namespace. The rest is set when the pair is there. */
  readonly peer: Omit<NewLink, 'addressGeneration' | 'alias' | 'up'> & Pick<LinkSettings, 'netns'>;
}

export interface NewBridge extends NewLink {
  readonly kind: 'bridge';
  readonly stp?: boolean;
  readonly vlanFiltering?: boolean;
  readonly multicastSnooping?: boolean;
  /** In hundredths of a second. */
  readonly ageingTimeCs?: number;
}

export interface NewVxlan extends NewLink {
  readonly kind: 'vxlan';
  /** Required unless `external`. */
  readonly vni?: number;
  /** Tunnel keys are given with each packet. */
  readonly external?: boolean;
  readonly local?: string;
  readonly remote?: string;
  /** Index of the device to send on. */
  readonly lower?: number;
  /** UDP destination port; 4789 (RFC 7348) unless told, and not the kernel's 8472. */
  readonly port?: number;
  readonly learning?: boolean;
  readonly ttl?: number;
  readonly udpChecksum?: boolean;
  readonly zeroChecksum6Tx?: boolean;
  readonly zeroChecksum6Rx?: boolean;
}

export interface NewVlan extends NewLink {
  readonly kind: 'vlan';
  /** Index of the device that carries the VLAN. */
  readonly lower: number;
  /** 1 to 4094. */
  readonly id: number;
  /** Ethertype of the tag; 0x8100 unless told. */
  readonly protocol?: 0x8100 | 0x88a8;
}

export interface NewVrf extends NewLink {
  readonly kind: 'vrf';
  readonly table: number;
}

export interface NewDummy extends NewLink {
  readonly kind: 'dummy';
}

export type LinkSpec = NewVeth | NewBridge | NewVxlan | NewVlan | NewVrf | NewDummy;

/** `struct ifinfomsg`: only the flags in `change` are changed. */
export function encodeIfinfo(index: number, up?: boolean): Uint8Array {
  const view = new DataView(new ArrayBuffer(ifinfoSize));
  view.setInt32(4, index, littleEndian);
  view.setUint32(8, up === true ? IFF_UP : 0, littleEndian);
  view.setUint32(12, up === undefined ? 0 : IFF_UP, littleEndian);
  return new Uint8Array(view.buffer);
}

function settingsOf(settings: LinkSettings & { readonly txQueues?: number; readonly rxQueues?: number }) {
  const { name, mtu, mac, master, txQueueLength, alias, addressGeneration, netns, txQueues, rxQueues } = settings;
  return {
    name,
    mtu,
    mac,
    master: master === null ? 0 : master,
    txQueueLength,
    alias,
    txQueues,
    rxQueues,
    afSpec:
      addressGeneration === undefined
        ? undefined
        : { inet6: { addressGeneration: addressGenerations.valueOf(addressGeneration) } },
    netnsPid: netns !== undefined && 'pid' in netns ? netns.pid : undefined,
    netnsFd: netns !== undefined && 'fd' in netns ? netns.fd : undefined,
  };
}

/** Body of RTM_NEWLINK for a link that exists. */
export function encodeLinkSettings(index: number, settings: LinkSettings): Uint8Array {
  return concat([encodeIfinfo(index, settings.up), encodeAttributes(linkTable, settingsOf(settings))]);
}

/**
 * Body of RTM_NEWLINK, to be sent with NLM_F_CREATE and NLM_F_EXCL.
 *
 * @throws TypeError, RangeError for what cannot be encoded
 */
export function encodeNewLink(spec: LinkSpec): Uint8Array {
  const info = { kind: spec.kind, data: encodeData(spec) };
  // A VLAN's device below is an attribute of every link, a VXLAN's one of its own.
  const lower = spec.kind === 'vlan' ? spec.lower : undefined;
  return concat([encodeIfinfo(0, spec.up), encodeAttributes(linkTable, { ...settingsOf(spec), lower, info })]);
}

function encodeData(spec: LinkSpec): Uint8Array | undefined {
  switch (spec.kind) {
    case 'veth':
      return encodeAttributes(vethTable, {
        peer: concat([encodeIfinfo(0), encodeAttributes(linkTable, settingsOf(spec.peer))]),
      });
    case 'bridge':
      return encodeAttributes(bridgeTable, {
        ageingTime: spec.ageingTimeCs,
        stp: spec.stp === undefined ? undefined : Number(spec.stp),
        vlanFiltering: spec.vlanFiltering,
        multicastSnooping: spec.multicastSnooping,
      });
    case 'vxlan':
      return encodeVxlan(spec);
    case 'vlan':
      return encodeAttributes(vlanTable, { id: spec.id, protocol: spec.protocol });
    case 'vrf':
      return encodeAttributes(vrfTable, { table: spec.table });
    case 'dummy':
      return undefined;
  }
}

function encodeVxlan(spec: NewVxlan): Uint8Array {
  const ofFamily = (text: string | undefined, six: boolean): string | undefined =>
    text?.includes(':') === six ? text : undefined;
  const { vni, external, lower, port = 4789, learning, ttl, udpChecksum, zeroChecksum6Tx, zeroChecksum6Rx } = spec;
  return encodeAttributes(vxlanTable, {
    vni,
    external,
    lower,
    port,
    learning,
    ttl,
    udpChecksum,
    zeroChecksum6Tx,
    zeroChecksum6Rx,
    remote: ofFamily(spec.remote, false),
    remote6: ofFamily(spec.remote, true),
    local: ofFamily(spec.local, false),
    local6: ofFamily(spec.local, true),
  });
}

/** Body of RTM_DELLINK, or of RTM_GETLINK for one link. */
export function encodeLinkQuery(link: number | string): Uint8Array {
  if (typeof link === 'number') return encodeIfinfo(link);
  // Names of 16 bytes and more can only be alternative ones (IFNAMSIZ counts the NUL).
  const isShort = new TextEncoder().encode(link).length < 16;
  return concat([encodeIfinfo(0), encodeAttributes(linkTable, isShort ? { name: link } : { altName: link })]);
}
