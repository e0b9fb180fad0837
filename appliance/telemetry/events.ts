import type { MonitorEvent } from '../contract/api.ts';
import type { DataPath } from '../dataplane/datapath.ts';
import { event as codec, type Event, EventKind, maps } from '../dataplane/layout.gen.ts';
import { Ring, type RingWaiter } from '../dataplane/ring.ts';
import { formatAddress } from '../model/address.ts';
import { dropReasons } from '../model/vocab.gen.ts';

/** Events a second and CPU while somebody listens. */
const BUDGET = 1000;

const PROTOCOLS: Readonly<Record<number, string>> = { 1: 'icmp', 6: 'tcp', 17: 'udp', 58: 'icmp6' };
/** RFC 9293 section 3.1, the bits of the flags byte. */
const TCP_FLAGS = 'FSRPAUEC';

/** Where events come from: the data path sends them only while somebody listens. */
export class DataPathEvents {
  readonly #dataPath: DataPath;
  readonly #waiter: RingWaiter;
  readonly #portName: (number: number) => string | undefined;

  constructor(dataPath: DataPath, waiter: RingWaiter, portName: (number: number) => string | undefined) {
    this.#dataPath = dataPath;
    this.#waiter = waiter;
    this.#portName = portName;
  }

  /** @returns ends the subscription */
  subscribe(handler: (event: MonitorEvent) => void): () => void {
    const map = this.#dataPath.map(maps.sgEvents);
    const offsetMs = Date.now() - Number(process.hrtime.bigint()) / 1e6;
    const ring = new Ring(map.fd, map.info.maxEntries, this.#waiter, (record) => {
      if (record.byteLength >= codec.size) handler(this.#told(codec.decode(record), offsetMs));
    });
    this.#dataPath.knobs.change({ events: BUDGET });
    return () => {
      this.#dataPath.knobs.change({ events: 0 });
      ring.close();
    };
  }

  #told(event: Event, offsetMs: number): MonitorEvent {
    const port = this.#portName(event.inPort);
    const reason = dropReasons[event.reason]?.name;
    const packet = describe(event);
    const where = port === undefined ? '' : `  in ${port}`;
    const common = {
      at: timeOf(event.ktime, offsetMs),
      ...(port === undefined ? {} : { port }),
      ...(event.lost > 0 ? { lost: event.lost } : {}),
    };
    if (event.kind === EventKind.EVENT_DROP) {
      return {
        ...common,
        type: 'drop',
        reason: reason ?? String(event.reason),
        text: `DROP ${reason}  ${packet}${where}`,
      };
    }
    return { ...common, type: 'session-new', text: `NEW  session ${event.session}  ${packet}${where}` };
  }
}

/** ISO 8601 with microseconds. */
function timeOf(ktimeNs: bigint, offsetMs: number): string {
  const us = Math.floor(offsetMs * 1000) + Number(ktimeNs / 1000n);
  const ms = Math.floor(us / 1000);
  return `${new Date(ms).toISOString().slice(0, -1)}${String(us - ms * 1000).padStart(3, '0')}Z`;
}

function describe(event: Event): string {
  const address = (words: readonly number[]): string => {
    const bytes = new Uint8Array(16);
    const view = new DataView(bytes.buffer);
    for (const [i, word] of words.entries()) view.setUint32(i * 4, word);
    return formatAddress(event.family === 6 ? bytes : bytes.subarray(0, 4));
  };
  const end = (words: readonly number[], port: number): string => {
    const text = address(words);
    if (port === 0) return text;
    return event.family === 6 ? `[${text}]:${port}` : `${text}:${port}`;
  };
  if (event.family !== 4 && event.family !== 6) return `frame of ${event.length} bytes`;
  const proto = PROTOCOLS[event.proto] ?? `protocol ${event.proto}`;
  const flags = event.proto === 6 ? ` ${flagsOf(event.tcpFlags)}` : '';
  return `${proto} ${end(event.src, event.sport)} > ${end(event.dst, event.dport)}${flags}  ${event.length} bytes`;
}

function flagsOf(bits: number): string {
  return [...TCP_FLAGS].filter((_, bit) => bits & (1 << bit)).join('') || '.';
}
