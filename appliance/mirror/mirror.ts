import { type NetlinkEvent, type Route, type Rtnetlink, RtnetlinkMonitor } from 'netlink-ts';
import type { DataPath } from '../dataplane/datapath.ts';
import { MirroredRules } from '../dataplane/mirrored-rules.ts';
import type { Poller } from '../dataplane/poller.ts';
import { wordsOf } from '../dataplane/prefix-key.ts';
import type { RuleSet } from '../dataplane/rule-set.ts';
import { srv6Tunnel } from '../dataplane/srv6-tunnel.ts';
import { formatPrefix } from '../model/address.ts';
import { SixgateError } from '../model/errors.ts';
import { type Entry, KernelRoutes } from './kernel-routes.ts';
import type { SidRoute, SteerRoute } from './translate.ts';
import { type Outcome, Writer } from './writer.ts';

/** What the configuration says about mirrored routes. */
export interface MirrorSettings {
  /** Routing tables that packets can be in, beside the main one: those of tenants. */
  readonly tables: ReadonlySet<number>;
  /** Outer header of what is encapsulated, 16 bytes of source; absent: routes into tunnels are not mirrored. */
  readonly outer?: { readonly source: Uint8Array; readonly hopLimit: number; readonly dscp: number | 'copy' };
  /** Sources of ICMP errors about packets that come out of a tunnel into a table: 4 and 16 bytes. */
  errorSources(table: number): { readonly addr4?: Uint8Array; readonly addr6?: Uint8Array };
}

export interface MirrorOptions {
  readonly kernel: Rtnetlink;
  readonly poller: Poller;
  readonly dataPath: DataPath;
  /** RTPROT_ number of Sixgate's own routes. */
  readonly ownProtocol: number;
  readonly onNotice: (notice: SixgateError) => void;
}

/** A device that goes down takes IPv4 routes with it that the kernel says nothing about. */
const REREAD_AFTER_MS = 100;
const RETRY_MS = 1_000;
/** Notices said one by one; of more there is only their number. */
const MOST_NOTICES = 10;
/** Events kept while the tables are read; of more, the tables are read once again. */
const MOST_HELD = 50_000;

/**
 * Routes of segment routing that others put into the kernel (FRR, iproute2), as steering, tunnels and SIDs of the data
 * path; one-way. The kernel is read as a whole when the mirror starts and whenever events were lost; between two
 * readings each event is one difference, written into the rule set in force.
 */
export class Mirror {
  readonly #options: MirrorOptions;
  readonly #routes: KernelRoutes;
  readonly #monitor: RtnetlinkMonitor;
  #settings: MirrorSettings = { tables: new Set(), errorSources: () => ({}) };
  /** What is written was written under other settings. */
  #stale = true;
  #writer: Writer | undefined;
  #started: Promise<void> | undefined;
  /** Events that came while the tables were read; undefined: they are not being read. */
  #held: NetlinkEvent[] | undefined;
  #again = false;
  #closed = false;
  #rereadTimer: NodeJS.Timeout | undefined;
  /** Keys that there was no room for. */
  readonly #waiting = new Set<string>();
  #retryTimer: NodeJS.Timeout | undefined;
  /** By key, why a route is not mirrored. */
  readonly #refused = new Map<string, string>();

