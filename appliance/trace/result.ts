/** What becomes of a traced packet. */
import type { TraceReply } from '../contract/api-trace.ts';
import { TraceStage, type TraceStep, Verdict } from '../dataplane/layout.gen.ts';
import { dropReasons } from '../model/vocab.gen.ts';
import { describeBytes } from './describe.ts';
import { portText, type TraceView } from './view.ts';

type Result = TraceReply['result'];

/** The end of the way. */
export function resultOf(view: TraceView): Result {
  const end = view.steps.at(-1);
  if (end === undefined || end.stage !== TraceStage.TRACE_END) throw new Error('the trace has no end');
  switch (end.verdict) {
    case Verdict.V_FORWARD:
    case Verdict.V_DOOR:
      return { verdict: 'forward', ...leaving(view) };
    case Verdict.V_PASS:
      return { verdict: 'pass' };
    case Verdict.V_ANSWER:
      return { verdict: 'answer' };
    case Verdict.V_REPORTED:
      return { verdict: 'drop', ...reasonOf(view.steps), ...leaving(view) };
    case Verdict.V_TAKEN:
      if (view.steps.every(({ verdict }) => verdict !== Verdict.V_REPORT)) return { verdict: 'fragment' };
  }
  return { verdict: 'drop', ...reasonOf(view.steps) };
}

/** Where an error was to be sent, its own way may have failed for another reason: the first one counts. */
function reasonOf(steps: readonly TraceStep[]): Pick<Result, 'reason' | 'meaning'> {
  const told = steps.find(({ verdict }) => verdict === Verdict.V_REPORT) ?? steps.at(-1);
  const reason = dropReasons[told?.reason ?? 0];
  return reason === undefined ? {} : { reason: reason.name, meaning: reason.text };
}

function leaving(view: TraceView): Pick<Result, 'port' | 'packet' | 'length'> {
  const emit = view.steps.findLast(({ stage }) => stage === TraceStage.TRACE_EMIT);
  if (emit === undefined) return {};
  const { output } = view;
  return {
    port: portText(view, emit.outPort),
    packet: describeBytes(output),
    length: output.length + view.linkBytes(emit.outPort),
  };
}
