import type { Family, Prefix } from '../model/address.ts';
import type { Role, XdpMode } from './interfaces.ts';

/** An interface as the data path and the kernel shall have it. */
export interface DesiredPort {
  /** The word of the document. */
  readonly name: string;
  /** Kernel device that carries the addresses. */
  readonly device: string;
  /** Kernel device that the frames arrive on and XDP is attached to: `device`, or for a VLAN that of its link. */
  readonly lowerDevice: string;
  /** Name of the interface that carries this VLAN. */
  readonly link?: string;
  readonly vlan?: number;
  readonly roles: readonly Role[];
  /** `ADDRESS/LENGTH` in RFC 5952 text. */
  readonly addresses: readonly string[];
  /** Bytes of an IP packet; absent: the device keeps what it has. */
  readonly mtu?: number;
  /** `none`: never attached (management, or a VLAN: its link is attached). */
  readonly xdp: XdpMode | 'none';
  /** Routing table of its tenant; 0: the main one. */
  readonly table: number;
}

/** A route of the kernel. */
export interface DesiredRoute {
  readonly family: Family;
  /** `ADDRESS/LENGTH`; default is `0.0.0.0/0` or `::/0`. */
  readonly to: string;
  readonly type: 'unicast' | 'blackhole';
  readonly via?: string;
  /** Kernel device; absent: the one that `via` is behind. */
  readonly device?: string;
  /** Kernel's number of the routing table of a tenant; absent: the main one. */
  readonly table?: number;
  /** Word of the document that asks for it: `routes`, `nat64.main`. */
  readonly owner: string;
}

/** Whose address is this? One entry of the classification table. */
export interface DesiredClass {
  readonly family: Family;
  readonly prefix: Prefix;
  readonly class: 'pool4' | 'pool6';
  /** The instance's number. */
  readonly instance: number;
  /** Number of the pool address; 0 for pool6. */
  readonly poolIndex: number;
}

/** What one feature wants: shares of the common kinds, and what only its own apply understands. */
export interface Desired<Own = unknown> {
  readonly ports?: readonly DesiredPort[];
  readonly routes?: readonly DesiredRoute[];
  readonly classes?: readonly DesiredClass[];
  /** Numbers given to names; the engine keeps them and hands them back in `Facts.ids`. */
  readonly ids?: ReadonlyMap<string, number>;
  readonly own?: Own;
}

/** What the whole document wants. */
export interface DesiredState {
  readonly ports: readonly DesiredPort[];
  readonly routes: readonly DesiredRoute[];
  readonly classes: readonly DesiredClass[];
  readonly ids: ReadonlyMap<string, number>;
  /** By feature name: its `own`. */
  readonly features: ReadonlyMap<string, unknown>;
}
