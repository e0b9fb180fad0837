import type { DataPath } from '../../dataplane/datapath.ts';
import { constants, maps } from '../../dataplane/layout.gen.ts';
import { type RuleSet, wordsOf } from '../../dataplane/rule-set.ts';
import type { VxlanDesired, VxlanSlot } from './plan.ts';
import { vxlanTunnel } from './tunnel.ts';

const { MAX_SLOTS } = constants;
const NO_SLOT = { addr: [0, 0, 0, 0], family: 0, port: 0, addr4: 0, addr6: [0, 0, 0, 0] };

/** Where ICMP errors to pods come from: addresses of the box that the pods' packets would pass. */
export interface ErrorSources {
  readonly addr4?: Uint8Array;
  readonly addr6?: Uint8Array;
}

/**
 * Writes the slots into the rule set that is not in force: what their endpoints are, who their nodes are, and a tunnel
 * to each of these.
 * @param sources addresses towards the outside; a slot's endpoint stands in for one of its own family
 */
export function applyVxlan(dataPath: DataPath, rules: RuleSet, desired: VxlanDesired, sources: ErrorSources): void {
  const slots = dataPath.map(maps.sgSlot);
  for (let number = 0; number < MAX_SLOTS; number += 1) slots.update(rules.number * MAX_SLOTS + number, NO_SLOT);
  for (const slot of desired.slots) {
    const { address, number, port } = slot;
    const bits = address.length * 8;
    const addr4 = sources.addr4 ?? (bits === 32 ? address : undefined);
    const addr6 = sources.addr6 ?? (bits === 128 ? address : undefined);
    slots.update(rules.number * MAX_SLOTS + number, {
      addr: wordsOf(address),
      family: bits === 32 ? 4 : 6,
      port,
      addr4: addr4 === undefined ? 0 : (wordsOf(addr4)[0] as number),
      addr6: addr6 === undefined ? [0, 0, 0, 0] : wordsOf(addr6),
    });
    // Number 0 is an outer source of SRv6; slots count from 1 there.
    rules.addClass({ bytes: address, length: bits }, { kind: 'CLASS_TUNNEL_END', number: number + 1 });
    applyNodes(dataPath, rules, slot);
  }
}

function applyNodes(dataPath: DataPath, rules: RuleSet, slot: VxlanSlot): void {
  const nodes = dataPath.map(maps.sgNode);
  for (const node of slot.nodes) {
    const tunnel = rules.addTunnel(vxlanTunnel({ source: slot.address, node, port: slot.port, ttl: slot.ttl }));
    nodes.update({ set: rules.number, slot: slot.number, addr: wordsOf(node) }, tunnel);
  }
}
