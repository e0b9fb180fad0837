import type { Desired, DesiredRoute } from '../../contract/desired.ts';
import type { ConfigWith, Feature } from '../../contract/feature.ts';
import { tableOf } from '../../contract/tenants.ts';
import { type Family, formatAddress, formatPrefix, parseAddress, parsePrefix } from '../../model/address.ts';
import { checkRoutes } from './check.ts';
import { type RouteConfig, type RoutesConfig, routesSchema } from './schema.ts';

/** Kernel routes of the document, in its order. */
export function planRoutes(config: ConfigWith<'routes', RoutesConfig>): Desired {
  return { routes: (config.routes ?? []).map((route) => planRoute(route, tableOf(config, route.tenant))) };
}

function planRoute(route: RouteConfig, table: number): DesiredRoute {
  const via = route.via === undefined ? undefined : parseAddress(route.via);
  const prefix = parsePrefix(route.to);
  const family: Family = prefix?.family ?? (via?.length === 16 ? 6 : 4);
  return {
    family,
    to: prefix === undefined ? (family === 4 ? '0.0.0.0/0' : '::/0') : formatPrefix(prefix),
    type: route.type ?? 'unicast',
    ...(via === undefined ? {} : { via: formatAddress(via) }),
    ...(table === 0 ? {} : { table }),
    owner: 'routes',
  };
}

export const routes: Feature<'routes', RoutesConfig> = {
  name: 'routes',
  schema: routesSchema,
  check: checkRoutes,
  plan: planRoutes,
};
