/**
 * A BPF ring buffer, read through its shared memory: one page that the consumer owns, one page of the producer, and
 * the data twice in a row, so that no record is cut. kernel/bpf/ringbuf.c, Documentation/bpf/ringbuf.rst.
 */
import { type Mapping, mapMemory, pageSize } from './libbpf.ts';

const HEADER = 8;
const BUSY = 0x80000000;
const DISCARDED = 0x40000000;
const LENGTH = 0x3fffffff;
/** Records handed out before others get their turn. */
const MOST_AT_ONCE = 4096;

/** What waits for descriptors; the Poller fits. */
export interface RingWaiter {
  add(fd: number, onReadable: () => void): () => void;
}

export class Ring {
  readonly #consumer: Mapping;
  readonly #producer: Mapping;
  readonly #consumed: BigUint64Array;
  readonly #produced: BigUint64Array;
  readonly #data: Uint8Array;
  readonly #words: Int32Array;
  readonly #mask: number;
  readonly #handler: (record: DataView) => void;
  readonly #remove: () => void;
  #open = true;

  /**
   * @param size of the data in bytes, the map's max_entries
   * @param handler gets a record, which is valid only during the call
   */
  constructor(fd: number, size: number, waiter: RingWaiter, handler: (record: DataView) => void) {
    this.#consumer = mapMemory(fd, pageSize, 0, true);
    this.#producer = mapMemory(fd, pageSize + 2 * size, pageSize, false);
    this.#consumed = new BigUint64Array(this.#consumer.buffer, 0, 1);
    this.#produced = new BigUint64Array(this.#producer.buffer, 0, 1);
    this.#data = new Uint8Array(this.#producer.buffer, pageSize);
    this.#words = new Int32Array(this.#producer.buffer, pageSize);
    this.#mask = size - 1;
    this.#handler = handler;
    this.#remove = waiter.add(fd, () => this.#drain());
  }

  close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#remove();
    this.#consumer.unmap();
    this.#producer.unmap();
  }

  #drain(): void {
    // Atomic reads, as the kernel's comments ask: what was written before the position or the header is seen then.
    let position = Atomics.load(this.#consumed, 0);
    for (let n = 0; n < MOST_AT_ONCE && this.#open; n += 1) {
      if (position >= Atomics.load(this.#produced, 0)) break;
      const offset = Number(position & BigInt(this.#mask));
      const head = Atomics.load(this.#words, offset / 4);
      if (head & BUSY) break;
      const length = head & LENGTH;
      if (!(head & DISCARDED)) {
        this.#handler(new DataView(this.#data.buffer, this.#data.byteOffset + offset + HEADER, length));
      }
      position += BigInt((HEADER + length + 7) & ~7);
      if (this.#open) Atomics.store(this.#consumed, 0, position);
    }
  }
}
