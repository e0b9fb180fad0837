/**
 * A NETLINK_ROUTE socket: the only foreign functions of this package. Never blocks; says so itself when messages were
 * lost. Kernel interface: linux/netlink.h, netlink(7).
 */
import { constants } from 'node:os';
import koffi from 'koffi';
import { littleEndian, viewOf } from './codec.ts';
import { NetlinkError } from './error.ts';

const libc = koffi.load('libc.so.6');
const openSocket = libc.func('int socket(int domain, int type, int protocol)');
const bindSocket = libc.func('int bind(int fd, const void *addr, uint32_t len)');
const setOption = libc.func('int setsockopt(int fd, int level, int name, const void *value, uint32_t len)');
const sendBytes = libc.func('int64_t send(int fd, const void *buf, size_t len, int flags)');
const receiveBytes = libc.func('int64_t recvfrom(int fd, void *buf, size_t len, int flags, void *addr, void *addrLen)');
const closeFd = libc.func('int close(int fd)');

const AF_NETLINK = 16;
const SOCK_RAW_CLOEXEC_NONBLOCK = 3 | 0x80000 | 0x800;
const NETLINK_ROUTE = 0;
const SOL_SOCKET = 1;
const SO_RCVBUF = 8;
const SO_RCVBUFFORCE = 33;
const SOL_NETLINK = 270;
const NETLINK_ADD_MEMBERSHIP = 1;
const NETLINK_CAP_ACK = 10;
const NETLINK_EXT_ACK = 11;
const NETLINK_GET_STRICT_CHK = 12;
const MSG_TRUNC = 0x20;
/** `struct sockaddr_nl` {u16 family, u16 pad, u32 port, u32 groups}. */
const addressSize = 12;
/** The kernel fills at most 32 KiB of a dump into one datagram; a single message may be longer. */
const receiveSize = 256 * 1024;
/** Datagrams of one wake-up: a flood of events must leave room for the rest of the process. */
const datagramsPerTurn = 64;

/** `struct nlmsghdr`: u32 length, u16 type, u16 flags, u32 sequence, u32 port. */
export const headerSize = 16;

/** Who tells when a descriptor is readable (level-triggered); gives back what removes it. */
export interface Waiter {
  add(fd: number, onReadable: () => void): () => void;
}

/** One message as received; `body` is a view into a buffer that is used again, valid during the call only. */
export interface Message {
  readonly type: number;
  readonly flags: number;
  readonly sequence: number;
  readonly body: Uint8Array;
}

export interface SocketOptions {
  /** Multicast groups to join, RTNLGRP_ numbers. */
  readonly groups?: readonly number[];
  /** Size of the receive buffer asked for; the kernel doubles it. With CAP_NET_ADMIN beyond the system's limit. */
  readonly rcvbufBytes?: number;
}

/** What a socket has to tell. */
export interface SocketHandlers {
  onMessage(message: Message): void;
  /** The kernel dropped messages for want of room (ENOBUFS), or one was longer than the receive buffer. */
  onOverrun(): void;
  /**
   * After an overrun, when everything has been read that was in the socket. Only from then on the kernel tells of the
   * next loss: until the socket has been empty it drops in silence (NETLINK_S_CONGESTED, net/netlink/af_netlink.c).
   */
  onDrained?(): void;
}

const defaultRcvbufBytes = 1024 * 1024;

function u32(value: number): Uint8Array {
  const view = new DataView(new ArrayBuffer(4));
  view.setUint32(0, value, littleEndian);
  return new Uint8Array(view.buffer);
}

/** Messages of the kernel in one direction, bytes in the other. */
export class NetlinkSocket {
  readonly #fd: number;
  readonly #handlers: SocketHandlers;
  readonly #buffer = new Uint8Array(receiveSize);
  readonly #sender = new Uint8Array(addressSize);
  readonly #senderSize = new Uint8Array(4);
  #remove: () => void = () => {};
  #closed = false;
  #overrun = false;

