/** BPF links: a program on its hook, until the link is detached or nobody holds it any more. */
import { ATTACH, BpfError, close, linkCreate, linkDetach, linkUpdate, objectInfo, pin, pinned } from './libbpf.ts';

/** XDP_FLAGS_ of linux/if_link.h */
const XDP_FLAGS = { generic: 2, native: 4 } as const;
const LINK_INFO_SIZE = 64;
/** enum bpf_link_type: where the union has the ifindex. */
const LINK_TYPES_WITH_IFINDEX = new Set([6 /* XDP */, 11 /* TCX */]);

export type AttachMode = keyof typeof XDP_FLAGS;

export interface LinkInfo {
  readonly id: number;
  readonly programId: number;
  /** 0 when the device is gone, or for a link that has none. */
  readonly ifindex: number;
}

export class BpfLink {
  readonly fd: number;

  constructor(fd: number) {
    this.fd = fd;
  }

  /** @throws BpfError EBUSY when the device has a program already, EOPNOTSUPP when it cannot have one in that mode */
  static xdp(programFd: number, ifindex: number, mode: AttachMode): BpfLink {
    return new BpfLink(linkCreate(programFd, ifindex, ATTACH.xdp, XDP_FLAGS[mode], `XDP (${mode}) to ${ifindex}`));
  }

  /** tcx, Linux 6.6. */
  static tcx(programFd: number, ifindex: number, direction: 'ingress' | 'egress'): BpfLink {
    const attach = direction === 'ingress' ? ATTACH.tcxIngress : ATTACH.tcxEgress;
    return new BpfLink(linkCreate(programFd, ifindex, attach, 0, `tcx ${direction} to ${ifindex}`));
  }

  /** A program of type tp_btf: the object says which tracepoint. */
  static tracepoint(programFd: number, name: string): BpfLink {
    return new BpfLink(linkCreate(programFd, 0, ATTACH.traceRawTp, 0, `tracepoint ${name}`));
  }

  /** undefined when nothing is pinned there. */
  static fromPin(path: string): BpfLink | undefined {
    const fd = pinned(path);
    return fd === undefined ? undefined : new BpfLink(fd);
  }

  /** `struct bpf_link_info`: u32 type, id, prog_id, then a union whose first word is the ifindex of XDP and tcx. */
  info(): LinkInfo {
    const view = objectInfo(this.fd, LINK_INFO_SIZE);
    const at = (offset: number): number => view.getUint32(offset, true);
    return { id: at(4), programId: at(8), ifindex: LINK_TYPES_WITH_IFINDEX.has(at(0)) ? at(16) : 0 };
  }

  /** Swaps the program in one step. */
  update(programFd: number): void {
    linkUpdate(this.fd, programFd);
  }

  pin(path: string): void {
    pin(this.fd, path);
  }

  /** Takes the program off, whoever holds the link. A device that is gone has taken it along. */
  detach(): void {
    try {
      linkDetach(this.fd);
    } catch (error) {
      if (!(error instanceof BpfError)) throw error;
    }
    this.close();
  }

  /** Gives back the descriptor; a pinned link stays. */
  close(): void {
    close(this.fd);
  }
}
