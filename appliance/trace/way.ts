/** The way out: tunnel, route, next hop. */
import type { TraceLine } from '../contract/api-trace.ts';
import { constants, TraceStage, type TraceStep, type Tunnel, TunnelKind, Verdict } from '../dataplane/layout.gen.ts';
import { formatAddress, formatMac } from '../model/address.ts';
import { decodePacket } from './decode.ts';
import { addressText, portText, type TraceView } from './view.ts';

const IPV6_HEADER = 40;
const SRH_FIXED = 8;
const SEGMENT = 16;
const AF_INET = 2;

/** What leaves, without the headers of our own tunnel: the door pushes what is longer than frames have room for. */
export function innerOutput(view: TraceView): Uint8Array {
  const emit = view.steps.findLast(({ stage }) => stage === TraceStage.TRACE_EMIT);
  const end = view.steps.at(-1);
  const pushed = end?.verdict === Verdict.V_FORWARD || end?.verdict === Verdict.V_REPORTED;
  const length = emit === undefined || !pushed ? 0 : (view.tunnel(emit.tunnel)?.len ?? 0);
  return view.output.subarray(length);
}

/** The lines of a packet that leaves. */
export function wayWords(view: TraceView, step: TraceStep): TraceLine[] {
  const tunnel = view.tunnel(step.tunnel);
  const route: TraceLine = { stage: 'route', lines: routeWords(view, step, tunnel) };
  if (tunnel === undefined) return [route];
  const later = view.steps.at(-1)?.verdict === Verdict.V_DOOR;
  const note = later ? ['the door puts it in front; what leaves is shown without'] : [];
  return [{ stage: 'tunnel', lines: [tunnelWords(tunnel), ...note] }, route];
}

function tunnelWords({ kind, family, src, dst, bytes, len }: Tunnel): string {
  const [from, to] = [addressText(src, family), addressText(dst, family)];
  if (kind === TunnelKind.TUNNEL_VXLAN) return `VXLAN ${from} > node ${to}, +${len} bytes`;
  const segments = segmentsOf(Uint8Array.from(bytes), len);
  const list = segments.length === 0 ? 'no segment routing header' : `segs [${segments.join(',')}]`;
  return `SRv6 ${from} > ${to}, ${list}, +${len} bytes`;
}

/** The list in a tunnel's template, in the order of the visit (RFC 8754 section 2). */
function segmentsOf(bytes: Uint8Array, length: number): string[] {
  const segments: string[] = [];
  for (let at = IPV6_HEADER + SRH_FIXED; at + SEGMENT <= length; at += SEGMENT)
    segments.unshift(formatAddress(bytes.subarray(at, at + SEGMENT)));
  return segments;
}

function routeWords(view: TraceView, step: TraceStep, tunnel: Tunnel | undefined): string[] {
  const adjacency = step.adj === constants.ADJ_NONE ? undefined : view.adjacency(step.adj);
  const destination = tunnel === undefined ? destinationOf(view) : addressText(tunnel.dst, tunnel.family);
  const next =
    adjacency === undefined
      ? addressText(step.nh, step.nhFamily)
      : formatAddress(Uint8Array.from(adjacency.key.nh.slice(0, adjacency.key.family === AF_INET ? 4 : 16)));
  const via = next === destination ? '' : ` via ${next}`;
  const mac = adjacency === undefined ? view.neighbour : formatMac(adjacency.dmac);
  const neighbour = mac === undefined ? 'neighbour not known yet: the kernel asks for it' : `neighbour ${mac}`;
  const cut = step.fragMtu === 0 ? [] : [`cut into pieces of at most ${step.fragMtu} bytes`];
  return [`${destination}${via} dev ${portText(view, step.outPort)}, MTU ${step.outMtu}, ${neighbour}`, ...cut];
}

function destinationOf(view: TraceView): string {
  const packet = decodePacket(innerOutput(view));
  return packet.kind === 'bytes' ? 'the destination' : formatAddress(packet.destination);
}
