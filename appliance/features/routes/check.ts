import type { Config, ConfigWith, Facts } from '../../contract/feature.ts';
import { deviceOf } from '../../contract/interfaces.ts';
import { interfacesOf, tenantOf, tenantsHint } from '../../contract/tenants.ts';
import {
  contains,
  equalBytes,
  formatPrefix,
  hasHostBits,
  maskPrefix,
  type Prefix,
  parseAddress,
  parsePrefix,
} from '../../model/address.ts';
import type { SixgateError } from '../../model/errors.ts';
import { formatPath } from '../../model/path.ts';
import { routeError } from './errors.ts';
import type { RouteConfig, RoutesConfig } from './schema.ts';

/** Rules of `routes` beyond its schema. */
export function checkRoutes(config: ConfigWith<'routes', RoutesConfig>, facts: Facts | undefined): SixgateError[] {
  const routes = config.routes ?? [];
  const networks = new Map<string | undefined, Networks>();
  for (const { tenant } of routes) if (!networks.has(tenant)) networks.set(tenant, networksOf(config, facts, tenant));
  return [
    ...routes.flatMap((route, i) =>
      route.tenant !== undefined && tenantOf(config, route.tenant) === undefined
        ? [unknownTenant(config, route.tenant, i)]
        : checkRoute(route, i, networks.get(route.tenant) as Networks),
    ),
    ...checkDuplicates(routes),
  ];
}

function unknownTenant(config: Config, tenant: string, index: number): SixgateError {
  return routeError('ROUTE_TENANT_UNKNOWN', [index, 'tenant'], `No tenant is named ${tenant}`, tenantsHint(config));
}

/** What is known of the networks that the box is in. */
interface Networks {
  /** Interface addresses with their lengths. */
  readonly prefixes: readonly Prefix[];
  /** False when an interface may have networks that nobody told us. */
  readonly complete: boolean;
  /** A device of the document is not there, so its networks are not either. */
  readonly missing: boolean;
}

/** A tenant has the networks of its own interfaces only; what the document does not name is no tenant's. */
function networksOf(config: Config, facts: Facts | undefined, tenant: string | undefined): Networks {
  const entries = interfacesOf(config, tenant);
  const devices = new Set(entries.map(([name, iface]) => deviceOf(name, iface)));
  const others = new Set(Object.entries(config.interfaces ?? {}).map(([name, iface]) => deviceOf(name, iface)));
  const texts = [
    ...entries.flatMap(([, iface]) => iface.addresses ?? []),
    ...(facts?.links ?? [])
      .filter(({ name }) => devices.has(name) || (tenant === undefined && !others.has(name)))
      .flatMap((link) => link.addresses),
  ];
  const present = new Set(facts?.links.map((link) => link.name));
  return {
    prefixes: texts.map(parsePrefix).filter((prefix) => prefix !== undefined),
    complete: facts !== undefined || entries.every(([, iface]) => (iface.addresses ?? []).length > 0),
    missing:
      facts !== undefined &&
      entries.some(([name, iface]) => iface.link === undefined && !present.has(deviceOf(name, iface))),
  };
}

function checkRoute(route: RouteConfig, index: number, networks: Networks): SixgateError[] {
  const to = parsePrefix(route.to);
  const errors: SixgateError[] = [];
  if (to !== undefined && hasHostBits(to)) {
    const hint = `Write ${formatPrefix(maskPrefix(to))}`;
    errors.push(routeError('ROUTE_HOST_BITS', [index, 'to'], `${route.to} has bits set after its length`, hint));
  }
  if (route.type === 'blackhole') return [...errors, ...checkBlackhole(route, index, to)];
  const via = route.via === undefined ? undefined : parseAddress(route.via);
  if (via === undefined) {
    const sentence = `The route to ${route.to} has no next hop`;
    return [...errors, routeError('ROUTE_VIA_MISSING', [index], sentence, 'Write via: ADDRESS, or type: blackhole')];
  }
  if (to !== undefined && to.bytes.length !== via.length) {
    const sentence = `${route.to} is IPv${to.family}, and its next hop ${route.via} is not`;
    return [...errors, routeError('ROUTE_FAMILY', [index, 'via'], sentence, `Write an IPv${to.family} address`)];
  }
  return [...errors, ...checkVia(via, route.via as string, index, networks)];
}

function checkBlackhole(route: RouteConfig, index: number, to: Prefix | undefined): SixgateError[] {
  const errors: SixgateError[] = [];
  if (route.via !== undefined) {
    const sentence = `The blackhole route to ${route.to} has a next hop`;
    errors.push(routeError('ROUTE_VIA_UNUSED', [index, 'via'], sentence, 'Leave out via, or type: blackhole'));
  }
  if (to === undefined) {
    const hint = 'Write 0.0.0.0/0 or "::/0"';
    errors.push(routeError('ROUTE_FAMILY', [index, 'to'], 'A blackhole route to default can be IPv4 or IPv6', hint));
  }
  return errors;
}

function checkVia(via: Uint8Array, text: string, index: number, networks: Networks): SixgateError[] {
  const at = [index, 'via'];
  const [first = 0, second = 0] = via;
  if (via.length === 16 && first === 0xfe && (second & 0xc0) === 0x80) {
    const hint = 'Write a global address of that router';
    return [
      routeError('ROUTE_VIA_NOT_UNICAST', at, `${text} is link-local, so it does not say on which interface`, hint),
    ];
  }
  if (
    via.every((byte) => byte === 0) ||
    (via.length === 16 ? first === 0xff : first >= 224 || first === 0 || first === 127)
  ) {
    return [
      routeError(
        'ROUTE_VIA_NOT_UNICAST',
        at,
        `${text} is no address of a router`,
        'Write an address of the next router',
      ),
    ];
  }
  if (networks.prefixes.some((prefix) => equalBytes(prefix.bytes, via))) {
    const hint = 'Write the address of the next router';
    return [routeError('ROUTE_VIA_LOCAL', at, `${text} is an address of this box`, hint)];
  }
  if (!networks.complete || networks.prefixes.some((prefix) => contains(prefix, via))) return [];
  const nets = networks.prefixes
    .filter((prefix) => prefix.bytes.length === via.length)
    .map((prefix) => formatPrefix(maskPrefix(prefix)));
  const hint =
    nets.length === 0
      ? `No interface has an IPv${via.length === 4 ? 4 : 6} address`
      : `The box is in: ${[...new Set(nets)].slice(0, 6).join(', ')}`;
  const kind = networks.missing ? 'missing-interface' : undefined;
  return [routeError('ROUTE_VIA_UNREACHABLE', at, `${text} is in no network of an interface`, hint, { kind })];
}

function checkDuplicates(routes: RoutesConfig): SixgateError[] {
  const seen = new Map<string, number>();
  return routes.flatMap((route, i) => {
    const key = `${route.tenant ?? ''} ${destinationKey(route)}`;
    const other = seen.get(key);
    if (other === undefined) {
      seen.set(key, i);
      return [];
    }
    return [
      routeError('ROUTE_DUPLICATE', [i, 'to'], `There is already a route to ${route.to}`, 'Leave one of them out', {
        otherPath: formatPath(['routes', other, 'to']),
      }),
    ];
  });
}

function destinationKey(route: RouteConfig): string {
  const to = parsePrefix(route.to);
  if (to !== undefined) return formatPrefix(maskPrefix(to));
  return route.via?.includes(':') ? '::/0' : '0.0.0.0/0';
}
