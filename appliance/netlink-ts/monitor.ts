/** Multicast events of the kernel's tables. linux/rtnetlink.h */
import { decodeEvent, type NetlinkEvent } from './events.ts';
import { NetlinkSocket, type Waiter } from './socket.ts';

/** RTNLGRP_ numbers; IPv4 and IPv6 come together. */
const groupNumbers = {
  link: [1],
  neighbour: [3],
  address: [5, 9],
  route: [7, 11],
  rule: [8, 19],
} as const;

export type MonitorGroup = keyof typeof groupNumbers;

export interface MonitorOptions {
  readonly groups: readonly MonitorGroup[];
  /** 4 MiB unless told, about 8,000 route events. */
  readonly rcvbufBytes?: number;
}

const defaultRcvbufBytes = 4 * 1024 * 1024;

/**
 * Listens. Open the monitor first and read the tables then: nothing is missed, and an event may tell again what was
 * read. `onOverrun` says that events were lost: read the tables again. It is called behind the events that were not lost,
 * and what is lost from then on is told anew.
 */
export class RtnetlinkMonitor {
  /** Times that the kernel dropped events. */
  overruns = 0;
  readonly #socket: NetlinkSocket;

  private constructor(
    waiter: Waiter,
    options: MonitorOptions,
    handler: (event: NetlinkEvent) => void,
    onOverrun: () => void,
  ) {
    const groups = options.groups.flatMap((group) => groupNumbers[group]);
    this.#socket = new NetlinkSocket(
      waiter,
      { groups, rcvbufBytes: options.rcvbufBytes ?? defaultRcvbufBytes },
      {
        onMessage: (message) => {
          const event = decodeEvent(message.type, message.body);
          if (event !== undefined) handler(event);
        },
        onOverrun: () => {
          this.overruns += 1;
        },
        onDrained: onOverrun,
      },
    );
  }

  /**
   * What a handler throws goes to the waiter, and the rest of that datagram is lost: it should not.
   *
   * @throws NetlinkError when there is no such socket
   */
  static open(
    waiter: Waiter,
    options: MonitorOptions,
    handler: (event: NetlinkEvent) => void,
    onOverrun: () => void,
  ): RtnetlinkMonitor {
    return new RtnetlinkMonitor(waiter, options, handler, onOverrun);
  }

  /** No handler is called any more. A second call does nothing. */
  close(): void {
    this.#socket.close();
  }
}
