import type { ServerResponse } from 'node:http';
import type { Gap, MonitorEvent } from '../contract/api.ts';
import type { EventSource } from './services.ts';

export interface EventStreamOptions {
  /** Clients at once. */
  readonly mostClients?: number;
  /** Bytes that may wait for one client; more than that is not kept for it. */
  readonly mostWaitingBytes?: number;
  /** Time between two signs of life. */
  readonly heartbeatMs?: number;
}

interface Client {
  readonly response: ServerResponse;
  /** Events that it has missed and was not told of. */
  dropped: number;
}

/**
 * Sends events to every client that listens (server-sent events, HTML 9.2). Each event becomes text once, however many
 * clients there are; a client that does not read loses events, and is told how many, instead of filling the memory.
 */
export class EventStream {
  readonly #source: EventSource;
  readonly #options: Required<EventStreamOptions>;
  readonly #clients = new Set<Client>();
  #frames: string[] = [];
  #unsubscribe: (() => void) | undefined;
  #heartbeat: NodeJS.Timeout | undefined;

  constructor(source: EventSource, options: EventStreamOptions = {}) {
    this.#source = source;
    this.#options = { mostClients: 32, mostWaitingBytes: 256 * 1024, heartbeatMs: 15_000, ...options };
  }

  get clientCount(): number {
    return this.#clients.size;
  }

  get isFull(): boolean {
    return this.#clients.size >= this.#options.mostClients;
  }

  /** Adds a client; the response is the stream's from now on. */
  add(response: ServerResponse): void {
    const client: Client = { response, dropped: 0 };
    response.on('error', () => this.#remove(client));
    response.on('close', () => this.#remove(client));
    response.on('drain', () => this.#tellGap(client));
    response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
    response.write(': sixgate\n\n');
    this.#clients.add(client);
    this.#heartbeat ??= setInterval(() => this.#beat(), this.#options.heartbeatMs).unref();
    this.#unsubscribe ??= this.#source.subscribe((event) => this.#take(event));
  }

  /** Ends every stream. */
  close(): void {
    for (const client of [...this.#clients]) {
      client.response.end();
      this.#remove(client);
    }
  }

  #remove(client: Client): void {
    this.#clients.delete(client);
    if (this.#clients.size > 0) return;
    clearInterval(this.#heartbeat);
    this.#heartbeat = undefined;
    this.#unsubscribe?.();
    this.#unsubscribe = undefined;
  }

  #take(event: MonitorEvent): void {
    if (this.#frames.length === 0) setImmediate(() => this.#flush());
    this.#frames.push(`data: ${JSON.stringify(event)}\n\n`);
  }

  /** What happened in one turn of the event loop goes out in one write. */
  #flush(): void {
    const count = this.#frames.length;
    const bytes = Buffer.from(this.#frames.join(''));
    this.#frames = [];
    for (const client of this.#clients) {
      if (this.#isBehind(client)) client.dropped += count;
      else {
        this.#tellGap(client);
        client.response.write(bytes);
      }
    }
  }

  #beat(): void {
    for (const client of this.#clients) {
      if (!this.#isBehind(client)) client.response.write(': alive\n\n');
    }
  }

  #isBehind({ response }: Client): boolean {
    return response.writableLength > this.#options.mostWaitingBytes;
  }

  #tellGap(client: Client): void {
    if (client.dropped === 0) return;
    const gap: Gap = { dropped: client.dropped };
    client.dropped = 0;
    client.response.write(`event: gap\ndata: ${JSON.stringify(gap)}\n\n`);
  }
}
