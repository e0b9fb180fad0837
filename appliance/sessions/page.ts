import type { SessionPage, SessionQuery } from '../contract/api.ts';
import type { DataPath } from '../dataplane/datapath.ts';
import { session as codec, maps, SessionLife, type Session as SessionSlot } from '../dataplane/layout.gen.ts';
import { compareBytes, lastAddress, parseAddress, parsePrefix } from '../model/address.ts';
import { type PortRange, parsePortRange } from '../model/ports.ts';
import { pathOf } from './path.ts';
import { bytesOf, clockOf, jiffiesMs, type SessionNames, stateOf, type ViewContext, viewOf } from './view.ts';

/** Slots looked at before other work gets its turn. */
const SLICE = 20_000;
const DEFAULT_LIMIT = 100;

type Filter = (slot: SessionSlot, context: ViewContext) => boolean;

/** The sessions of a data path, read from the memory that it shares: no call of the kernel for each. */
export class Sessions {
  readonly #dataPath: DataPath;
  readonly #names: SessionNames;

  constructor(dataPath: DataPath, names: SessionNames) {
    this.#dataPath = dataPath;
    this.#names = names;
  }

  /** Sessions alive, from the core's counter. */
  total(): number {
    return Number(this.#dataPath.map(maps.sgCore).lookup(0)?.sessions ?? 0n);
  }

  /**
   * One page, in the order of session numbers. A walk over pages is no snapshot: sessions come and go meanwhile.
   * @param query checked by the API's schema
   */
  async page(query: SessionQuery): Promise<SessionPage> {
    const limit = Number(query.limit ?? DEFAULT_LIMIT);
    const filters = filtersOf(query);
    const memory = this.#dataPath.map(maps.sgSess).memory(false);
    try {
      const view = new DataView(memory.buffer);
      const context = this.#context();
      const end = this.#dataPath.map(maps.sgCore).lookup(0)?.nextSession ?? 0;
      const sessions = [];
      for (
        let number = query.after === undefined ? 1 : Number.parseInt(query.after, 36) + 1;
        number <= end;
        number += 1
      ) {
        if (number % SLICE === 0) await new Promise((resolve) => setImmediate(resolve));
        const offset = number * memory.stride;
        if (offset + codec.size > view.byteLength) break;
        // Most slots need no more than that to be skipped.
        if (view.getUint32(offset + codec.offsets.life, true) !== SessionLife.LIFE_LIVE) continue;
        const slot = codec.decode(view, offset);
        if (isOver(slot, context) || !filters.every((fits) => fits(slot, context))) continue;
        if (sessions.length === limit) return { sessions, next: (number - 1).toString(36), total: this.total() };
        sessions.push(viewOf(number, slot, context));
      }
      return { sessions, total: this.total() };
    } finally {
      memory.unmap();
    }
  }

  #context(): ViewContext {
    const { jiffies } = this.#dataPath.clock.read();
    const nowJiffies = Number(jiffies & 0xffffffffn);
    return {
      nowJiffies,
      hz: this.#dataPath.knobs.current.hz,
      names: this.#names,
      pathOf: (adjacency) => pathOf(this.#dataPath, adjacency),
    };
  }
}

/** Past its time: a miss for packets, whether the sweep has come by or not. */
function isOver(slot: SessionSlot, { nowJiffies, hz }: ViewContext): boolean {
  return jiffiesMs(nowJiffies, slot.last, hz) > ((slot.timeout[clockOf(slot)] ?? 0) * 1000) / hz;
}

function filtersOf(query: SessionQuery): Filter[] {
  const filters: Filter[] = [];
  const { feature, instance, proto, state } = query;
  if (feature !== undefined || instance !== undefined || proto !== undefined) {
    filters.push((slot, context) => {
      const seen = viewOf(0, slot, { ...context, pathOf: () => undefined });
      return (
        (feature === undefined || seen.feature === feature) &&
        (instance === undefined || seen.instance === instance) &&
        (proto === undefined || seen.proto === proto)
      );
    });
  }
  if (state !== undefined) filters.push((slot) => stateOf(slot) === state);
  if (query.inside !== undefined) {
    const within = rangeFilter(query.inside);
    filters.push(({ in: { src }, familyIn }) => within(bytesOf(src, familyIn)));
  }
  if (query.destination !== undefined) {
    const within = rangeFilter(query.destination);
    filters.push(({ out: { dst }, familyOut }) => within(bytesOf(dst, familyOut)));
  }
  if (query.outside !== undefined) {
    const within = rangeFilter(query.outside);
    filters.push(({ out: { src }, familyOut }) => within(bytesOf(src, familyOut)));
  }
  if (query.port !== undefined) {
    const { first, last } = parsePortRange(query.port) as PortRange;
    filters.push(({ in: { sport }, out }) =>
      [sport, out.sport, out.dport].some((port) => port >= first && port <= last),
    );
  }
  return filters;
}

/** An address, a prefix, or `first-last`: checked by the API's schema already. */
function rangeFilter(text: string): (address: Uint8Array) => boolean {
  const [from, to] = text.split('-').map((end) => end.trim());
  const prefix = parsePrefix(text);
  const first = prefix?.bytes ?? (parseAddress(from as string) as Uint8Array);
  const last = prefix === undefined ? (parseAddress(to ?? (from as string)) as Uint8Array) : lastAddress(prefix);
  return (address) =>
    address.length === first.length && compareBytes(address, first) >= 0 && compareBytes(address, last) <= 0;
}