  private constructor(options: MirrorOptions) {
    this.#options = options;
    this.#routes = new KernelRoutes(options.ownProtocol);
    this.#monitor = RtnetlinkMonitor.open(
      options.poller,
      { groups: ['route', 'link'] },
      (event) => this.#onEvent(event),
      () => this.#reread(0),
    );
  }

  /**
   * Listens, and reads nothing yet.
   * @throws NetlinkError when there is no such socket
   */
  static open(options: MirrorOptions): Mirror {
    return new Mirror(options);
  }

  /** Destinations and SIDs that are mirrored, routes that are not, and times that events were lost. */
  get counts(): {
    readonly steered: number;
    readonly sids: number;
    readonly refused: number;
    readonly overruns: number;
  } {
    const { steered = [], sids = [] } = this.#writer ?? {};
    const { overruns } = this.#monitor;
    return { steered: steered.length, sids: sids.length, refused: this.#refused.size, overruns };
  }

  /** Takes what the configuration says, and resolves when the kernel's routes have been read once. */
  async configure(settings: MirrorSettings): Promise<void> {
    if (textOf(settings) !== textOf(this.#settings)) this.#stale = true;
    this.#settings = settings;
    this.#started ??= this.#read();
    await this.#started;
  }

  /** Writes everything into a set that is being built, behind the configuration's own part. From then on it is the set. */
  fill(rules: RuleSet): void {
    rules.mirrored.admitSources();
    if (this.#settings.outer !== undefined) rules.mirrored.setTunnelEnd(this.#settings.outer.source);
    this.#writer = new Writer(rules.mirrored);
    this.#syncAll();
  }

  /** Goes on with the set in force: what an earlier process wrote stays, as far as it is still so. */
  adopt(): void {
    if (this.#writer === undefined) {
      const { rules, entries } = MirroredRules.inForce(this.#options.dataPath);
      this.#writer = new Writer(rules, entries);
      this.#stale = true;
    }
    if (this.#stale) this.#syncAll();
  }

  /** What is written stays. */
  close(): void {
    this.#closed = true;
    this.#monitor.close();
    clearTimeout(this.#rereadTimer);
    clearTimeout(this.#retryTimer);
  }

  #onEvent(event: NetlinkEvent): void {
    if (event.type === 'link' && (event.action === 'del' || !event.link.flags.up)) this.#reread(REREAD_AFTER_MS);
    if (event.type !== 'route' || this.#started === undefined) return;
    if (this.#held === undefined) this.#applyEvent(event);
    else if (this.#held.length < MOST_HELD) this.#held.push(event);
    else this.#again = true;
  }

  #applyEvent(event: NetlinkEvent): void {
    if (event.type !== 'route') return;
    const { keys, links, unclear } = this.#routes.apply(event.action, event.route);
    if (unclear) this.#reread(REREAD_AFTER_MS);
    this.#sync(keys);
    if (links) this.#syncSids();
  }

  #reread(afterMs: number): void {
    if (this.#started === undefined || this.#closed) return;
    if (this.#held !== undefined) this.#again = true;
    else
      this.#rereadTimer ??= setTimeout(() => {
        this.#rereadTimer = undefined;
        void this.#read();
      }, afterMs);
  }

  /** Never rejects: what could not be read is tried again later. */
  async #read(): Promise<void> {
    if (this.#held !== undefined) {
      this.#again = true;
      return;
    }
    do {
      this.#again = false;
      this.#held = [];
      const routes = await this.#readOnce();
      const held = this.#held;
      this.#held = undefined;
      if (this.#closed) return;
      if (routes === undefined) {
        this.#reread(RETRY_MS);
        return;
      }
      this.#routes.replace(routes);
      this.#syncAll();
      // Events of the time of the reading: some are in it, and saying them again changes nothing in the end.
      for (const event of held) this.#applyEvent(event);
    } while (this.#again);
  }

  async #readOnce(): Promise<Route[] | undefined> {
    try {
      return await this.#options.kernel.routes({}, (route) => this.#routes.concerns(route));
    } catch (cause) {
      if (!this.#closed)
        this.#options.onNotice(
          new SixgateError('MIRROR_NOT_READ', `The kernel's routes could not be read: ${String(cause)}`, {
            hint: 'They are read again soon',
            cause,
          }),
        );
      return undefined;
    }
  }

  #syncAll(): void {
    this.#stale = false;
    const { steered = [], sids = [] } = this.#writer ?? {};
    this.#sync(new Set([...this.#routes.keys(), ...steered, ...sids, ...this.#refused.keys()]));
  }

  #syncSids(): void {
    this.#sync([...this.#routes.keys()].filter((key) => this.#routes.best(key)?.route.kind === 'sid'));
  }

  /** Makes the set say of these destinations what the kernel says. */
  #sync(keys: Iterable<string>): void {
    const writer = this.#writer;
    if (writer === undefined) return;
    const notices: string[] = [];
    for (const key of keys) {
      const entry = this.#routes.best(key);
      const why = this.#syncOne(writer, key, entry);
      if (why === undefined) this.#refused.delete(key);
      else if (this.#refused.get(key) !== why) {
        this.#refused.set(key, why);
        notices.push(`The kernel's route to ${entry === undefined ? key : nameOf(entry)} is not mirrored: ${why}`);
      }
    }
    this.#say(notices);
    if (this.#waiting.size > 0) this.#retryTimer ??= setTimeout(() => this.#retry(), RETRY_MS);
  }

  /** @returns why it is not mirrored */
  #syncOne(writer: Writer, key: string, entry: Entry | undefined): string | undefined {
    this.#waiting.delete(key);
    const route = entry?.route;
    const ours = entry !== undefined && (entry.table === 0 || this.#settings.tables.has(entry.table));
    let outcome: Outcome | string = 'written';
    if (ours && route?.kind === 'steer') outcome = this.#steer(writer, entry, route);
    else writer.removeSteer(key);
    if (ours && route?.kind === 'sid') outcome = this.#sid(writer, entry, route);
    else writer.removeSid(key);
    if (!ours || outcome === 'written') return ours && route?.kind === 'refused' ? route.why : undefined;
    if (outcome === 'own') return 'the configuration says something else of it';
    if (outcome !== 'full') return outcome;
    this.#waiting.add(key);
    return 'there is no room for more';
  }

  #steer(writer: Writer, { prefix, table }: Entry, { ways }: SteerRoute): Outcome | string {
    const { outer } = this.#settings;
    if (outer === undefined) {
      writer.removeSteer(`${table} ${formatPrefix(prefix)}`);
      return 'the configuration has no srv6, which says what the outer source is';
    }
    const tunnels = ways.map(({ segments, reduced, source = outer.source, weight }) => ({
      tunnel: srv6Tunnel({ segments, reduced, source, hopLimit: outer.hopLimit, dscp: outer.dscp }),
      weight,
    }));
    return writer.setSteer(prefix, table, tunnels);
  }

  #sid(writer: Writer, { prefix }: Entry, { behavior, flavors, table, nextHop }: SidRoute): Outcome | string {
    const ifindex = nextHop && (nextHop.index ?? this.#routes.linkOf(nextHop.bytes));
    if (nextHop !== undefined && ifindex === undefined) {
      writer.removeSid(`0 ${formatPrefix(prefix)}`);
      return 'its next hop is on no link';
    }
    const { addr4, addr6 } = this.#settings.errorSources(table);
    return writer.setSid(prefix, {
      behavior,
      flavors,
      table,
      ifindex: ifindex ?? 0,
      nh: nextHop === undefined ? [0, 0, 0, 0] : wordsOf(nextHop.bytes),
      nhFamily: nextHop?.family ?? 0,
      addr4: addr4 === undefined ? 0 : (wordsOf(addr4)[0] as number),
      addr6: addr6 === undefined ? [0, 0, 0, 0] : wordsOf(addr6),
    });
  }

  /** Numbers that rest come free again. */
  #retry(): void {
    this.#retryTimer = undefined;
    this.#sync([...this.#waiting]);
  }

  #say(sentences: readonly string[]): void {
    const more = sentences.length - MOST_NOTICES;
    const said = more > 0 ? [...sentences.slice(0, MOST_NOTICES), `${more} more routes are not mirrored`] : sentences;
    for (const sentence of said)
      this.#options.onNotice(
        new SixgateError('MIRROR_REFUSED', sentence, { hint: 'Its packets are dropped as no_route' }),
      );
  }
}

function textOf({ tables, outer, errorSources }: MirrorSettings): string {
  const sources = [0, ...tables].map((table) => [table, errorSources(table)]);
  return JSON.stringify([outer, sources], (_, part) => (part instanceof Uint8Array ? [...part] : part));
}

function nameOf({ prefix, table }: Entry): string {
  return `${formatPrefix(prefix)}${table === 0 ? '' : ` in table ${table}`}`;
}
