import type { ConfigWith, Feature } from '../../contract/feature.ts';
import type { SixgateError } from '../../model/errors.ts';
import { formatPath } from '../../model/path.ts';
import { tenantError } from './errors.ts';
import { type TenantsConfig, tenantsSchema } from './schema.ts';

/** RT_TABLE_ of linux/rtnetlink.h. */
const KERNEL_TABLES: Readonly<Record<number, string>> = { 253: 'default', 254: 'main', 255: 'local' };

/** What the schema cannot say of tables. Who names a tenant that does not exist is told by its own feature. */
export function checkTenants(config: ConfigWith<'tenants', TenantsConfig>): SixgateError[] {
  const seen = new Map<number, string>();
  return Object.entries(config.tenants ?? {}).flatMap(([name, { table }]) => {
    const kernels = KERNEL_TABLES[table];
    if (kernels !== undefined) {
      const sentence = `${table} is the kernel's table ${kernels}`;
      return [
        tenantError('TENANT_TABLE_RESERVED', [name, 'table'], sentence, 'Take a number that nobody uses, such as 110'),
      ];
    }
    const other = seen.get(table);
    if (other === undefined) {
      seen.set(table, name);
      return [];
    }
    return [
      tenantError(
        'TENANT_TABLE_DUPLICATE',
        [name, 'table'],
        `Table ${table} is already ${other}'s`,
        'Each tenant has a table of its own',
        {
          otherPath: formatPath(['tenants', other, 'table']),
        },
      ),
    ];
  });
}

/** What others ask about tenants as a whole. */
export interface TenantsDesired {
  /** Their routing tables. */
  readonly tables: readonly number[];
}

/** Tenants are words that others use: by themselves they want nothing of the gateway. */
export const tenants: Feature<'tenants', TenantsConfig, TenantsDesired> = {
  name: 'tenants',
  schema: tenantsSchema,
  check: checkTenants,
  plan: (config) => ({ own: { tables: Object.values(config.tenants ?? {}).map(({ table }) => table) } }),
};
