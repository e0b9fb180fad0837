import { addressesOf, rangeOf } from '../../config/ranges.ts';
import type { Desired } from '../../contract/desired.ts';
import type { ConfigWith, Facts, Feature } from '../../contract/feature.ts';
import { slotIds, slotNumber } from '../../contract/slots.ts';
import { parseAddress } from '../../model/address.ts';
import { type AddressSet, parseAddressSet } from '../../model/address-set.ts';
import { checkVxlan } from './check.ts';
import { type SlotPart, VXLAN_DEFAULTS, type VxlanConfig, vxlanSchema } from './schema.ts';

/** One slot as the data path shall have it. */
export interface VxlanSlot {
  readonly name: string;
  /** 0 to 63, kept as long as the name stays in the document. */
  readonly number: number;
  /** Tunnel endpoint, 4 or 16 bytes in network order, as are the nodes. */
  readonly address: Uint8Array;
  readonly port: number;
  readonly ttl: number;
  readonly nodes: readonly Uint8Array[];
}

export interface VxlanDesired {
  readonly slots: readonly VxlanSlot[];
}

type VxlanDocument = ConfigWith<'vxlan', VxlanConfig>;

/** The slots, in the order of the document. */
export function planVxlan(config: VxlanDocument, facts: Facts): Desired<VxlanDesired> {
  if (config.vxlan === undefined) return {};
  const slots = Object.entries(config.vxlan).map(([name, slot]) =>
    planSlot(name, slotNumber(config, facts, name), slot),
  );
  return { own: { slots }, ids: slotIds(config, facts) };
}

function planSlot(name: string, number: number, slot: SlotPart): VxlanSlot {
  return {
    name,
    number,
    address: parseAddress(slot.address) as Uint8Array,
    port: slot.port ?? VXLAN_DEFAULTS.port,
    ttl: slot.ttl ?? VXLAN_DEFAULTS.ttl,
    nodes: slot.nodes.flatMap((node) => [...addressesOf(rangeOf(parseAddressSet(node) as AddressSet))]),
  };
}

export const vxlan: Feature<'vxlan', VxlanConfig, VxlanDesired> = {
  name: 'vxlan',
  schema: vxlanSchema,
  check: checkVxlan,
  plan: planVxlan,
};
