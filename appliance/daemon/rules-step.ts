import { createHash } from 'node:crypto';
import type { DesiredState } from '../contract/desired.ts';
import type { DataPath } from '../dataplane/datapath.ts';
import { RuleSet } from '../dataplane/rule-set.ts';
import type { Step } from '../engine/reconcile.ts';
import type { FirewallDesired } from '../features/firewall/plan.ts';
import { portNumbers } from '../features/interfaces/ports.ts';
import { applyNat64 } from '../features/nat64/apply.ts';
import type { Nat64Desired } from '../features/nat64/plan.ts';
import type { FactsFile } from '../store/instance-facts.ts';

/**
 * Puts the rules of all features in force together: the set that no packet reads is filled in, then one store makes it
 * the one that all packets read. The same rules are not put in force again, so that a restart leaves epoch and
 * sessions alone.
 */
export function rulesStep(dataPath: DataPath, facts: FactsFile): Step<DesiredState> {
  return {
    name: 'rules',
    run: async (desired) => {
      const numbers = portNumbers(facts, desired.ports);
      const nat64 = (desired.features.get('nat64') as Nat64Desired | undefined) ?? { instances: [] };
      const firewall = desired.features.get('firewall') as FirewallDesired | undefined;
      const digest = digestOf({ nat64, firewall, numbers: [...numbers] });
      if (digest === facts.current.rules && dataPath.knobs.rules.epoch !== 0) return [];
      await facts.change({ ids: { ...facts.current.ids, ...Object.fromEntries(desired.ids) } });
      const rules = RuleSet.begin(dataPath);
      applyNat64(dataPath, rules, nat64, numbers);
      dataPath.knobs.change({ forward: firewall?.forward === 'allow' ? 1 : 0 });
      rules.publish();
      await facts.change({ rules: digest });
      return [];
    },
  };
}

function digestOf(value: unknown): string {
  const text = JSON.stringify(value, (_, part) => (part instanceof Uint8Array ? [...part] : part));
  return createHash('sha256').update(text).digest('hex');
}
