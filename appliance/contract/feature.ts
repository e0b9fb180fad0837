import type { TSchema } from 'typebox';
import type { AddressSet } from '../model/address-set.ts';
import type { SixgateError } from '../model/errors.ts';
import type { Desired } from './desired.ts';
import type { InterfaceConfig } from './interfaces.ts';
import type { SlotConfig } from './slots.ts';
import type { TenantConfig } from './tenants.ts';

/** A device of the kernel. */
export interface LinkFact {
  readonly name: string;
  readonly index: number;
  /** Bytes of an IP packet. */
  readonly mtu: number;
  /** `ADDRESS/LENGTH`. */
  readonly addresses: readonly string[];
}

/** What was observed outside of the document. Plain data: it crosses into the worker that reads documents. */
export interface Facts {
  readonly links: readonly LinkFact[];
  /** Addresses of this box, without length. */
  readonly localAddresses: readonly string[];
  /** Numbers given earlier, by name (see `Desired.ids`). */
  readonly ids?: ReadonlyMap<string, number>;
  /** Numbers of the pool addresses of all features, by RFC 5952 text; there when features plan. */
  readonly pools?: ReadonlyMap<string, number>;
}

/** Pool addresses of all features together, each with a table of its ports (bpf/layout/session.h: MAX_POOL). */
export const MAX_POOL_ADDRESSES = 256;

/** The document, as far as every feature may read it. A feature reads no other feature's part. */
export interface Config {
  readonly version: 1;
  readonly system?: { readonly name?: string };
  readonly interfaces?: Readonly<Record<string, InterfaceConfig>>;
  readonly tenants?: Readonly<Record<string, TenantConfig>>;
  readonly vxlan?: Readonly<Record<string, SlotConfig>>;
  readonly [feature: string]: unknown;
}

/** The document with one feature's own part typed. */
export type ConfigWith<Name extends string, Part> = Config & { readonly [K in Name]?: Part };

/** A feature says: these addresses are mine. Claims of all features together are checked for overlap. */
export interface AddressClaim {
  readonly addresses: AddressSet;
  /** `local`: an address of the box itself. `pool`: nobody's but the feature's. */
  readonly kind: 'local' | 'pool';
  /** Routing table in which the addresses mean this; the main one, 0, unless told. Each tenant has its own addresses. */
  readonly table?: number;
  /** Word that errors name: `nat64.main`. */
  readonly owner: string;
  /** Where it stands; absent for what the kernel has and the document does not name. */
  readonly path?: string;
  /** Error code when another pool has the address as well. */
  readonly overlapCode: string;
  /** Error code when the box itself has the address as well. */
  readonly localCode: string;
  /** Error code when all pools together have too many addresses; there where sessions get ports of each address. */
  readonly sizeCode?: string;
}

/** One word of the document: its schema, its rules, and what it wants. All members are pure. */
export interface Feature<Name extends string = string, Part = unknown, Own = unknown> {
  readonly name: Name;
  /** Schema of the part of the document below `name`; every key in it has a description. */
  readonly schema: TSchema;
  /**
   * What the schema cannot say. Errors carry `path`, the loader turns it into a position.
   * @param facts undefined when a document is checked away from its gateway
   */
  check(config: ConfigWith<Name, Part>, facts: Facts | undefined): SixgateError[];
  /** Addresses that belong to this feature alone. */
  claims?(config: ConfigWith<Name, Part>): AddressClaim[];
  /** The desired state of a document that `check` found right. Same input, same output. */
  plan(config: ConfigWith<Name, Part>, facts: Facts): Desired<Own>;
}
