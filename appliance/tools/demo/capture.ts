/**
 * What passes a host's cable, counted as it passes: tcpdump writes pcap into a pipe, this reads it. Shares no code with
 * the data path, and takes no word of the sender's for it.
 */
import type { ChildProcess } from 'node:child_process';
import { lineOf, startIn } from './lab.ts';

/** Which way a frame went, by the addresses in it. */
export type Direction = 'out' | 'back' | 'foreign' | 'other';

export interface Count {
  readonly frames: number;
  /** Bytes of IP packets. */
  readonly bytes: number;
}

/** What was seen since the last `mark`. */
export interface Tally {
  /** From the client's side to the server's. */
  readonly out: Count;
  readonly back: Count;
  /** Frames that have no business here. */
  readonly foreign: number;
  /** Source addresses of `out`, as `sourceOf` gives them. */
  readonly sources: ReadonlySet<string>;
}

export interface Classifier {
  /** An IP packet, from its first byte. */
  readonly direct: (packet: Uint8Array) => Direction;
  readonly sourceOf: (packet: Uint8Array) => string;
}

/** Enough for the headers and the page of the demonstration's server. */
const SNAP_BYTES = 512;
const KEPT_FRAMES = 64;
const ETHERNET_BYTES = 14;
const GLOBAL_HEADER_BYTES = 24;
const RECORD_HEADER_BYTES = 16;

/** Splits a stream of pcap (libpcap's classic format, in this machine's byte order) into frames. */
export class PcapReader {
  #rest: Buffer = Buffer.alloc(0);
  #begun = false;

  /** @returns the frames that are complete by now, with their length on the wire */
  push(chunk: Buffer): { readonly frame: Buffer; readonly wireBytes: number }[] {
    let data = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    const frames = [];
    if (!this.#begun && data.length >= GLOBAL_HEADER_BYTES) {
      data = data.subarray(GLOBAL_HEADER_BYTES);
      this.#begun = true;
    }
    let at = 0;
    while (this.#begun && at + RECORD_HEADER_BYTES <= data.length) {
      const end = at + RECORD_HEADER_BYTES + data.readUInt32LE(at + 8);
      if (end > data.length) break;
      frames.push({ frame: data.subarray(at + RECORD_HEADER_BYTES, end), wireBytes: data.readUInt32LE(at + 12) });
      at = end;
    }
    this.#rest = data.subarray(at);
    return frames;
  }
}

/** A capture that runs as long as the tree. */
export class Capture {
  readonly #classifier: Classifier;
  #out = { frames: 0, bytes: 0 };
  #back = { frames: 0, bytes: 0 };
  #foreign = 0;
  #sources = new Set<string>();
  #kept: Buffer[] = [];

  private constructor(classifier: Classifier) {
    this.#classifier = classifier;
  }

  /** Starts to capture on a device; ready when the promise is kept. */
  static async start(host: string, device: string, classifier: Classifier): Promise<Capture> {
    const capture = new Capture(classifier);
    const options = ['--immediate-mode', '-U', '-n', '-p', '-s', String(SNAP_BYTES), '-B', '32768'];
    // -Z root: tcpdump would become another user, whom this /run does not know.
    const child = startIn(host, ['tcpdump', ...options, '-Z', 'root', '-i', device, '-w', '-']);
    capture.#read(child);
    await lineOf(child, /listening on/, `tcpdump of ${host}`);
    return capture;
  }

  #read(child: ChildProcess): void {
    const reader = new PcapReader();
    child.stdout?.on('data', (chunk: Buffer) => {
      for (const { frame, wireBytes } of reader.push(chunk)) this.#count(frame, wireBytes);
    });
  }

  #count(frame: Buffer, wireBytes: number): void {
    const packet = frame.subarray(ETHERNET_BYTES);
    const direction = this.#classifier.direct(packet);
    if (direction === 'other') return;
    if (direction === 'foreign') {
      this.#foreign += 1;
      return;
    }
    const count = direction === 'out' ? this.#out : this.#back;
    count.frames += 1;
    count.bytes += wireBytes - ETHERNET_BYTES;
    if (direction === 'out') this.#sources.add(this.#classifier.sourceOf(packet));
    if (this.#kept.length < KEPT_FRAMES) this.#kept.push(packet);
  }

  /** Begins a new tally. */
  mark(): void {
    this.#out = { frames: 0, bytes: 0 };
    this.#back = { frames: 0, bytes: 0 };
    this.#foreign = 0;
    this.#sources = new Set();
    this.#kept = [];
  }

  /** What was seen since. */
  tally(): Tally {
    return { out: { ...this.#out }, back: { ...this.#back }, foreign: this.#foreign, sources: new Set(this.#sources) };
  }

  /** Whether the first frames since hold this text. */
  holds(text: string): boolean {
    return this.#kept.some((packet) => packet.includes(text));
  }
}
