import type { Srv6Reply } from '../contract/api-srv6.ts';
import type { DataPath } from '../dataplane/datapath.ts';
import { constants, maps } from '../dataplane/layout.gen.ts';
import { shareBuckets, srv6Tunnel } from '../dataplane/srv6-tunnel.ts';
import type { DesiredPolicy, DesiredSid, Srv6Desired } from '../features/srv6/plan.ts';
import { formatAddress, formatPrefix } from '../model/address.ts';

/**
 * The answer of GET /v1/srv6.
 * @param devices names of the kernel's devices
 */
export function srv6Of(dataPath: DataPath, desired: Srv6Desired | undefined, devices: ReadonlySet<string>): Srv6Reply {
  if (desired === undefined) return { locators: [], sids: [], policies: [], steering: [] };
  const { outer, locators, sids, policies, steering } = desired;
  return {
    ...(outer === undefined ? {} : { source: formatAddress(outer.source) }),
    locators: locators.map(({ name, prefix }) => ({ name, prefix: formatPrefix(prefix) })),
    sids: sids.map((sid) => sidView(dataPath, sid, devices)),
    policies: policies.map((policy) => ({
      ...policyView(policy),
      steered: steering.filter((entry) => entry.policy === policy.name).length,
    })),
    steering: steering.map(({ to, tenant, policy }) => ({
      to: formatPrefix(to),
      ...(tenant === undefined ? {} : { tenant }),
      policy,
    })),
  };
}

function sidView(dataPath: DataPath, sid: DesiredSid, devices: ReadonlySet<string>): Srv6Reply['sids'][number] {
  const { behavior, flavors, tenant, next, number } = sid;
  // A SID keeps its number through both sets, and each set counts for itself.
  const counts = [0, 1].flatMap((set) => dataPath.map(maps.sgSidCount).lookupAll(set * constants.MAX_SIDS + number));
  const sum = (key: 'packets' | 'bytes'): number => Number(counts.reduce((total, each) => total + each[key], 0n));
  return {
    sid: formatAddress(sid.sid),
    behavior,
    flavors: [...flavors],
    ...(tenant === undefined ? {} : { tenant }),
    ...(next === undefined ? {} : { interface: next.interface, via: formatAddress(next.via) }),
    state: next === undefined || devices.has(next.device) ? 'ok' : 'waiting',
    packets: sum('packets'),
    bytes: sum('bytes'),
  };
}

function policyView({ name, reduced, lists }: DesiredPolicy): Omit<Srv6Reply['policies'][number], 'steered'> {
  const buckets = shareBuckets(lists.map(({ weight }) => weight));
  const anywhere = { source: new Uint8Array(16), hopLimit: 64, dscp: 0, reduced };
  return {
    name,
    encapsulation: reduced ? 'H.Encaps.Red' : 'H.Encaps',
    lists: lists.map(({ weight, segments }, i) => ({
      weight,
      share: buckets.filter((index) => index === i).length,
      segments: segments.map(formatAddress),
      overhead: srv6Tunnel({ ...anywhere, segments }).len,
    })),
  };
}
