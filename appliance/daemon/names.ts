import { FIRST_SLOT_TABLE } from '../contract/slots.ts';
import type { EgressDesired } from '../features/egress/plan.ts';
import type { Nat64Desired } from '../features/nat64/plan.ts';
import type { VxlanDesired } from '../features/vxlan/plan.ts';
import type { Configuration } from './configuration.ts';

/** Sessions of a static forward have this bit beside the number of their pool (bpf/feature/egress/egress.h). */
const EGRESS_FORWARD = 0x8000;

/** Words of the document for the numbers that the data path has for them; a number that is gone stays a number. */
export interface Names {
  port(number: number): string | undefined;
  /** Of NAT64 an instance, of egress a pool. */
  instance(feature: string, id: number): string;
  /** Of egress. */
  policy(number: number): string;
  /** A tenant, or a slot. */
  table(number: number): string;
}

/** @param numbers of the ports by name */
export function namesOf(configuration: Configuration, numbers: () => ReadonlyMap<string, number>): Names {
  const own = <T>(feature: string): T | undefined => configuration.desired.features.get(feature) as T | undefined;
  return {
    port: (number) => [...numbers()].find(([, its]) => its === number)?.[0],
    instance: (feature, id) => {
      const named =
        feature === 'egress'
          ? own<EgressDesired>('egress')?.pools.find((pool) => pool.number === (id & ~EGRESS_FORWARD))
          : own<Nat64Desired>('nat64')?.instances.find((instance) => instance.id === id);
      return named?.name ?? String(id);
    },
    policy: (number) =>
      own<EgressDesired>('egress')?.policies.find((one) => one.number === number)?.name ?? String(number),
    table: (number) => {
      if (number >= FIRST_SLOT_TABLE) {
        const slot = own<VxlanDesired>('vxlan')?.slots.find((one) => one.number === number - FIRST_SLOT_TABLE);
        return slot?.name ?? String(number);
      }
      const tenants = configuration.config.tenants ?? {};
      return Object.entries(tenants).find(([, { table }]) => table === number)?.[0] ?? String(number);
    },
  };
}
