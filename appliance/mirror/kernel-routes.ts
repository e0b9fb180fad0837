import type { EventAction, Route } from 'netlink-ts';
import { contains, formatPrefix, type Prefix, parseAddress } from '../model/address.ts';
import { destinationOf, type MirroredRoute, tableOf, translate } from './translate.ts';

/** A destination of a table, with what the kernel's best route says of it. */
export interface Entry {
  readonly prefix: Prefix;
  /** As the data path numbers it: 0 is main. */
  readonly table: number;
  readonly route: MirroredRoute;
}

interface Known {
  readonly prefix: Prefix;
  readonly table: number;
  /** By metric; the least is the one that counts. */
  readonly routes: Map<number, { readonly route: MirroredRoute; readonly hops: number }>;
}

interface Connected {
  readonly prefix: Prefix;
  readonly index: number;
}

/** What an event has changed. */
export interface Change {
  /** Destinations to look at again. */
  readonly keys: readonly string[];
  /** Next hops may be reached by other links now. */
  readonly links: boolean;
  /** The event does not say what is left: the table has to be read again. */
  readonly unclear: boolean;
}

const NOTHING: Change = { keys: [], links: false, unclear: false };

/** One text for each destination of a table. */
export function keyOf(table: number, prefix: Prefix): string {
  return `${table} ${formatPrefix(prefix)}`;
}

/** The kernel's routes, as far as the mirror needs them: those of segment routing, and which link is where. */
export class KernelRoutes {
  readonly #ownProtocol: number;
  readonly #known = new Map<string, Known>();
  readonly #connected = new Map<string, Connected>();

  /** @param ownProtocol RTPROT_ number of routes that are ours, not the kernel's users' */
  constructor(ownProtocol: number) {
    this.#ownProtocol = ownProtocol;
  }

  /** Whether a route is one of those that are kept, so that a reader of many can leave the others out. */
  concerns(route: Route): boolean {
    if (route.protocol === this.#ownProtocol || route.source !== undefined || route.tos !== 0) return false;
    return tableOf(route.table) !== undefined && (isConnected(route) || translate(route) !== undefined);
  }

  keys(): Iterable<string> {
    return this.#known.keys();
  }

  /** The best route to a destination; undefined: there is none any more. */
  best(key: string): Entry | undefined {
    const known = this.#known.get(key);
    if (known === undefined) return undefined;
    const { route } = known.routes.get(Math.min(...known.routes.keys())) as { route: MirroredRoute };
    return { prefix: known.prefix, table: known.table, route };
  }

  /** Index of the link that a neighbour's address is on; undefined: on none. */
  linkOf(address: Uint8Array): number | undefined {
    let best: Connected | undefined;
    for (const connected of this.#connected.values()) {
      if (connected.prefix.bytes.length !== address.length || !contains(connected.prefix, address)) continue;
      if (best === undefined || connected.prefix.length > best.prefix.length) best = connected;
    }
    return best?.index;
  }

  /** Takes a whole reading of the kernel's tables. */
  replace(routes: Iterable<Route>): void {
    this.#known.clear();
    this.#connected.clear();
    // Of two routes of the same metric the first one counts.
    for (const route of routes) if (this.concerns(route)) this.#put(route, false);
  }

  /** Takes an event. */
  apply(action: EventAction, route: Route): Change {
    const table = tableOf(route.table);
    if (table === undefined || route.source !== undefined || route.tos !== 0) return NOTHING;
    if (route.protocol === this.#ownProtocol) return NOTHING;
    const key = keyOf(table, destinationOf(route));
    const known = this.#known.get(key)?.routes.get(route.priority);
    const links = this.#connect(action, route, key);
    if (action === 'new' && translate(route) !== undefined) this.#put(route, true);
    else if (known === undefined) return { ...NOTHING, links };
    // IPv6 tells of each way by itself, and the event does not say which are left.
    else if (action === 'del' && known.hops > 1 && route.family === 6) return { keys: [], links, unclear: true };
    else this.#forget(key, route.priority);
    return { keys: [key], links, unclear: false };
  }

  #put(route: Route, replaces: boolean): void {
    const table = tableOf(route.table) as number;
    const prefix = destinationOf(route);
    const key = keyOf(table, prefix);
    this.#connect('new', route, key);
    const mirrored = translate(route);
    if (mirrored === undefined) return;
    const known = this.#known.get(key) ?? { prefix, table, routes: new Map() };
    this.#known.set(key, known);
    if (replaces || !known.routes.has(route.priority))
      known.routes.set(route.priority, { route: mirrored, hops: route.nextHops?.length ?? 1 });
  }

  #forget(key: string, priority: number): void {
    const known = this.#known.get(key);
    known?.routes.delete(priority);
    if (known?.routes.size === 0) this.#known.delete(key);
  }

  /** @returns whether something has changed */
  #connect(action: EventAction, route: Route, key: string): boolean {
    if (!isConnected(route)) return false;
    const { index } = route;
    const own = `${key} ${index}`;
    if (action === 'del') return this.#connected.delete(own);
    if (this.#connected.has(own)) return false;
    this.#connected.set(own, { prefix: destinationOf(route), index });
    return true;
  }
}

/** A route of the main table to hosts on a link. Link-local addresses say nothing: every link has them. */
function isConnected(route: Route): route is Route & { readonly index: number } {
  return (
    tableOf(route.table) === 0 &&
    route.type === 'unicast' &&
    route.index !== undefined &&
    route.via === undefined &&
    route.encap === undefined &&
    route.nextHops === undefined &&
    route.nextHopId === undefined &&
    !isLinkLocal(route.destination)
  );
}

function isLinkLocal(destination: string): boolean {
  const bytes = parseAddress(destination.split('/')[0] as string);
  return bytes?.length === 16 && bytes[0] === 0xfe && ((bytes[1] as number) & 0xc0) === 0x80;
}
