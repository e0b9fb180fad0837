import type { Desired, DesiredRoute } from '../../contract/desired.ts';
import type { ConfigWith, Feature } from '../../contract/feature.ts';
import { type Family, formatAddress, formatPrefix, parseAddress, parsePrefix } from '../../model/address.ts';
import { checkRoutes } from './check.ts';
import { type RouteConfig, type RoutesConfig, routesSchema } from './schema.ts';

/** Kernel routes of the document, in its order. */
export function planRoutes(config: ConfigWith<'routes', RoutesConfig>): Desired {
  return { routes: (config.routes ?? []).map(planRoute) };
}

function planRoute(route: RouteConfig): DesiredRoute {
  const via = route.via === undefined ? undefined : parseAddress(route.via);
  const prefix = parsePrefix(route.to);
  const family: Family = prefix?.family ?? (via?.length === 16 ? 6 : 4);
  return {
    family,
    to: prefix === undefined ? (family === 4 ? '0.0.0.0/0' : '::/0') : formatPrefix(prefix),
    type: route.type ?? 'unicast',
    ...(via === undefined ? {} : { via: formatAddress(via) }),
    owner: 'routes',
  };
}

export const routes: Feature<'routes', RoutesConfig> = {
  name: 'routes',
  schema: routesSchema,
  check: checkRoutes,
  plan: planRoutes,
};
