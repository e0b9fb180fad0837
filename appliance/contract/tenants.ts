import type { Config } from './feature.ts';
import type { InterfaceConfig } from './interfaces.ts';

/** What every feature may read of a tenant of the document. */
export interface TenantConfig {
  /** Kernel's number of its routing table. */
  table: number;
}

/** The largest table of a tenant; above it the data path has tables of its own. */
export const MAX_TENANT_TABLE = 61_439;

/** Number of a tenant's table. 0 is the main table: without a tenant, or for one that `tenants` does not name. */
export function tableOf(config: Config, tenant: string | undefined): number {
  return tenantOf(config, tenant)?.table ?? 0;
}

/** The tenant of this name, if the document has it. */
export function tenantOf(config: Config, tenant: string | undefined): TenantConfig | undefined {
  if (tenant === undefined || !Object.hasOwn(config.tenants ?? {}, tenant)) return undefined;
  return config.tenants?.[tenant];
}

/** Names of the tenants, for hints: what could stand in a key `tenant`. */
export function tenantsHint(config: Config): string {
  const names = Object.keys(config.tenants ?? {});
  return names.length === 0
    ? 'No tenants are named here: write tenants: {NAME: {table: 110}}'
    : `Tenants: ${names.join(', ')}`;
}

/** Names of the interfaces of a tenant; without one, of those that are no tenant's. */
export function interfacesOf(config: Config, tenant: string | undefined): [string, InterfaceConfig][] {
  return Object.entries(config.interfaces ?? {}).filter(([, iface]) => iface.tenant === tenant);
}
