/** Reads and changes the kernel's links, addresses, routes, rules and neighbours. */
import { constants } from 'node:os';
import {
  type Address,
  decodeAddress,
  encodeAddress,
  encodeAddressQuery,
  type NewAddress,
  RTM_DELADDR,
  RTM_GETADDR,
  RTM_NEWADDR,
} from './addr.ts';
import type { Family } from './bytes.ts';
import { NetlinkError, unless } from './error.ts';
import { decodeLink, type Link } from './link.ts';
import {
  encodeIfinfo,
  encodeLinkQuery,
  encodeLinkSettings,
  encodeNewLink,
  type LinkSettings,
  type LinkSpec,
} from './link-change.ts';
import { RTM_DELLINK, RTM_GETLINK, RTM_NEWLINK } from './link-tables.ts';
import { present } from './names.ts';
import {
  decodeNeighbour,
  encodeNeighbour,
  encodeNeighbourQuery,
  type Neighbour,
  type NeighbourFilter,
  type NewNeighbour,
  RTM_DELNEIGH,
  RTM_GETNEIGH,
  RTM_NEWNEIGH,
} from './neigh.ts';
import { NLM_F_CREATE, NLM_F_EXCL, NLM_F_REPLACE, type RequestCounters, Requests } from './requests.ts';
import {
  decodeRoute,
  encodeRoute,
  encodeRouteQuery,
  type NewRoute,
  type Route,
  type RouteFilter,
  RTM_DELROUTE,
  RTM_GETROUTE,
  RTM_NEWROUTE,
} from './route.ts';
import {
  decodeRule,
  encodeRule,
  encodeRuleQuery,
  type NewRule,
  RTM_DELRULE,
  RTM_GETRULE,
  RTM_NEWRULE,
  type Rule,
} from './rule.ts';
import type { Waiter } from './socket.ts';

export interface RtnetlinkOptions {
  /** Receive buffer; 1 MiB unless told. */
  readonly rcvbufBytes?: number;
}

/** Dumps of both families unless one is told. */
type DumpFilter<F extends { readonly family?: unknown }> = Omit<F, 'family'> & Partial<Pick<F, 'family'>>;

const families: readonly Family[] = [4, 6];

/**
 * One socket for requests, in the network namespace of the process. Any number of requests may be under way; they are
 * sent in the order of the calls. Every method rejects with NetlinkError, and with TypeError or RangeError for what
 * cannot be encoded (nothing is sent then).
 */
export class Rtnetlink {
  readonly #requests: Requests;

  private constructor(waiter: Waiter, options: RtnetlinkOptions) {
    this.#requests = new Requests(waiter, options.rcvbufBytes);
  }

  /** @throws NetlinkError when there is no such socket */
  static open(waiter: Waiter, options: RtnetlinkOptions = {}): Rtnetlink {
    return new Rtnetlink(waiter, options);
  }

  /** Rejects what is under way with code CLOSED. A second call does nothing. */
  close(): void {
    this.#requests.close();
  }

  /** What has happened so far, for metrics. */
  get counters(): Readonly<RequestCounters> {
    return this.#requests.counters;
  }

  async links(): Promise<Link[]> {
    return this.#requests.dump('RTM_GETLINK', RTM_GETLINK, encodeIfinfo(0), (message) => decodeLink(message.body));
  }

  /** By index, name or alternative name; undefined when there is none. */
  async link(nameOrIndex: number | string): Promise<Link | undefined> {
    const body = encodeLinkQuery(nameOrIndex);
    const replies = this.#requests.request('RTM_GETLINK', RTM_GETLINK, 0, body, (message) => decodeLink(message.body));
    return (await unless(replies, ['ENODEV'], []))[0];
  }

  /** Changes what is told and leaves the rest. */
  async setLink(index: number, settings: LinkSettings): Promise<void> {
    const { addressGeneration, ...rest } = settings;
    // The kernel sets the link up first, and makes a link-local address then; hence a request of its own.
    if (addressGeneration !== undefined) await this.#setLink(index, { addressGeneration });
    await this.#setLink(index, rest);
  }

  /** Makes a link and returns it; nothing is left when it rejects. Code EEXIST: the name is taken. */
  async addLink(spec: LinkSpec): Promise<Link> {
    const { addressGeneration, alias, up, ...rest } = spec;
    const later = addressGeneration !== undefined || alias !== undefined;
    // Of a link in the making the kernel refuses the address generation (EAFNOSUPPORT) and forgets the alias.
    const body = encodeNewLink(later ? rest : spec);
    await this.#requests.request('RTM_NEWLINK', RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, body);
    const link = await this.#requireLink(spec.name);
    if (!later) return link;
    try {
      await this.setLink(link.index, present({ addressGeneration, alias, up }));
      return await this.#requireLink(spec.name);
    } catch (error) {
      await this.delLink(link.index);
      throw error;
    }
  }

  async delLink(index: number): Promise<void> {
    await this.#requests.request('RTM_DELLINK', RTM_DELLINK, 0, encodeLinkQuery(index));
  }

