import { createHash } from 'node:crypto';
import type { Rtnetlink } from 'netlink-ts';
import type { DesiredState } from '../contract/desired.ts';
import type { DataPath } from '../dataplane/datapath.ts';
import { RuleSet } from '../dataplane/rule-set.ts';
import type { Step } from '../engine/reconcile.ts';
import { applyEgress } from '../features/egress/apply.ts';
import type { EgressDesired } from '../features/egress/plan.ts';
import type { FirewallDesired } from '../features/firewall/plan.ts';
import { portNumbers } from '../features/interfaces/ports.ts';
import { applyNat64 } from '../features/nat64/apply.ts';
import type { Nat64Desired } from '../features/nat64/plan.ts';
import { applySrv6, resolveSids, type Srv6Surroundings } from '../features/srv6/apply.ts';
import type { Srv6Desired } from '../features/srv6/plan.ts';
import { applyVxlan } from '../features/vxlan/apply.ts';
import type { VxlanDesired } from '../features/vxlan/plan.ts';
import type { FactsFile } from '../store/instance-facts.ts';
import { errorSources, type RulesMirror } from './mirror.ts';
import { outsideSources } from './outside-sources.ts';

/**
 * Puts the rules of all features in force together: the set that no packet reads is filled in, then one store makes it
 * the one that all packets read. The same rules are not put in force again, so that a restart leaves epoch and
 * sessions alone.
 */
export function rulesStep(
  kernel: Rtnetlink,
  dataPath: DataPath,
  facts: FactsFile,
  mirror: RulesMirror,
): Step<DesiredState> {
  return {
    name: 'rules',
    run: async (desired) => {
      const numbers = portNumbers(facts, desired.ports);
      const nat64 = (desired.features.get('nat64') as Nat64Desired | undefined) ?? { instances: [] };
      const firewall = desired.features.get('firewall') as FirewallDesired | undefined;
      const srv6 = desired.features.get('srv6') as Srv6Desired | undefined;
      const vxlan = (desired.features.get('vxlan') as VxlanDesired | undefined) ?? { slots: [] };
      const egress = desired.features.get('egress') as EgressDesired | undefined;
      const sources = outsideSources(dataPath);
      const sids = resolveSids(srv6?.sids ?? [], await surroundings(kernel, dataPath));
      const digest = digestOf({ nat64, firewall, srv6, sids, vxlan, egress, sources, numbers: [...numbers] });
      await mirror.configure(desired);
      if (digest === facts.current.rules && dataPath.knobs.rules.epoch !== 0) {
        mirror.adopt();
        return [];
      }
      await facts.change({ ids: { ...facts.current.ids, ...Object.fromEntries(desired.ids) } });
      const rules = RuleSet.begin(dataPath);
      applyNat64(dataPath, rules, nat64, numbers);
      applyVxlan(dataPath, rules, vxlan, sources);
      applyEgress(dataPath, rules, egress, numbers);
      if (srv6 !== undefined) applySrv6(dataPath, rules, srv6, sids);
      dataPath.knobs.change({ forward: firewall?.forward === 'allow' ? 1 : 0 });
      mirror.fill(rules); // last: what the configuration says counts
      rules.publish();
      await facts.change({ rules: digest });
      return [];
    },
  };
}

async function surroundings(kernel: Rtnetlink, dataPath: DataPath): Promise<Srv6Surroundings> {
  const ifindexes = new Map((await kernel.links()).map(({ name, index }) => [name, index]));
  return { ifindexes, errorSources: (table) => errorSources(dataPath, table) };
}

function digestOf(value: unknown): string {
  const text = JSON.stringify(value, (_, part) => (part instanceof Uint8Array ? [...part] : part));
  return createHash('sha256').update(text).digest('hex');
}
