import { sideMask } from '../../contract/sides.ts';
import type { DataPath } from '../../dataplane/datapath.ts';
import { ClassFlag, constants, maps } from '../../dataplane/layout.gen.ts';
import { type RuleSet, wordsOf } from '../../dataplane/rule-set.ts';
import type { Nat64Desired, Nat64Instance } from './plan.ts';

/**
 * Writes the instances into the rule set that is not in force.
 * @param numbers of the ports by name
 */
export function applyNat64(
  dataPath: DataPath,
  rules: RuleSet,
  desired: Nat64Desired,
  numbers: ReadonlyMap<string, number>,
): void {
  const map = dataPath.map(maps.sgNat64);
  const empty = {
    pool6: [0, 0, 0, 0],
    pool6Len: 0,
    pool4First: 0,
    pool4Count: 0,
    timeout: [0, 0, 0, 0],
    inside: 0n,
  };
  for (let id = 0; id < constants.MAX_NAT64; id += 1) map.update(rules.number * constants.MAX_NAT64 + id, empty);
  const { hz } = dataPath.knobs.current;
  for (const instance of desired.instances) {
    const pool4First = addPool4(rules, instance);
    rules.addClass(instance.pool6, {
      kind: 'CLASS_NAT64_POOL6',
      flags: ClassFlag.CLASS_ANNOUNCE_INSIDE,
      instance: instance.id,
      table: instance.table,
    });
    map.update(rules.number * constants.MAX_NAT64 + instance.id, {
      pool6: wordsOf(instance.pool6.bytes),
      pool6Len: instance.pool6.length,
      pool4First,
      pool4Count: instance.pool4.length,
      timeout: timeouts(instance, hz),
      inside: sideMask(instance.inside, numbers),
    });
  }
}

/** @returns position of the first address; the others stand behind it */
function addPool4(rules: RuleSet, instance: Nat64Instance): number {
  const positions = instance.pool4.map(({ address, portMin, portMax, index }) => {
    const position = rules.addPool({ address, portMin, portMax, table: index });
    rules.addClass(
      { bytes: address, length: 32 },
      {
        kind: 'CLASS_NAT64_POOL4',
        flags: ClassFlag.CLASS_POOL | ClassFlag.CLASS_ANNOUNCE_OUTSIDE,
        instance: instance.id,
        number: position,
      },
    );
    return position;
  });
  return positions[0] ?? 0;
}

/** Jiffies in the order of enum session_clock: transitory, established, UDP, ICMP. */
function timeouts({ timeouts: t }: Nat64Instance, hz: number): number[] {
  const jiffies = (ms: number): number => Math.ceil((ms * hz) / 1000);
  return [t.tcpTransitoryMs, t.tcpEstablishedMs, t.udpMs, t.icmpMs].map(jiffies);
}