  async addresses(filter: { readonly family?: Family; readonly index?: number } = {}): Promise<Address[]> {
    return this.#requests.dump('RTM_GETADDR', RTM_GETADDR, encodeAddressQuery(filter), (message) =>
      decodeAddress(message.body),
    );
  }

  /** Code EEXIST when it is there, unless `replace`: then its flags and lifetimes become those told. */
  async addAddress(address: NewAddress, options: { readonly replace?: boolean } = {}): Promise<void> {
    const flags = NLM_F_CREATE | (options.replace ? NLM_F_REPLACE : NLM_F_EXCL);
    await this.#requests.request('RTM_NEWADDR', RTM_NEWADDR, flags, encodeAddress(address));
  }

  /** Code EADDRNOTAVAIL when it is not there. */
  async delAddress(address: Pick<NewAddress, 'index' | 'address' | 'peer'>): Promise<void> {
    await this.#requests.request('RTM_DELADDR', RTM_DELADDR, 0, encodeAddress(address));
  }

  /**
   * Of both families unless told, of all tables unless told. A table that does not exist has no routes.
   *
   * @param keep which of them to give; the others are never all in memory
   */
  async routes(filter: DumpFilter<RouteFilter> = {}, keep: (route: Route) => boolean = () => true): Promise<Route[]> {
    const dumps = (filter.family === undefined ? families : [filter.family]).map((family) => {
      const body = encodeRouteQuery({ ...filter, family });
      const routes = this.#requests.dump('RTM_GETROUTE', RTM_GETROUTE, body, (message) => {
        const route = decodeRoute(message.body);
        return route !== undefined && keep(route) ? route : undefined;
      });
      return unless(routes, ['ENOENT'], []);
    });
    return (await Promise.all(dumps)).flat();
  }

  /** Replaces a route of the same table, destination and priority. */
  async addRoute(route: NewRoute): Promise<void> {
    await this.#requests.request('RTM_NEWROUTE', RTM_NEWROUTE, NLM_F_CREATE | NLM_F_REPLACE, encodeRoute(route, 'add'));
  }

  /** What is not told matches anything, but the table is main. Code ESRCH when there is none. */
  async delRoute(route: NewRoute): Promise<void> {
    await this.#requests.request('RTM_DELROUTE', RTM_DELROUTE, 0, encodeRoute(route, 'delete'));
  }

  async rules(filter: { readonly family?: Family } = {}): Promise<Rule[]> {
    const dumps = (filter.family === undefined ? families : [filter.family]).map((family) =>
      this.#requests.dump('RTM_GETRULE', RTM_GETRULE, encodeRuleQuery(family), (message) => decodeRule(message.body)),
    );
    return (await Promise.all(dumps)).flat();
  }

  /** Code EEXIST when the same rule is there. */
  async addRule(rule: NewRule): Promise<void> {
    await this.#requests.request('RTM_NEWRULE', RTM_NEWRULE, NLM_F_CREATE | NLM_F_EXCL, encodeRule(rule, 'add'));
  }

  /** Deletes the first rule that has what is told. Code ENOENT when there is none. */
  async delRule(rule: NewRule): Promise<void> {
    await this.#requests.request('RTM_DELRULE', RTM_DELRULE, 0, encodeRule(rule, 'delete'));
  }

  /** IPv4 and IPv6 unless told. */
  async neighbours(filter: NeighbourFilter = {}): Promise<Neighbour[]> {
    const dumps = (filter.family === undefined ? families : [filter.family]).map((family) =>
      this.#requests.dump('RTM_GETNEIGH', RTM_GETNEIGH, encodeNeighbourQuery({ ...filter, family }), (message) =>
        decodeNeighbour(message.body),
      ),
    );
    const all = (await Promise.all(dumps)).flat();
    // The forwarding database and the proxies are not filtered by link in the kernel.
    return filter.index === undefined ? all : all.filter((neighbour) => neighbour.index === filter.index);
  }

  /** Replaces what is known of the same address on the same link. */
  async addNeighbour(neighbour: NewNeighbour): Promise<void> {
    await this.#requests.request(
      'RTM_NEWNEIGH',
      RTM_NEWNEIGH,
      NLM_F_CREATE | NLM_F_REPLACE,
      encodeNeighbour(neighbour),
    );
  }

  /** `flags.proxy` deletes a proxy entry. Code ENOENT when there is none. */
  async delNeighbour(
    neighbour: Pick<NewNeighbour, 'family' | 'index' | 'address' | 'mac' | 'flags' | 'vlan' | 'vni'>,
  ): Promise<void> {
    await this.#requests.request('RTM_DELNEIGH', RTM_DELNEIGH, 0, encodeNeighbour(neighbour));
  }

  async #setLink(index: number, settings: LinkSettings): Promise<void> {
    await this.#requests.request('RTM_NEWLINK', RTM_NEWLINK, 0, encodeLinkSettings(index, settings));
  }

  async #requireLink(name: string): Promise<Link> {
    const link = await this.link(name);
    if (link === undefined) throw new NetlinkError('RTM_GETLINK', constants.errno.ENODEV);
    return link;
  }
}
