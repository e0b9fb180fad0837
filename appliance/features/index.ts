import { configurationSchema } from '../contract/config.ts';
import type { Feature } from '../contract/feature.ts';
import { firewall } from './firewall/plan.ts';
import { interfaces } from './interfaces/plan.ts';
import { nat64 } from './nat64/plan.ts';
import { routes } from './routes/plan.ts';

/** The only list of features, in the order of the document and of errors. */
export const features: readonly Feature[] = [interfaces, routes, firewall, nat64];

/** The schema of the whole document. */
export const configSchema = configurationSchema(features);

/** Address of this module, for the worker that reads documents: functions do not cross into it. */
export const featuresModule = import.meta.url;
