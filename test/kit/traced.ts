/** Traces in packet tests: what `sixgate trace` says of a packet is what the gateway then does with it. */
import type { TraceReply } from '../../appliance/contract/api-trace.ts';
import { TraceStage, Verdict } from '../../appliance/dataplane/layout.gen.ts';
import { resultOf } from '../../appliance/trace/result.ts';
import { runTrace } from '../../appliance/trace/run.ts';
import { viewOf } from '../../appliance/trace/trace.ts';
import type { TraceNames } from '../../appliance/trace/view.ts';
import { stepWords } from '../../appliance/trace/words.ts';
import type { Observed, PacketGateway } from './datapath.ts';
import type { GoldenCase } from './golden.ts';
import type { PacketResult, PacketRunner } from './packet.ts';
import { assert } from './suite.ts';

/** What a trace says of a frame. */
export interface Traced {
  readonly result: TraceReply['result'];
  readonly steps: TraceReply['steps'];
  /** What leaves, from its IP or ARP header on. */
  readonly packet: Uint8Array;
  /** The door has still to put this many bytes in front. */
  readonly missing: number;
}

/** Names as the document of a packet test has them, as far as it has. */
function namesOf(gateway: PacketGateway): TraceNames {
  const number = (kind: string) => (value: number) => `${kind} ${value}`;
  return {
    port: (value) => gateway.nameOf(value),
    instance: (feature, id) => `${feature} ${id}`,
    policy: number('policy'),
    table: number('table'),
  };
}

/** Traces a frame that comes in by a port. */
export function traceFrame(gateway: PacketGateway, frame: Uint8Array, port: string): Traced {
  const run = runTrace(gateway.dataPath, frame, gateway.port(port).ifindex);
  const view = viewOf(gateway.dataPath, run, frame.subarray(14), namesOf(gateway));
  const emit = view.steps.findLast(({ stage }) => stage === TraceStage.TRACE_EMIT);
  const byDoor = emit !== undefined && emit.fragMtu === 0 && view.steps.at(-1)?.verdict === Verdict.V_DOOR;
  return {
    result: resultOf(view),
    steps: stepWords(view),
    packet: run.packet,
    missing: byDoor ? (view.tunnel(emit.tunnel)?.len ?? 0) : 0,
  };
}

/**
 * For golden tests: every frame is traced before it is sent, and both must come to the same. Every case begins without
 * sessions.
 */
export function tracedRunner(gateway: PacketGateway): PacketRunner {
  let current: GoldenCase | undefined;
  return (frame, port, golden) => {
    if (golden !== current) gateway.reset();
    current = golden;
    return runTraced(gateway, frame, port, `${golden.file}: ${golden.title}`).results;
  };
}

/** Traces a frame and sends it, and demands that both come to the same. */
export function runTraced(gateway: PacketGateway, frame: Uint8Array, port: string, where: string): Observed {
  gateway.tier = 'general';
  const traced = traceFrame(gateway, frame, port);
  const observed = gateway.observe(frame, port);
  assertSame(traced, observed, where);
  return observed;
}

function assertSame(traced: Traced, { results, pkt }: Observed, where: string): void {
  const { result, packet, missing } = traced;
  assert.ok(
    traced.steps.every(({ lines }) => lines.length > 0 && !lines.join().includes('undefined')),
    where,
  );
  if (result.verdict === 'fragment') {
    assert.ok(pkt.frag !== 0, `${where}: only fragments wait`);
    return;
  }
  assert.equal(wordsOf(result), results.map(becameOf).join(), where);
  const leaves = results.find(({ action }) => action === 'redirect' || action === 'tx');
  if (leaves === undefined) return;
  const sent = behindLink(leaves.frame).subarray(missing);
  assert.is(Buffer.from(still(packet)).toString('hex'), Buffer.from(still(sent)).toString('hex'), where);
}

const words: Readonly<Record<string, string>> = { forward: 'redirect', answer: 'tx' };

/** As `becameOf` says of a packet that was sent. */
function wordsOf({ verdict, reason, port }: TraceReply['result']): string {
  if (verdict === 'drop') return [reason, ...(port === undefined ? [] : [`redirect ${port}`])].join();
  return [words[verdict] ?? verdict, ...(port === undefined ? [] : [port])].join(' ');
}

/** Ports have more to their names where the door has more to do. */
function becameOf({ action, port, reason }: PacketResult): string {
  return reason ?? (action === 'redirect' ? `redirect ${port?.replace(/\/.*/, '')}` : action);
}

function behindLink(frame: Uint8Array): Uint8Array {
  return frame.subarray(frame[12] === 0x81 && frame[13] === 0 ? 18 : 14);
}

/** Without what is chosen at random: the identification of an IPv4 header, and its checksum, which follows it. */
function still(packet: Uint8Array): Uint8Array {
  const copy = packet.slice();
  if ((copy[0] as number) >> 4 !== 4) return copy;
  for (const at of [4, 5, 10, 11]) copy[at] = 0;
  return copy;
}