  /** @throws NetlinkError when the kernel gives no such socket */
  constructor(waiter: Waiter, options: SocketOptions, handlers: SocketHandlers) {
    this.#handlers = handlers;
    this.#fd = openSocket(AF_NETLINK, SOCK_RAW_CLOEXEC_NONBLOCK, NETLINK_ROUTE);
    if (this.#fd < 0) throw new NetlinkError('socket', koffi.errno());
    try {
      this.#configure(options);
      this.#remove = waiter.add(this.#fd, () => this.#receive());
    } catch (error) {
      closeFd(this.#fd);
      throw error;
    }
  }

  get closed(): boolean {
    return this.#closed;
  }

  /**
   * The kernel works on it before this returns; its answers wait in the socket.
   *
   * @throws NetlinkError when nothing was sent
   */
  send(bytes: Uint8Array): void {
    if (this.#closed) throw new NetlinkError('send', constants.errno.ECANCELED, 'CLOSED');
    if (Number(sendBytes(this.#fd, bytes, bytes.length, 0)) < 0) throw new NetlinkError('send', koffi.errno());
  }

  /** No handler is called any more. A second call does nothing. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#remove();
    closeFd(this.#fd);
  }

  #configure(options: SocketOptions): void {
    for (const name of [NETLINK_EXT_ACK, NETLINK_CAP_ACK, NETLINK_GET_STRICT_CHK]) this.#option(SOL_NETLINK, name, 1);
    const size = options.rcvbufBytes ?? defaultRcvbufBytes;
    if (!this.#tryOption(SOL_SOCKET, SO_RCVBUFFORCE, size)) this.#option(SOL_SOCKET, SO_RCVBUF, size);
    const address = new Uint8Array(addressSize);
    viewOf(address).setUint16(0, AF_NETLINK, littleEndian);
    if (bindSocket(this.#fd, address, addressSize) < 0) throw new NetlinkError('bind', koffi.errno());
    for (const group of options.groups ?? []) this.#option(SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, group);
  }

  #tryOption(level: number, name: number, value: number): boolean {
    return setOption(this.#fd, level, name, u32(value), 4) === 0;
  }

  #option(level: number, name: number, value: number): void {
    if (!this.#tryOption(level, name, value)) throw new NetlinkError(`setsockopt ${name}`, koffi.errno());
  }

  #receive(): void {
    for (let turn = 0; turn < datagramsPerTurn && !this.#closed; turn += 1) {
      viewOf(this.#senderSize).setUint32(0, addressSize, littleEndian);
      const length = Number(
        receiveBytes(this.#fd, this.#buffer, receiveSize, MSG_TRUNC, this.#sender, this.#senderSize),
      );
      if (length < 0) {
        const errno = koffi.errno();
        if (errno === constants.errno.EAGAIN) {
          if (this.#overrun) this.#handlers.onDrained?.();
          this.#overrun = false;
          return;
        }
        if (errno === constants.errno.EINTR) continue;
        if (errno !== constants.errno.ENOBUFS) throw new NetlinkError('recvfrom', errno);
        this.#onOverrun();
      } else if (length > receiveSize) this.#onOverrun();
      // Port 0 is the kernel; another process with the right to may send here too, and is not believed.
      else if (viewOf(this.#sender).getUint32(4, littleEndian) === 0) this.#split(this.#buffer.subarray(0, length));
    }
  }

  #onOverrun(): void {
    this.#overrun = true;
    this.#handlers.onOverrun();
  }

  #split(datagram: Uint8Array): void {
    for (const message of messagesOf(datagram)) {
      if (this.#closed) return;
      this.#handlers.onMessage(message);
    }
  }
}

/**
 * The messages of one datagram; bodies are views into it.
 *
 * @throws RangeError when a length is impossible
 */
export function* messagesOf(datagram: Uint8Array): Generator<Message> {
  const view = viewOf(datagram);
  for (let at = 0; at + headerSize <= datagram.length; ) {
    const length = view.getUint32(at, littleEndian);
    if (length < headerSize || at + length > datagram.length)
      throw new RangeError(`message of ${length} bytes where ${datagram.length - at} are left`);
    yield {
      type: view.getUint16(at + 4, littleEndian),
      flags: view.getUint16(at + 6, littleEndian),
      sequence: view.getUint32(at + 8, littleEndian),
      body: datagram.subarray(at + headerSize, at + length),
    };
    at += (length + 3) & ~3;
  }
}

/** A message with its header, as `send` takes it. */
export function encodeMessage(type: number, flags: number, sequence: number, body: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(headerSize + body.length);
  const view = viewOf(bytes);
  view.setUint32(0, bytes.length, littleEndian);
  view.setUint16(4, type, littleEndian);
  view.setUint16(6, flags, littleEndian);
  view.setUint32(8, sequence, littleEndian);
  bytes.set(body, headerSize);
  return bytes;
}
