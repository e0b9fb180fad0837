import type { Route, Rtnetlink } from 'netlink-ts';
import type { DesiredRoute, DesiredState } from '../../contract/desired.ts';
import type { Step } from '../../engine/reconcile.ts';
import { SixgateError } from '../../model/errors.ts';
import type { FactsFile } from '../../store/instance-facts.ts';

/** RTPROT_ number of the routes that Sixgate makes: only these are replaced and deleted. */
export const ROUTE_PROTOCOL = 86;
const MAIN_TABLE = 254;

/** A route as the facts remember it: its destination, and behind it its table where that is not the main one. */
const noted = ({ to, table }: DesiredRoute): string => (table === undefined ? to : `${to} ${table}`);

/**
 * Makes the kernel's tables hold the routes of the document, and takes away what an older document wanted. Networks of
 * interfaces come first: next hops are in them.
 */
export function routesStep(kernel: Rtnetlink, facts: FactsFile): Step<DesiredState> {
  return {
    name: 'routes',
    run: async ({ routes }) => {
      const problems: SixgateError[] = [];
      const present = await ours(kernel, facts);
      const devices = new Map((await kernel.links()).map(({ name, index }) => [name, index]));
      // Noted before it is done: a daemon that dies in between still knows what is its own.
      await facts.change({ routes: [...new Set([...facts.current.routes, ...routes.map(noted)])].sort() });
      for (const route of routes) {
        const is = present.get(noted(route));
        present.delete(noted(route));
        const index = route.device === undefined ? undefined : devices.get(route.device);
        if (route.device !== undefined && index === undefined) continue; // `interfaces` has said so
        if (is?.type === route.type && is.via === route.via && (index === undefined || is.index === index)) continue;
        try {
          await kernel.addRoute(toKernel(route, index));
          await keepResolved(kernel, route);
        } catch (cause) {
          problems.push(refused(route, cause));
        }
      }
      for (const [, route] of present) await remove(kernel, route);
      await facts.change({ routes: routes.map(noted).sort() });
      return problems;
    },
  };
}

/** Takes away every route that the instance has made. */
export async function removeRoutes(kernel: Rtnetlink, facts: FactsFile): Promise<void> {
  for (const [, route] of await ours(kernel, facts)) await remove(kernel, route);
  await facts.change({ routes: [] });
}

/** A device that is gone, or a network that is another's now, may have taken the route with it. */
async function remove(kernel: Rtnetlink, { destination, table }: Route): Promise<void> {
  try {
    await kernel.delRoute({ destination, table, protocol: ROUTE_PROTOCOL });
  } catch (error) {
    if ((error as { code?: string }).code !== 'ESRCH') throw error;
  }
}

/** Two instances may live in one namespace: the protocol says that a route is Sixgate's, the facts say whose. */
async function ours(kernel: Rtnetlink, facts: FactsFile): Promise<Map<string, Route>> {
  const own = new Set(facts.current.routes);
  const nameOf = ({ destination, table }: Route): string =>
    table === MAIN_TABLE ? destination : `${destination} ${table}`;
  const routes = await kernel.routes({}, (route) => route.protocol === ROUTE_PROTOCOL && own.has(nameOf(route)));
  return new Map(routes.map((route) => [nameOf(route), route]));
}

function toKernel(route: DesiredRoute, index: number | undefined): Parameters<Rtnetlink['addRoute']>[0] {
  return {
    destination: route.to,
    type: route.type,
    protocol: ROUTE_PROTOCOL,
    ...(route.table === undefined ? {} : { table: route.table }),
    ...(route.via === undefined ? {} : { via: route.via }),
    ...(index === undefined ? {} : { index }),
    // A network of a link, not behind a router (RT_SCOPE_LINK): else no next hop in it is accepted.
    ...(index === undefined || route.via !== undefined || route.family === 6 ? {} : { scope: 'link' as const }),
  };
}

/**
 * Asks the kernel to keep the next hop resolved without traffic (NTF_EXT_MANAGED): redirected packets do not tell it
 * that the neighbour is in use.
 */
async function keepResolved(kernel: Rtnetlink, route: DesiredRoute): Promise<void> {
  if (route.via === undefined) return;
  const table = route.table ?? MAIN_TABLE;
  const [made] = await kernel.routes(
    { table },
    ({ destination, protocol }) => destination === route.to && protocol === ROUTE_PROTOCOL,
  );
  if (made?.index === undefined) return;
  await kernel.addNeighbour({ index: made.index, address: route.via, flags: { managed: true } });
}

function refused(route: DesiredRoute, cause: unknown): SixgateError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  const where = route.table === undefined ? '' : ` in table ${route.table}`;
  return new SixgateError('ROUTE_REFUSED', `The kernel refuses the route to ${route.to}${where}: ${reason}`, {
    path: route.owner,
    hint: 'It is tried again; see `ip route`',
    cause,
  });
}
