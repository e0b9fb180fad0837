/**
 * Requests and their replies: sequence numbers, a window, one dump at a time, repeated when the kernel says that the
 * table changed meanwhile. Kernel interface: linux/netlink.h.
 */
import { constants } from 'node:os';
import { type AttributeTable, align, decodeAttributes, littleEndian, text, u32, viewOf } from './codec.ts';
import { NetlinkError } from './error.ts';
import { encodeMessage, headerSize, type Message, NetlinkSocket, type Waiter } from './socket.ts';

const NLMSG_ERROR = 2;
const NLMSG_DONE = 3;
const NLM_F_REQUEST = 0x1;
const NLM_F_ACK = 0x4;
const NLM_F_DUMP_INTR = 0x10;
const NLM_F_DUMP = 0x300;
/** Set in NLMSG_ERROR and NLMSG_DONE. */
const NLM_F_CAPPED = 0x100;
const NLM_F_ACK_TLVS = 0x200;

/** Flags of requests that create. */
export const NLM_F_REPLACE = 0x100;
export const NLM_F_EXCL = 0x200;
export const NLM_F_CREATE = 0x400;

/** Requests that wait for the kernel's answer at the same time; their answers fit into the receive buffer. */
const windowSize = 256;
/** A table that changes all the time is given up after so many readings. */
const dumpAttempts = 10;

/** enum nlmsgerr_attrs */
const errorAttributes = { message: [1, text], missingType: [5, u32] } as const satisfies AttributeTable;

interface Pending<T = unknown> {
  readonly what: string;
  readonly decode: (message: Message) => T | undefined;
  readonly replies: T[];
  readonly resolve: (replies: T[]) => void;
  readonly reject: (error: Error) => void;
  interrupted: boolean;
}

/** What has happened so far, for metrics. */
export interface RequestCounters {
  /** Times that the kernel dropped replies; each rejected all pending requests with RESYNC. */
  overruns: number;
  /** Dumps that were read again because the table changed meanwhile. */
  interruptedDumps: number;
  /** Replies to requests that nobody waits for any more, such as those after an overrun. */
  strayReplies: number;
}

/** One socket for requests. */
export class Requests {
  readonly counters: RequestCounters = { overruns: 0, interruptedDumps: 0, strayReplies: 0 };
  readonly #socket: NetlinkSocket;
  readonly #pending = new Map<number, Pending>();
  readonly #waiting: (() => void)[] = [];
  #inFlight = 0;
  #sequence = 0;
  #lastDump: Promise<unknown> = Promise.resolve();

