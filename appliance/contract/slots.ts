import { assignIds } from '../model/ids.ts';
import type { Config, Facts } from './feature.ts';

/** What every feature may read of a slot of the document: one cluster's VXLAN tunnel endpoint on this gateway. */
export interface SlotConfig {
  /** The endpoint: an address of the box. */
  address: string;
}

/** Slots that one gateway can have (bpf/layout/vxlan.h: MAX_SLOTS). */
export const MAX_SLOTS = 64;
/** Inside tuples of slot n live in table FIRST_SLOT_TABLE + n (bpf/layout/vxlan.h: SLOT_TABLE). */
export const FIRST_SLOT_TABLE = 0xf000;

const SLOT_ID = 'vxlan.slot.';

/** Numbers of the slots by the name that `Desired.ids` keeps them under. */
export function slotIds(config: Config, facts: Facts): Map<string, number> {
  const previous = [...(facts.ids ?? [])].filter(([name]) => name.startsWith(SLOT_ID));
  return assignIds(
    Object.keys(config.vxlan ?? {}).map((name) => SLOT_ID + name),
    new Map(previous),
    MAX_SLOTS,
  );
}

/** Number of a slot of the document, 0 to 63, which it keeps as long as its name stays. */
export function slotNumber(config: Config, facts: Facts, name: string): number {
  return slotIds(config, facts).get(SLOT_ID + name) as number;
}

/** Whether the document has a slot of this name. */
export function hasSlot(config: Config, name: string): boolean {
  return Object.hasOwn(config.vxlan ?? {}, name);
}

/** Names of the slots, for hints: what could stand in a key `slot`. */
export function slotsHint(config: Config): string {
  const names = Object.keys(config.vxlan ?? {});
  return names.length === 0
    ? 'No slots are named here: write vxlan: {NAME: {address: 10.1.0.1, nodes: [10.1.7.2]}}'
    : `Slots: ${names.join(', ')}`;
}
