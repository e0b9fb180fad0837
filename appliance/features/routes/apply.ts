import type { Rtnetlink } from 'netlink-ts';
import type { DesiredRoute, DesiredState } from '../../contract/desired.ts';
import type { Step } from '../../engine/reconcile.ts';
import { SixgateError } from '../../model/errors.ts';
import type { FactsFile } from '../../store/instance-facts.ts';

/** RTPROT_ number of the routes that Sixgate makes: only these are replaced and deleted. */
export const ROUTE_PROTOCOL = 86;
const MAIN_TABLE = 254;

/** Makes the kernel's main table hold the routes of the document, and takes away what an older document wanted. */
export function routesStep(kernel: Rtnetlink, facts: FactsFile): Step<DesiredState> {
  return {
    name: 'routes',
    run: async ({ routes }) => {
      const problems: SixgateError[] = [];
      const present = await ours(kernel, facts);
      // Noted before it is done: a daemon that dies in between still knows what is its own.
      await facts.change({ routes: [...new Set([...facts.current.routes, ...routes.map(({ to }) => to)])].sort() });
      for (const route of routes) {
        const is = present.get(route.to);
        present.delete(route.to);
        if (is?.type === route.type && is.via === route.via) continue;
        try {
          await kernel.addRoute(toKernel(route));
          await keepResolved(kernel, route);
        } catch (cause) {
          problems.push(refused(route, cause));
        }
      }
      for (const destination of present.keys()) await kernel.delRoute({ destination, protocol: ROUTE_PROTOCOL });
      await facts.change({ routes: routes.map(({ to }) => to).sort() });
      return problems;
    },
  };
}

/** Takes away every route that the instance has made. */
export async function removeRoutes(kernel: Rtnetlink, facts: FactsFile): Promise<void> {
  for (const destination of (await ours(kernel, facts)).keys())
    await kernel.delRoute({ destination, protocol: ROUTE_PROTOCOL });
  await facts.change({ routes: [] });
}

/** Two instances may live in one namespace: the protocol says that a route is Sixgate's, the facts say whose. */
async function ours(
  kernel: Rtnetlink,
  facts: FactsFile,
): Promise<Map<string, { type: string | number; via: string | undefined }>> {
  const all = await kernel.routes({ table: MAIN_TABLE });
  const own = new Set(facts.current.routes);
  return new Map(
    all
      .filter((route) => route.protocol === ROUTE_PROTOCOL && own.has(route.destination))
      .map((route) => [route.destination, { type: route.type, via: route.via }]),
  );
}

function toKernel(route: DesiredRoute): Parameters<Rtnetlink['addRoute']>[0] {
  return {
    destination: route.to,
    type: route.type,
    protocol: ROUTE_PROTOCOL,
    ...(route.via === undefined ? {} : { via: route.via }),
  };
}

/**
 * Asks the kernel to keep the next hop resolved without traffic (NTF_EXT_MANAGED): redirected packets do not tell it
 * that the neighbour is in use.
 */
async function keepResolved(kernel: Rtnetlink, route: DesiredRoute): Promise<void> {
  if (route.via === undefined) return;
  const made = (await kernel.routes({ table: MAIN_TABLE })).find(
    ({ destination, protocol }) => destination === route.to && protocol === ROUTE_PROTOCOL,
  );
  if (made?.index === undefined) return;
  await kernel.addNeighbour({ index: made.index, address: route.via, flags: { managed: true } });
}

function refused(route: DesiredRoute, cause: unknown): SixgateError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new SixgateError('ROUTE_REFUSED', `The kernel refuses the route to ${route.to}: ${reason}`, {
    path: route.owner,
    hint: 'It is tried again; see `ip route`',
    cause,
  });
}
