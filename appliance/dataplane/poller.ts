/**
 * The only waiter of the process. A blocking call of koffi occupies one of libuv's four threads, which files and name
 * look-ups need too, so all descriptors (ring buffers, netlink sockets) share one epoll and one outstanding wait.
 * An eventfd ends that wait: a thread that never comes back would keep even a crashed process from ending.
 *
 * Kernel interface: linux/eventpoll.h, linux/eventfd.h.
 */
import { endianness, constants as osConstants } from 'node:os';
import koffi from 'koffi';

const libc = koffi.load('libc.so.6');
const epollCreate1 = libc.func('int epoll_create1(int flags)');
const epollCtl = libc.func('int epoll_ctl(int epfd, int op, int fd, void *event)');
const epollWait = libc.func('int epoll_wait(int epfd, void *events, int maxevents, int timeout)');
const eventfd = libc.func('int eventfd(unsigned int initval, int flags)');
const writeFd = libc.func('int64_t write(int fd, const void *buf, size_t count)');
const closeFd = libc.func('int close(int fd)');

const EPOLL_CLOEXEC = 0x80000;
const EPOLL_CTL_ADD = 1;
const EPOLL_CTL_DEL = 2;
const EPOLLIN = 1;
const EFD_CLOEXEC_NONBLOCK = 0x80000 | 0x800;

/** `struct epoll_event` is packed on x86-64 only: {u32 events, u64 data} of 12 bytes there, of 16 elsewhere. */
const eventSize = process.arch === 'x64' ? 12 : 16;
const dataOffset = eventSize - 8;
const maxEvents = 64;
const littleEndian = endianness() === 'LE';

/** Token of the eventfd; those of the added descriptors count up from here. */
const wakeToken = 0;

function check(result: number, call: string): number {
  if (result >= 0) return result;
  const errno = koffi.errno();
  const code = Object.entries(osConstants.errno).find(([, value]) => value === errno)?.[0] ?? `errno ${errno}`;
  throw Object.assign(new Error(`${call}: ${code}`), { errno, code });
}

/** One epoll, one outstanding wait. An open poller keeps the process alive; a closed one holds nothing. */
export class Poller {
  readonly #epfd: number;
  readonly #wakeFd: number;
  readonly #handlers = new Map<number, () => void>();
  readonly #events = new Uint8Array(eventSize * maxEvents);
  readonly #view = new DataView(this.#events.buffer);
  readonly #onExit = (): void => this.#wake();
  #lastToken = wakeToken;
  #failedWaits = 0;
  #closing = false;
  #closed: Promise<void>;
  #resolveClosed: () => void = () => {};

  private constructor() {
    this.#closed = new Promise((resolve) => {
      this.#resolveClosed = resolve;
    });
    this.#epfd = check(epollCreate1(EPOLL_CLOEXEC), 'epoll_create1');
    try {
      this.#wakeFd = check(eventfd(0, EFD_CLOEXEC_NONBLOCK), 'eventfd');
    } catch (error) {
      closeFd(this.#epfd);
      throw error;
    }
    this.#control(EPOLL_CTL_ADD, this.#wakeFd, wakeToken);
    process.on('exit', this.#onExit);
    this.#wait();
  }

  /** @throws Error with `errno` and `code` when no descriptor is to be had */
  static open(): Poller {
    return new Poller();
  }

  /**
   * Calls `onReadable` on the main thread whenever `fd` is readable or in error, level-triggered: a handler that
   * leaves something unread is called again. What it throws becomes an uncaught exception of its own; the poller and
   * the other handlers go on.
   *
   * @param fd an open descriptor, in non-blocking mode
   * @returns removes it; to be called before `fd` is closed, a second call does nothing
   * @throws Error with `code` EEXIST when `fd` is there already, EBADF, EPERM (a plain file)
   */
  add(fd: number, onReadable: () => void): () => void {
    if (this.#closing) throw new Error('the poller is closed');
    // A token and not the descriptor: an event that was under way when `fd` was removed must not reach its successor.
    const token = ++this.#lastToken;
    this.#control(EPOLL_CTL_ADD, fd, token);
    this.#handlers.set(token, onReadable);
    return () => {
      if (!this.#handlers.delete(token) || this.#closing) return;
      this.#control(EPOLL_CTL_DEL, fd, token);
    };
  }

  /** Ends the wait. No handler is called any more; the added descriptors stay open, they are their owners'. */
  close(): Promise<void> {
    if (!this.#closing) {
      this.#closing = true;
      this.#handlers.clear();
      this.#wake();
    }
    return this.#closed;
  }

  #control(operation: number, fd: number, token: number): void {
    const event = new DataView(new ArrayBuffer(eventSize));
    event.setUint32(0, EPOLLIN, littleEndian);
    event.setBigUint64(dataOffset, BigInt(token), littleEndian);
    check(epollCtl(this.#epfd, operation, fd, new Uint8Array(event.buffer)), `epoll_ctl of descriptor ${fd}`);
  }

  #wake(): void {
    writeFd(this.#wakeFd, new Uint8Array(new BigUint64Array([1n]).buffer), 8);
  }

  #wait(): void {
    epollWait.async(this.#epfd, this.#events, maxEvents, -1, (error: Error | null, count: number) =>
      this.#woken(error, count),
    );
  }

  /** Must not throw: it is called from native code, and a wait that is not renewed would silence every descriptor. */
  #woken(error: Error | null, count: number): void {
    if (error === null && count > 0) {
      this.#failedWaits = 0;
      this.#dispatch(count);
    } else {
      // A stopped and continued process gets EINTR (signal(7)); the worker thread's errno is out of reach.
      this.#failedWaits += 1;
      if (this.#failedWaits > 100) {
        this.#closing = true;
        report(error ?? new Error('epoll_wait fails'));
      }
    }
    if (this.#closing) this.#release();
    else this.#wait();
  }

  #dispatch(count: number): void {
    const tokens: number[] = [];
    for (let i = 0; i < count; i++) {
      tokens.push(Number(this.#view.getBigUint64(i * eventSize + dataOffset, littleEndian)));
    }
    for (const token of tokens) {
      // Looked up only now: a handler may have removed another one, or closed the poller.
      const handler = this.#handlers.get(token);
      if (handler === undefined) continue;
      try {
        handler();
      } catch (error) {
        report(error);
      }
    }
  }

  #release(): void {
    process.off('exit', this.#onExit);
    closeFd(this.#wakeFd);
    closeFd(this.#epfd);
    this.#resolveClosed();
  }
}

/** An exception outside of every caller, so that it ends the process like any other uncaught one. */
function report(error: unknown): void {
  queueMicrotask(() => {
    throw error;
  });
}
