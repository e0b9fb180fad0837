import type { MonitorEvent } from '../contract/api.ts';
import type { DataPath } from '../dataplane/datapath.ts';
import { event as codec, type Event, EventKind, maps, Side } from '../dataplane/layout.gen.ts';
import { Ring, type RingWaiter } from '../dataplane/ring.ts';
import { formatAddress } from '../model/address.ts';
import { dropReasons } from '../model/vocab.gen.ts';

/** Events a second and CPU while somebody listens. */
const BUDGET = 1000;

/** enum session_feature. */
const FEATURES = ['none', 'nat64', 'egress'];
const PROTOCOLS: Readonly<Record<number, string>> = { 1: 'icmp', 6: 'tcp', 17: 'udp', 58: 'icmp6' };
/** RFC 9293 section 3.1, the bits of the flags byte. */
const TCP_FLAGS = 'FSRPAUEC';

/** Where events come from: the data path sends them only while somebody listens. */
export class DataPathEvents {
  readonly #dataPath: DataPath;
  readonly #waiter: RingWaiter;
  readonly #names: EventNames;

  constructor(dataPath: DataPath, waiter: RingWaiter, names: EventNames) {
    this.#dataPath = dataPath;
    this.#waiter = waiter;
    this.#names = names;
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
    const port = this.#names.port(event.inPort);
    const where = this.#whence(event, port);
    const common = {
      at: timeOf(event.ktime, offsetMs),
      ...(port === undefined ? {} : { port }),
      ...(event.lost > 0 ? { lost: event.lost } : {}),
    };
    if (event.kind === EventKind.EVENT_DROP) {
      const reason = dropReasons[event.reason]?.name ?? String(event.reason);
      return { ...common, type: 'drop', reason, text: `${packetText(event)}${where}` };
    }
    const feature = FEATURES[event.feature] ?? String(event.feature);
    const policy = event.policy === 0 ? undefined : this.#names.policy(event.policy);
    const decided = policy === undefined ? this.#names.instance(feature, event.instance) : `policy ${policy}`;
    return { ...common, type: 'session-new', feature, text: `${sessionText(event)}  ${decided}${where}` };
  }

  /** Where it came in, and out of which tunnel. */
  #whence({ side, table, identity }: Event, port: string | undefined): string {
    const words = port === undefined ? [] : [`in ${port}`];
    if (side === Side.SIDE_SRV6) words.push('srv6');
    if (side === Side.SIDE_VXLAN) words.push(`vxlan ${this.#names.table(table)} identity ${identity}`);
    else if (table !== 0) words.push(`tenant ${this.#names.table(table)}`);
    return words.length === 0 ? '' : `  ${words.join(' ')}`;
  }
}

/** Words for the numbers of an event. */
export interface EventNames {
  port(number: number): string | undefined;
  instance(feature: string, id: number): string;
  policy(number: number): string;
  /** A tenant's name, or a slot's. */
  table(number: number): string;
}

/** ISO 8601 with microseconds. */
function timeOf(ktimeNs: bigint, offsetMs: number): string {
  const us = Math.floor(offsetMs * 1000) + Number(ktimeNs / 1000n);
  const ms = Math.floor(us / 1000);
  return `${new Date(ms).toISOString().slice(0, -1)}${String(us - ms * 1000).padStart(3, '0')}Z`;
}

function addressText(words: readonly number[], family: number): string {
  const bytes = new Uint8Array(16);
  const view = new DataView(bytes.buffer);
  for (const [i, word] of words.entries()) view.setUint32(i * 4, word);
  return formatAddress(family === 6 ? bytes : bytes.subarray(0, 4));
}

function endText(words: readonly number[], port: number, family: number): string {
  const text = addressText(words, family);
  if (port === 0) return text;
  return family === 6 ? `[${text}]:${port}` : `${text}:${port}`;
}

function packetText(event: Event): string {
  const { family } = event;
  if (family !== 4 && family !== 6) return `frame of ${event.length} bytes`;
  const proto = PROTOCOLS[event.proto] ?? `protocol ${event.proto}`;
  const flags = event.proto === 6 ? ` ${flagsOf(event.tcpFlags)}` : '';
  const ends = [endText(event.src, event.sport, family), endText(event.dst, event.dport, family)];
  return `${proto} ${ends.join(' > ')}${flags}  ${event.length} bytes`;
}

/** `tcp 10.8.3.7:41822 > 198.51.100.80:5432  as 203.0.113.100:40123`, and the destination where it is another one. */
function sessionText({ in: inside, out, familyIn, familyOut, proto }: Event): string {
  const destination = endText(inside.dst, inside.dport, familyIn);
  const translated = endText(out.dst, out.dport, familyOut);
  const behind = translated === destination ? '' : ` > ${translated}`;
  const name = proto === 58 ? 'icmp' : (PROTOCOLS[proto] ?? `protocol ${proto}`);
  const source = endText(inside.src, inside.sport, familyIn);
  return `${name} ${source} > ${destination}  as ${endText(out.src, out.sport, familyOut)}${behind}`;
}

function flagsOf(bits: number): string {
  return [...TCP_FLAGS].filter((_, bit) => bits & (1 << bit)).join('') || '.';
}
