/** What the stages have found out, in words: one or two lines a stage. */
import type { TraceLine } from '../contract/api-trace.ts';
import { PktOwner, Side, TraceStage, type TraceStep, Verdict } from '../dataplane/layout.gen.ts';
import { dropReasons } from '../model/vocab.gen.ts';
import { claimWords, decisionWords, ownerWords, sessionName } from './decision.ts';
import { type Decoded, decodePacket } from './decode.ts';
import { describeBytes } from './describe.ts';
import { PROTO } from './packet.ts';
import { endText, portText, type TraceView } from './view.ts';
import { innerOutput, wayWords } from './way.ts';

const PROTOCOLS: Readonly<Record<number, string>> = { 1: 'icmp', 6: 'tcp', 17: 'udp', 58: 'icmp' };
/** What stands behind the IPv6 header of a tunnel: a routing header, or an IP packet. */
const SRV6_HEADERS: readonly number[] = [PROTO.routing, PROTO.ip4, PROTO.ip6];
const ROLES = ['inside', 'outside', 'core'];

type Stage = TraceLine['stage'];

/** The whole way, a stage after the other. */
export function stepWords(view: TraceView): TraceLine[] {
  return view.steps.flatMap((step, index) => linesOf(view, step, index));
}

function linesOf(view: TraceView, step: TraceStep, index: number): TraceLine[] {
  const one = (stage: Stage, ...lines: readonly string[]): TraceLine[] => [{ stage, lines: [...lines] }];
  switch (step.stage) {
    case TraceStage.TRACE_PARSE:
      return one('parse', ...parseWords(view, step, index));
    case TraceStage.TRACE_CLASSIFY:
      return classifyWords(view, step);
    case TraceStage.TRACE_DECIDE:
      return one('decide', ...(refusal(step) ?? decisionWords(view, step, view.steps[index + 1])));
    case TraceStage.TRACE_COMMIT:
      return one('claim', ...(refusal(step) ?? claimWords(step)));
    case TraceStage.TRACE_REWRITE:
      return one('replay', ...(refusal(step) ?? replayWords(view, step, index)));
    case TraceStage.TRACE_ERROR:
      return one(
        'error',
        step.verdict === Verdict.V_CONTINUE ? 'the sender is told' : `the sender cannot be told: ${textOf(step)}`,
      );
    case TraceStage.TRACE_EMIT:
      return wayWords(view, step);
  }
  return [];
}

/** `no_route: the kernel has no route to the destination, or a blackhole` */
function textOf({ reason }: TraceStep): string {
  const known = dropReasons[reason];
  return known === undefined ? `reason ${reason}` : `${known.name}: ${known.text}`;
}

/** For stages at which the way of a packet ends. */
function refusal(step: TraceStep): string[] | undefined {
  const ends = step.verdict === Verdict.V_DROP || step.verdict === Verdict.V_REPORT;
  return ends ? [`DROP  ${textOf(step)}`] : undefined;
}

function parseWords(view: TraceView, step: TraceStep, index: number): string[] {
  const refused = refusal(step) ?? [];
  if (index === 0) {
    const roles = ROLES.filter((_, bit) => step.role & (1 << bit)).join(', ');
    const tenant = step.table === 0 ? '' : `, tenant ${view.names.table(step.table)}`;
    const bytes = `${view.input.length + view.linkBytes(step.side)} bytes`;
    if (step.verdict === Verdict.V_PASS) return ['not for a port of this gateway'];
    return [
      `${describeBytes(view.input)}, ${bytes}`,
      `in ${portText(view, step.side)} (${roles})${tenant}`,
      ...refused,
    ];
  }
  return [`again: ${packetWords(step)}${originWords(view, step)}`, ...refused];
}

/** The packet as a stage has it, without what only its bytes say. */
function packetWords(step: TraceStep): string {
  const { family, proto, ttl, length } = step;
  if (family === 0) return 'no IP packet';
  const name = (family === 6 && SRV6_HEADERS.includes(proto) ? 'srv6' : PROTOCOLS[proto]) ?? `proto ${proto}`;
  const from = endText(step.src, step.sport, family);
  return `${name} ${from} > ${endText(step.dst, step.dport, family)} ttl ${ttl}, ${length} bytes from the IP header on`;
}

/** Out of which tunnel. */
function originWords({ names }: TraceView, { side, table, identity }: TraceStep): string {
  if (side === Side.SIDE_VXLAN) return `, out of slot ${names.table(table)}, identity ${identity}`;
  if (side !== Side.SIDE_SRV6) return '';
  return table === 0 ? ', out of SRv6' : `, out of SRv6, tenant ${names.table(table)}`;
}

function classifyWords(view: TraceView, step: TraceStep): TraceLine[] {
  const refused = refusal(step);
  if (refused !== undefined) return [{ stage: 'flow', lines: refused }];
  if (step.verdict === Verdict.V_PASS)
    return [{ stage: 'class', lines: ['link-local, multicast, or no IP: for the kernel of this box'] }];
  if (step.verdict === Verdict.V_ANSWER)
    return [{ stage: 'class', lines: ['asks for an address of a pool: answered by the data path'] }];
  if (step.owner === PktOwner.OWNER_SESSION) {
    const from = step.ref & 1 ? 'outside' : 'inside';
    return [{ stage: 'flow', lines: [`hit: session ${step.session} of ${sessionName(view, step)}, from the ${from}`] }];
  }
  return [
    { stage: 'flow', lines: ['miss'] },
    { stage: 'class', lines: ownerWords(view, step) },
  ];
}

/** Family, size and hop limit before and after. */
function replayWords(view: TraceView, step: TraceStep, index: number): string[] {
  if (step.verdict === Verdict.V_TAKEN) return ['a fragment: what it waits for and leaves behind is not pretended'];
  const next = view.steps[index + 1];
  const again = step.verdict === Verdict.V_AGAIN && next !== undefined;
  const inner = innerOutput(view);
  const after = again
    ? { family: next.family, ttl: next.ttl, length: next.length }
    : { ...factsOf(decodePacket(inner)), length: inner.length };
  const before = view.steps[index - 1] ?? step;
  const name = (family: number): string => (family === 4 ? 'TTL' : 'hop limit');
  const difference = after.length - before.length;
  const bytes = difference === 0 ? 'same size' : `${difference > 0 ? '+' : ''}${difference} bytes`;
  const hops = `${name(step.family)} ${step.ttl} -> ${step.family === after.family ? '' : `${name(after.family)} `}${after.ttl}`;
  const families = step.family === after.family ? `IPv${step.family}` : `IPv${step.family} -> IPv${after.family}`;
  const turned = again ? ['turned round: the destination is somebody inside'] : [];
  return [`${families}, ${bytes}, ${hops}`, ...turned];
}

function factsOf(packet: Decoded): { readonly family: number; readonly ttl: number } {
  if (packet.kind === 'bytes') return { family: 0, ttl: 0 };
  return { family: packet.source.length === 4 ? 4 : 6, ttl: packet.ttl };
}
