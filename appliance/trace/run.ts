/** One run of the data path's program `trace`: the stages of the gateway, told to write nothing. */
import { randomInt } from 'node:crypto';
import type { DataPath } from '../dataplane/datapath.ts';
import { maps, type Trace } from '../dataplane/layout.gen.ts';

/** What a run has found out. */
export interface TraceRun {
  readonly trace: Trace;
  /** The IP packet that the program has left behind: what leaves, when something does. */
  readonly packet: Uint8Array;
}

/** XDP's return value (linux/bpf.h, enum xdp_action). */
const XDP_ABORTED = 0;
/** Where the last four bytes of the source MAC address stand in a frame. */
const SERIAL_AT = 8;

let serial = randomInt(0x1_0000_0000);

/**
 * Runs a frame. Scratch is per CPU and the kernel may move this thread between the run and the look at it, so the frame
 * carries a serial number in its source MAC address, and what was found out is known by it.
 * @param frame from the Ethernet header on; it is not changed
 * @param ifindex of the device that it comes in by: of VLANs the lower one
 * @throws BpfError ENODEV when there is no such device
 */
export function runTrace(dataPath: DataPath, frame: Uint8Array, ifindex: number): TraceRun {
  serial = (serial + 1) >>> 0;
  const data = Uint8Array.from(frame);
  new DataView(data.buffer).setUint32(SERIAL_AT, serial, true);
  // struct xdp_md: data, data_end, data_meta, ingress_ifindex, rx_queue_index, egress_ifindex
  const context = new Uint32Array([0, data.length, 0, ifindex, 0, 0]);
  const ran = dataPath.program('trace').run({ data, context: new Uint8Array(context.buffer) });
  const trace = dataPath
    .map(maps.sgTrace)
    .lookupAll(0)
    .find((one) => one.serial === serial);
  if (ran.retval === XDP_ABORTED || trace === undefined) throw new Error('the program trace left nothing behind');
  return { trace, packet: ran.data.slice(trace.l3) };
}
