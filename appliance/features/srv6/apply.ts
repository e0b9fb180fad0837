import type { DataPath } from '../../dataplane/datapath.ts';
import { ClassKind, constants, maps, type Sid, SidBehavior, SidFlavor } from '../../dataplane/layout.gen.ts';
import { wordsOf } from '../../dataplane/prefix-key.ts';
import type { RuleSet } from '../../dataplane/rule-set.ts';
import { shareBuckets, srv6Tunnel } from '../../dataplane/srv6-tunnel.ts';
import type { DesiredSid, OuterHeader, Srv6Desired } from './plan.ts';
import type { Behavior, Flavor } from './schema.ts';

const { MAX_SIDS } = constants;

const behaviors: Readonly<Record<Behavior, number>> = {
  End: SidBehavior.SID_END,
  'End.X': SidBehavior.SID_END_X,
  'End.DX4': SidBehavior.SID_END_DX4,
  'End.DX6': SidBehavior.SID_END_DX6,
  'End.DT4': SidBehavior.SID_END_DT4,
  'End.DT6': SidBehavior.SID_END_DT6,
  'End.DT46': SidBehavior.SID_END_DT46,
};

const flavors: Readonly<Record<Flavor, number>> = {
  psp: SidFlavor.SID_PSP,
  usp: SidFlavor.SID_USP,
  usd: SidFlavor.SID_USD,
};

/** What the kernel knows and the document does not. */
export interface Srv6Surroundings {
  /** Kernel numbers of devices by name. */
  readonly ifindexes: ReadonlyMap<string, number>;
  /** Sources of ICMP errors about packets that come out of a tunnel into a table: 4 and 16 bytes. */
  errorSources(table: number): { readonly addr4?: Uint8Array; readonly addr6?: Uint8Array };
}

/** A SID with everything that the data path needs; the digest of the rules has this in it. */
export interface ResolvedSid {
  readonly number: number;
  readonly sid: Uint8Array;
  readonly value: Sid;
}

/** SIDs whose devices are there. The others come when they do; until then their packets are dropped: no such SID. */
export function resolveSids(sids: readonly DesiredSid[], surroundings: Srv6Surroundings): ResolvedSid[] {
  return sids.flatMap((sid): ResolvedSid[] => {
    const ifindex = sid.next === undefined ? 0 : surroundings.ifindexes.get(sid.next.device);
    if (ifindex === undefined) return [];
    const { addr4, addr6 } = surroundings.errorSources(sid.table);
    return [
      {
        number: sid.number,
        sid: sid.sid,
        value: {
          behavior: behaviors[sid.behavior],
          flavors: sid.flavors.reduce((bits, flavor) => bits | flavors[flavor], 0),
          table: sid.table,
          ifindex,
          nh: sid.next === undefined ? [0, 0, 0, 0] : wordsOf(sid.next.via),
          nhFamily: sid.next === undefined ? 0 : sid.next.via.length === 4 ? 4 : 6,
          addr4: addr4 === undefined ? 0 : (wordsOf(addr4)[0] as number),
          addr6: addr6 === undefined ? [0, 0, 0, 0] : wordsOf(addr6),
        },
      },
    ];
  });
}

/** Writes the SR domain, its SIDs and what is steered into it into the rule set that is not in force. */
export function applySrv6(
  dataPath: DataPath,
  rules: RuleSet,
  desired: Srv6Desired,
  sids: readonly ResolvedSid[],
): void {
  for (const prefix of desired.domain) rules.addClass(prefix, { kind: 'CLASS_SRV6_DOMAIN' });
  for (const { prefix } of desired.locators) rules.addClass(prefix, { kind: 'CLASS_SRV6_LOCATOR' });
  const table = dataPath.map(maps.sgSid);
  for (const { number, sid, value } of sids) {
    table.update(rules.number * MAX_SIDS + number, value);
    rules.addClass({ bytes: sid, length: 128 }, { kind: 'CLASS_SRV6_SID', number });
  }
  writeSources(dataPath, rules, desired);
  if (desired.outer !== undefined) steer(rules, desired, desired.outer);
}

/** RFC 8754 section 5.1. Without an entry nobody could reach a SID. */
function writeSources(dataPath: DataPath, rules: RuleSet, { sources }: Srv6Desired): void {
  const everybody = { bytes: new Uint8Array(16), length: 0 };
  for (const { bytes, length } of sources.length === 0 ? [everybody] : sources)
    dataPath
      .map(maps.sgSrv6Source)
      .update({ prefixlen: 32 + length, set: rules.number, addr: wordsOf(bytes) }, ClassKind.CLASS_SRV6_DOMAIN);
}

function steer(rules: RuleSet, { policies, steering }: Srv6Desired, outer: OuterHeader): void {
  rules.addClass({ bytes: outer.source, length: 128 }, { kind: 'CLASS_TUNNEL_END' });
  const buckets = new Map<string, number[]>();
  for (const { name, reduced, lists } of policies) {
    if (!steering.some(({ policy }) => policy === name)) continue;
    const tunnels = lists.map(({ segments }) => rules.addTunnel(srv6Tunnel({ ...outer, segments, reduced })));
    buckets.set(
      name,
      shareBuckets(lists.map(({ weight }) => weight)).map((index) => tunnels[index] as number),
    );
  }
  for (const { to, table, policy } of steering) rules.addSteer(to, buckets.get(policy) as number[], table);
}
