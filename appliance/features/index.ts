import { configurationSchema } from '../contract/config.ts';
import type { Feature } from '../contract/feature.ts';
import { egress } from './egress/plan.ts';
import { firewall } from './firewall/plan.ts';
import { interfaces } from './interfaces/plan.ts';
import { nat64 } from './nat64/plan.ts';
import { routes } from './routes/plan.ts';
import { srv6 } from './srv6/plan.ts';
import { tenants } from './tenants/plan.ts';
import { vxlan } from './vxlan/plan.ts';

/** The only list of features, in the order of the document and of errors. */
export const features: readonly Feature[] = [interfaces, tenants, routes, firewall, nat64, srv6, vxlan, egress];

/** The schema of the whole document. */
export const configSchema = configurationSchema(features);

/** Address of this module, for the worker that reads documents: functions do not cross into it. */
export const featuresModule = import.meta.url;
