import { sideMask } from '../../contract/sides.ts';
import type { DataPath } from '../../dataplane/datapath.ts';
import { ClassFlag, constants, maps } from '../../dataplane/layout.gen.ts';
import { type RuleSet, wordsOf } from '../../dataplane/rule-set.ts';
import { compile } from './compile.ts';
import type { EgressAddress, EgressDesired, EgressPool } from './plan.ts';

const { MAX_EGRESS_POOLS } = constants;
const IPPROTO = { tcp: 6, udp: 17 } as const;

/**
 * Writes pools, policies and forwards into the rule set that is not in force.
 * @param desired undefined: the document has no egress
 * @param numbers of the ports by name
 */
export function applyEgress(
  dataPath: DataPath,
  rules: RuleSet,
  desired: EgressDesired | undefined,
  numbers: ReadonlyMap<string, number>,
): void {
  const pools = dataPath.map(maps.sgEgressPool);
  const empty = { first4: 0, count4: 0, first6: 0, count6: 0, timeout: [0, 0, 0, 0] };
  for (let number = 0; number < MAX_EGRESS_POOLS; number += 1) {
    pools.update(rules.number * MAX_EGRESS_POOLS + number, empty);
  }
  dataPath.map(maps.sgEgress).update(rules.number, {
    inside: sideMask(desired?.inside ?? [], numbers),
    only: sideMask(desired?.only ?? [], numbers),
  });
  if (desired === undefined) return;
  const { hz } = dataPath.knobs.current;
  for (const pool of desired.pools) {
    pools.update(rules.number * MAX_EGRESS_POOLS + pool.number, {
      first4: addAddresses(rules, pool, pool.addresses4),
      count4: pool.addresses4.length,
      first6: addAddresses(rules, pool, pool.addresses6),
      count6: pool.addresses6.length,
      timeout: timeouts(pool, hz),
    });
  }
  applyPolicies(dataPath, rules, desired);
  applyForwards(dataPath, rules, desired);
}

/** @returns position of the first address; the others stand behind it */
function addAddresses(rules: RuleSet, pool: EgressPool, addresses: readonly EgressAddress[]): number {
  const positions = addresses.map(({ address, index }) => {
    const position = rules.addPool({ address, portMin: pool.ports.first, portMax: pool.ports.last, table: index });
    rules.addClass(
      { bytes: address, length: address.length * 8 },
      {
        kind: 'CLASS_EGRESS_POOL',
        flags: ClassFlag.CLASS_POOL | ClassFlag.CLASS_ANNOUNCE_OUTSIDE,
        instance: pool.number,
        number: position,
      },
    );
    return position;
  });
  return positions[0] ?? 0;
}

function applyPolicies(dataPath: DataPath, rules: RuleSet, { policies }: EgressDesired): void {
  const { sources, identities, destinations } = compile(policies);
  for (const { prefix, set, table } of sources) {
    const key = rules.prefixKey(prefix, table);
    if ('addr4' in key) dataPath.map(maps.sgEgressSrc4).update({ ...key.rest, addr: key.addr4 }, set);
    else dataPath.map(maps.sgEgressSrc6).update({ ...key.rest, addr: key.addr6 }, set);
  }
  for (const { identity, set, table } of identities) {
    dataPath.map(maps.sgEgressId).update({ set: rules.number, table, identity }, set);
  }
  for (const { policy, prefix, set } of destinations) {
    const action = { policy: policy?.number ?? 0, pool: policy?.poolNumber ?? 0 };
    const key = rules.prefixKey(prefix, 0);
    const { prefixlen } = key.rest;
    const rest = { prefixlen, set: rules.number, policies: set };
    if ('addr4' in key) dataPath.map(maps.sgEgressDst4).update({ ...rest, addr: key.addr4 }, action);
    else dataPath.map(maps.sgEgressDst6).update({ ...rest, addr: key.addr6 }, action);
  }
}

function applyForwards(dataPath: DataPath, rules: RuleSet, { forwards }: EgressDesired): void {
  for (const { inside, outside, proto, table } of forwards) {
    const key = { addr: wordsOf(outside.address), port: outside.port, proto: IPPROTO[proto], set: rules.number };
    dataPath.map(maps.sgEgressFwd).update(key, { addr: wordsOf(inside.address), port: inside.port, table });
  }
}

/** Jiffies in the order of enum session_clock: transitory, established, UDP, ICMP. */
function timeouts({ timeouts: t }: EgressPool, hz: number): number[] {
  const jiffies = (ms: number): number => Math.ceil((ms * hz) / 1000);
  return [t.tcpTransitoryMs, t.tcpEstablishedMs, t.udpMs, t.icmpMs].map(jiffies);
}
