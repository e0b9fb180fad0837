/** The verdict on one step, from what was seen at both ends and counted between. Only computes. */
import { plural } from '../../cli/words.ts';
import type { Tally } from './capture.ts';
import type { Sent } from './steps.ts';

/** Sums over the ports of a gateway. */
export interface Counted {
  readonly forwarded: number;
  /** Packets dropped, by reason; only those that were. */
  readonly dropped: Readonly<Record<string, number>>;
}

export interface Observation {
  readonly sent: Sent;
  /** On the client's cable. */
  readonly near: Tally;
  /** On the server's cable. */
  readonly far: Tally;
  /** Of the data path; undefined when the gateway did not answer. */
  readonly counted: Counted | undefined;
  /** What the server knows of the page with the nonce; undefined for steps without a page. */
  readonly page?: { readonly served: boolean; readonly captured: boolean; readonly peerIsExpected: boolean };
}

export interface Verdict {
  readonly ok: boolean;
  /** Packets that one end sent and the other did not get. */
  readonly lost: number;
  /** One sentence each; empty when all is well. */
  readonly problems: readonly string[];
}

/** Judges a step: the programs were content, the far end saw it, and the data path's account agrees with both. */
export function judge({ sent, near, far, counted, page }: Observation): Verdict {
  const lost = Math.max(0, near.out.frames - far.out.frames) + Math.max(0, far.back.frames - near.back.frames);
  const problems: string[] = [];
  const demand = (holds: boolean, problem: string): void => {
    if (!holds) problems.push(problem);
  };
  if (sent.complaint !== undefined) problems.push(sent.complaint);
  if (page !== undefined) {
    demand(page.served, 'the page that came is not one that the server made');
    demand(page.captured, "the page was not seen on the server's cable");
    demand(page.peerIsExpected, 'the server saw another peer than it may');
  } else if (sent.nonce !== undefined) problems.push('nobody compared the page');
  const { out, back } = far;
  if (out.frames === 0) problems.push('nothing arrived at the far end');
  else if (sent.complaint === undefined) {
    demand(out.frames >= sent.minFrames, `${plural(out.frames, 'packet')} arrived, ${sent.minFrames} are the least`);
    demand(out.bytes >= sent.minBytes, `${plural(out.bytes, 'byte')} arrived, ${sent.minBytes} are the least`);
  }
  demand(far.foreign === 0, `${plural(far.foreign, 'packet')} arrived as they should not`);
  demand(lost === 0, `${plural(lost, 'packet')} got lost on the way`);
  if (counted === undefined) problems.push('the gateway does not answer');
  else {
    const seen = out.frames + back.frames;
    demand(counted.forwarded === seen, `the data path counts ${counted.forwarded} packets, the far end saw ${seen}`);
    if (lost > 0)
      for (const [reason, count] of Object.entries(counted.dropped)) problems.push(`${count} dropped: ${reason}`);
  }
  return { ok: problems.length === 0, lost, problems };
}

/** What was counted between two looks. */
export function difference(before: Counted, after: Counted): Counted {
  const dropped: Record<string, number> = {};
  for (const [reason, count] of Object.entries(after.dropped)) {
    const more = count - (before.dropped[reason] ?? 0);
    if (more > 0) dropped[reason] = more;
  }
  return { forwarded: after.forwarded - before.forwarded, dropped };
}