  constructor(waiter: Waiter, rcvbufBytes: number | undefined) {
    this.#socket = new NetlinkSocket(waiter, rcvbufBytes === undefined ? {} : { rcvbufBytes }, {
      onMessage: (message) => this.#onMessage(message),
      onOverrun: () => this.#onOverrun(),
    });
  }

  /** Pending requests are rejected with code CLOSED. */
  close(): void {
    this.#socket.close();
    this.#rejectAll((what) => new NetlinkError(what, constants.errno.ECANCELED, 'CLOSED'));
  }

  /**
   * Sends a request and waits for its acknowledgement.
   *
   * @param what name for error messages
   * @param decode called for each reply; undefined leaves it out
   * @returns what the replies were decoded to
   * @throws NetlinkError
   */
  async request<T = never>(
    what: string,
    type: number,
    flags: number,
    body: Uint8Array,
    decode: (message: Message) => T | undefined = () => undefined,
  ): Promise<T[]> {
    return (await this.#exchange(what, type, flags | NLM_F_ACK, body, decode)).replies;
  }

  /** Reads a table; as `request`, but consistent: read again when it changed meanwhile. Dumps run one by one. */
  dump<T>(what: string, type: number, body: Uint8Array, decode: (message: Message) => T | undefined): Promise<T[]> {
    // The kernel answers EBUSY to a second dump on the same socket.
    const dump = this.#lastDump.then(() => this.#dumpUntilConsistent(what, type, body, decode));
    this.#lastDump = dump.catch(() => {});
    return dump;
  }

  async #dumpUntilConsistent<T>(
    what: string,
    type: number,
    body: Uint8Array,
    decode: (message: Message) => T | undefined,
  ): Promise<T[]> {
    for (let attempt = 1; attempt <= dumpAttempts; attempt += 1) {
      try {
        const { replies, interrupted } = await this.#exchange(what, type, NLM_F_DUMP, body, decode);
        if (!interrupted) return replies;
        this.counters.interruptedDumps += 1;
      } catch (error) {
        // The rest of a dump that an overrun cut off is still being received.
        if (!(error instanceof NetlinkError) || error.code !== 'EBUSY' || attempt === dumpAttempts) throw error;
        await new Promise((resolve) => setTimeout(resolve, 1));
      }
    }
    throw new NetlinkError(what, constants.errno.EINTR, 'DUMP_INTERRUPTED');
  }

  async #exchange<T>(
    what: string,
    type: number,
    flags: number,
    body: Uint8Array,
    decode: (message: Message) => T | undefined,
  ): Promise<{ replies: T[]; interrupted: boolean }> {
    if (this.#inFlight < windowSize) this.#inFlight += 1;
    // The one who ends hands over its place in the window.
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      return await this.#send(what, type, flags, body, decode);
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#inFlight -= 1;
      else next();
    }
  }

  #send<T>(
    what: string,
    type: number,
    flags: number,
    body: Uint8Array,
    decode: (message: Message) => T | undefined,
  ): Promise<{ replies: T[]; interrupted: boolean }> {
    const sequence = this.#nextSequence();
    return new Promise((resolve, reject) => {
      const pending: Pending<T> = {
        what,
        decode,
        replies: [],
        resolve: (replies) => resolve({ replies, interrupted: pending.interrupted }),
        reject,
        interrupted: false,
      };
      this.#pending.set(sequence, pending as Pending);
      try {
        this.#socket.send(encodeMessage(type, flags | NLM_F_REQUEST, sequence, body));
      } catch (error) {
        this.#pending.delete(sequence);
        throw error;
      }
    });
  }

  /** Zero belongs to the kernel's own notices. */
  #nextSequence(): number {
    this.#sequence = this.#sequence === 0xffffffff ? 1 : this.#sequence + 1;
    return this.#sequence;
  }

  #onMessage(message: Message): void {
    const pending = this.#pending.get(message.sequence);
    if (pending === undefined) {
      this.counters.strayReplies += 1;
      return;
    }
    if ((message.flags & NLM_F_DUMP_INTR) !== 0) pending.interrupted = true;
    try {
      if (message.type === NLMSG_ERROR || message.type === NLMSG_DONE) {
        this.#pending.delete(message.sequence);
        const error = errorOf(pending.what, message);
        if (error === undefined) pending.resolve(pending.replies);
        else pending.reject(error);
        return;
      }
      const reply = pending.decode(message);
      if (reply !== undefined) pending.replies.push(reply);
    } catch (error) {
      // A reply that cannot be read fails its own request only.
      this.#pending.delete(message.sequence);
      pending.reject(error instanceof Error ? error : new Error(String(error)));
    }
  }

  #onOverrun(): void {
    this.counters.overruns += 1;
    this.#rejectAll((what) => new NetlinkError(what, constants.errno.ENOBUFS, 'RESYNC'));
  }

  #rejectAll(errorFor: (what: string) => NetlinkError): void {
    const all = [...this.#pending.values()];
    this.#pending.clear();
    for (const pending of all) pending.reject(errorFor(pending.what));
  }
}

/** Undefined for success. `struct nlmsgerr`: s32 -errno, the request's header or all of it, attributes; DONE: s32, attributes. */
export function errorOf(what: string, message: Message): NetlinkError | undefined {
  const { body } = message;
  const errno = body.length < 4 ? 0 : -viewOf(body).getInt32(0, littleEndian);
  if (errno === 0) return undefined;
  const hasAttributes = (message.flags & NLM_F_ACK_TLVS) !== 0;
  let start = 4;
  if (message.type === NLMSG_ERROR) {
    const capped = (message.flags & NLM_F_CAPPED) !== 0;
    start += capped || body.length < 8 ? headerSize : align(viewOf(body).getUint32(4, littleEndian));
  }
  const attributes = hasAttributes ? decodeAttributes(errorAttributes, body.subarray(start)) : {};
  return new NetlinkError(what, errno, undefined, {
    extAck: attributes.message,
    missingAttribute: attributes.missingType,
  });
}
