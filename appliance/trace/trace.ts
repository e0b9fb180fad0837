/** `sixgate trace`: what would become of a packet, and why. Nothing is changed by asking. */
import type { TraceReply, TraceRequest } from '../contract/api-trace.ts';
import type { DataPath } from '../dataplane/datapath.ts';
import { constants, maps, type Port, type PortKey } from '../dataplane/layout.gen.ts';
import { formatMac } from '../model/address.ts';
import { SixgateError } from '../model/errors.ts';
import { decodePacket } from './decode.ts';
import { describe } from './describe.ts';
import { encodePacket, frameOf } from './frame.ts';
import { parsePacket } from './parse.ts';
import { resultOf } from './result.ts';
import { runTrace, type TraceRun } from './run.ts';
import type { TraceNames, TraceView } from './view.ts';
import { stepWords } from './words.ts';

/** What the daemon knows beside the data path. */
export interface TraceContext {
  readonly names: TraceNames;
  /** Numbers of the ports by name. */
  readonly ports: ReadonlyMap<string, number>;
  readonly revision: number;
}

/** Of a sender that is nobody: the program needs the last four bytes for itself. */
const SENDER = Uint8Array.of(2, 0, 0, 0, 0, 0);
const ETHERNET_HEADER = 14;
const VLAN_TAG = 4;

/**
 * Sends a packet through the stages of the data path, which write nothing.
 * @throws SixgateError TRACE_PACKET, TRACE_INTERFACE
 */
export function trace(dataPath: DataPath, request: TraceRequest, context: TraceContext): TraceReply {
  const packet = parsePacket(request.packet);
  const input = encodePacket(packet);
  const { key, port } = findPort(dataPath, request.in, context.ports);
  const link = { destination: port.mac, source: SENDER, vlan: key.vlan };
  const frame = frameOf(input, link);
  const view = viewOf(dataPath, runTrace(dataPath, frame, key.ifindex), input, context.names);
  const result = resultOf(view);
  const leaves = result.packet === undefined ? {} : { out: hex(view.output) };
  return {
    in: request.in,
    packet: describe(decodePacket(input)),
    length: frame.length,
    revision: context.revision,
    steps: stepWords(view),
    result,
    ...(request.hex === true ? { hex: { in: hex(input), ...leaves } } : {}),
  };
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

function findPort(
  dataPath: DataPath,
  name: string,
  numbers: ReadonlyMap<string, number>,
): { readonly key: PortKey; readonly port: Port } {
  const entries = [...dataPath.map(maps.sgPorts).entries()];
  const served = [...numbers].filter(([, number]) => entries.some(([, port]) => port.number === number));
  const number = served.find(([its]) => its === name)?.[1];
  const found = entries.find(([, port]) => port.number === number);
  if (found !== undefined) return { key: found[0], port: found[1] };
  const hint = served.length === 0 ? 'No interface is served' : `Interfaces: ${served.map(([its]) => its).join(', ')}`;
  throw new SixgateError('TRACE_INTERFACE', `No packet comes in by an interface ${name}`, { hint });
}

/** A run with everything that words about it need. */
export function viewOf(dataPath: DataPath, run: TraceRun, input: Uint8Array, names: TraceNames): TraceView {
  const { neighbour, step, steps } = run.trace;
  const ports = [...dataPath.map(maps.sgPorts).entries()].map(([, port]) => port);
  const { set } = dataPath.knobs.rules;
  return {
    names,
    input,
    output: run.packet,
    steps: step.slice(0, steps),
    neighbour: neighbour.some((byte) => byte !== 0) ? formatMac(neighbour) : undefined,
    sid: (number) => dataPath.map(maps.sgSid).lookup(set * constants.MAX_SIDS + number),
    tunnel: (key) => (key === 0 ? undefined : dataPath.map(maps.sgTunnel).lookup(key)),
    adjacency: (number) => dataPath.map(maps.sgAdj).lookup(number),
    linkBytes: (number) => ETHERNET_HEADER + (ports.find((port) => port.number === number)?.vlan ? VLAN_TAG : 0),
  };
}
