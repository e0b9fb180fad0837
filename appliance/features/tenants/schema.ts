import { type Static, Type } from 'typebox';
import { namedMap, PLAIN_NAME } from '../../contract/schema.ts';
import { MAX_TENANT_TABLE } from '../../contract/tenants.ts';

export const tenantSchema = Type.Object(
  {
    table: Type.Integer({
      minimum: 1,
      maximum: MAX_TENANT_TABLE,
      description: `Number of the kernel's routing table that the tenant has for itself, 1 to ${MAX_TENANT_TABLE} without 253 to 255.`,
      examples: [110],
    }),
  },
  {
    additionalProperties: false,
    description:
      'A tenant: interfaces, routes and tunnels with addresses of their own, which other tenants may have too.',
  },
);

export const tenantsSchema = namedMap(tenantSchema, PLAIN_NAME, {
  description: 'Tenants by name. Their traffic meets only where the configuration says so.',
  examples: [{ red: { table: 110 } }],
});

export type TenantsConfig = Static<typeof tenantsSchema>;
