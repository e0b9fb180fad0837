/** Whose a packet is, what was decided, and as whom it would leave, in words. */
import { PktOwner, SessionFeature, SidBehavior, type TraceStep, Verdict } from '../dataplane/layout.gen.ts';
import { addressText, destinationOf, sourceOf, type TraceView } from './view.ts';

/** Instance numbers of egress have this bit for static forwards (bpf/feature/egress/egress.h). */
const EGRESS_FORWARD = 0x8000;

/** Whose the destination is. */
export function ownerWords(view: TraceView, step: TraceStep): string[] {
  const { names } = view;
  const to = addressText(step.dst, step.family);
  switch (step.owner) {
    case PktOwner.OWNER_NAT64_POOL6:
      return [`${to} is in pool6 of nat64 ${names.instance('nat64', step.instance)}`];
    case PktOwner.OWNER_NAT64_POOL4:
      return [`${to} is in pool4 of nat64 ${names.instance('nat64', step.instance)}`];
    case PktOwner.OWNER_EGRESS:
      return [`${to} belongs to no feature; egress policies may apply to what comes from here`];
    case PktOwner.OWNER_EGRESS_POOL:
      return [`${to} is in the egress pool ${names.instance('egress', step.instance)}`];
    case PktOwner.OWNER_SRV6_SID:
      return [`${to} is a SID of this node: ${sidWords(view, step)}`];
    case PktOwner.OWNER_SRV6_LOCATOR:
      return [`${to} is in a locator of this node, but no SID`];
    case PktOwner.OWNER_SRV6_DOMAIN:
      return [`${to} is of another node of the SR domain`];
    case PktOwner.OWNER_TUNNEL_END:
      return [`${to} is an end of tunnels of this gateway`];
  }
  return [`${to} belongs to no feature: plain traffic`];
}

const behaviors: Readonly<Record<number, string>> = {
  [SidBehavior.SID_END]: 'End',
  [SidBehavior.SID_END_X]: 'End.X',
  [SidBehavior.SID_END_DX4]: 'End.DX4',
  [SidBehavior.SID_END_DX6]: 'End.DX6',
  [SidBehavior.SID_END_DT4]: 'End.DT4',
  [SidBehavior.SID_END_DT6]: 'End.DT6',
  [SidBehavior.SID_END_DT46]: 'End.DT46',
};

function sidWords(view: TraceView, step: TraceStep): string {
  const sid = view.sid(step.number);
  if (sid === undefined) return `number ${step.number}`;
  const name = behaviors[sid.behavior] ?? `behavior ${sid.behavior}`;
  if (sid.nhFamily !== 0) return `${name} to ${addressText(sid.nh, sid.nhFamily)}`;
  return sid.table === 0 ? name : `${name}, tenant ${view.names.table(sid.table)}`;
}

/** `nat64 main`, `egress pool blue, policy shop-db`. */
export function sessionName({ names }: TraceView, { feature, instance, policy }: TraceStep): string {
  if (feature === SessionFeature.FEATURE_NAT64) return `nat64 ${names.instance('nat64', instance)}`;
  const pool = names.instance('egress', instance & ~EGRESS_FORWARD);
  if (instance & EGRESS_FORWARD) return `egress pool ${pool}, static forward`;
  return policy === 0 ? `egress pool ${pool}` : `egress pool ${pool}, policy ${names.policy(policy)}`;
}

/** `next`: the step behind the decision, which has the session that it leads to. */
export function decisionWords(view: TraceView, step: TraceStep, next: TraceStep | undefined): string[] {
  switch (step.verdict) {
    case Verdict.V_COMMIT:
      return next === undefined || next.familyIn === 0
        ? ['a session is to be made']
        : [`${sessionName(view, next)}: ${bindingWords(next)}`];
    case Verdict.V_CONTINUE:
      return [`${sessionName(view, step)}: ${bindingWords(step)}, as ${sourceOf(step.out, step.familyOut)}`];
    case Verdict.V_PASS:
      return ['an address of this box: the kernel gets it unmodified'];
    case Verdict.V_AGAIN:
      return [againWords(view, step, next)];
    case Verdict.V_TAKEN:
      return ['a fragment: what it waits for is not pretended'];
  }
  switch (step.owner) {
    case PktOwner.OWNER_SRV6_SID:
      return [`${sidWords(view, step)}: sent on`];
    case PktOwner.OWNER_EGRESS:
      return ['no egress policy applies: routed as it is'];
  }
  return ['routed as it is'];
}

/** Who speaks with whom. */
function bindingWords({ in: inside, out, familyIn, familyOut }: TraceStep): string {
  const [seen, real] = [destinationOf(inside, familyIn), destinationOf(out, familyOut)];
  const destination = seen === real ? real : `${seen} -> ${real}`;
  return `client ${sourceOf(inside, familyIn)}, destination ${destination}`;
}

function againWords(view: TraceView, step: TraceStep, next: TraceStep | undefined): string {
  if (step.owner !== PktOwner.OWNER_SRV6_SID) return 'the inner packet comes out';
  const name = sidWords(view, step);
  if (next === undefined) return name;
  // Segments change the destination only; an inner packet has a source of its own.
  if (isSame(next.src, step.src)) return `${name}: on to ${addressText(next.dst, next.family)}`;
  return `${name}: ${isSame(next.src, step.dst) ? 'the echo request is answered' : 'the inner packet comes out'}`;
}

function isSame(one: readonly number[], other: readonly number[]): boolean {
  return one.every((word, i) => word === other[i]);
}

/** As whom it would leave. */
export function claimWords(step: TraceStep): string[] {
  const outside = sourceOf(step.out, step.familyOut);
  if (step.ref & 1)
    return [`${outside} is ${sourceOf(step.in, step.familyIn)}'s: a session WOULD be made (nothing was)`];
  if (step.bib !== 0) return [`${outside} is the client's already; a session WOULD be made (nothing was)`];
  return [`${outside} WOULD be taken, or another free port of the pool (nothing was)`];
}
