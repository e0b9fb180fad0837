/** One round: every step in every scene, observed at both ends. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Status } from '../../contract/api.ts';
import { type Counted, difference, judge, type Observation, type Verdict } from './judge.ts';
import type { Breakage } from './options.ts';
import type { Stage } from './stage.ts';
import { type Step, steps } from './steps.ts';

/** The last frames of a step are under way when its program ends. */
const SETTLE_LIMIT_MS = 4_000;
const SETTLE_EVERY_MS = 30;
/** Equal for so many looks in a row is at rest. */
const SETTLED_LOOKS = 2;

export interface Row {
  readonly stage: Stage;
  readonly step: Step;
  readonly observation: Observation;
  readonly verdict: Verdict;
}

export interface RoundOptions {
  readonly onBegin: (stage: Stage, step: Step) => void;
  readonly onEnd: (row: Row) => void;
  /** Broken in every scene, between ping and iperf3. */
  readonly breakage?: Breakage | undefined;
  /** After a failure the other scenes do the same step, and the round ends. */
  readonly endAtFailure: boolean;
}

/** What was seen at both ends and counted between. */
type Look = Pick<Observation, 'near' | 'far' | 'counted'>;

/** @returns the rows, in the order in which they were done */
export async function runRound(stages: readonly Stage[], options: RoundOptions): Promise<Row[]> {
  const rows: Row[] = [];
  for (const [index, step] of steps.entries()) {
    if (index === 2 && options.breakage !== undefined) await breakAll(stages, options.breakage);
    // Side by side: each scene has cables of its own, and most of a step is waiting.
    for (const stage of stages) options.onBegin(stage, step);
    for (const row of await Promise.all(stages.map((stage) => runStep(stage, step)))) {
      rows.push(row);
      options.onEnd(row);
    }
    if (options.endAtFailure && rows.some(({ verdict }) => !verdict.ok)) break;
  }
  return rows;
}

async function breakAll(stages: readonly Stage[], breakage: Breakage): Promise<void> {
  for (const stage of stages) {
    if (breakage === 'detach') await stage.detach();
    else if (breakage === 'route') await stage.breakRoute();
    else stage.stopServers();
  }
}

async function runStep(stage: Stage, step: Step): Promise<Row> {
  const before = await begin(stage);
  const sent = await step.run(stage);
  const seen = await settle(stage, before);
  const page = sent.nonce === undefined ? {} : { page: pageOf(stage, sent.nonce) };
  const observation: Observation = { sent, ...seen, ...page };
  return { stage, step, observation, verdict: judge(observation) };
}

/** Begins new tallies at a moment of rest: whoever looks around in the live view may be sending too. */
async function begin(stage: Stage): Promise<Counted | undefined> {
  for (const deadline = performance.now() + SETTLE_LIMIT_MS; ; ) {
    stage.client.mark();
    stage.server.mark();
    const before = countedOf(await stage.status());
    const after = countedOf(await stage.status());
    const quiet = before?.forwarded === after?.forwarded && framesOf(stage) === 0;
    if (quiet || performance.now() > deadline) return after;
  }
}

function framesOf({ client, server }: Stage): number {
  return [client.tally(), server.tally()].reduce((sum, { out, back }) => sum + out.frames + back.frames, 0);
}

/** Waits until both ends and the data path agree, or until it is clear that they will not. */
async function settle(stage: Stage, before: Counted | undefined): Promise<Look> {
  let agreed = 0;
  for (const deadline = performance.now() + SETTLE_LIMIT_MS; ; ) {
    const frames = framesOf(stage);
    const after = countedOf(await stage.status());
    const counted = before === undefined || after === undefined ? undefined : difference(before, after);
    const near = stage.client.tally();
    const far = stage.server.tally();
    const same = near.out.frames === far.out.frames && near.back.frames === far.back.frames;
    const quiet = frames === framesOf(stage);
    agreed = quiet && same && counted?.forwarded === far.out.frames + far.back.frames ? agreed + 1 : 0;
    if (agreed >= SETTLED_LOOKS || performance.now() > deadline) return { near, far, counted };
    await delay(SETTLE_EVERY_MS);
  }
}

function countedOf(status: Status | undefined): Counted | undefined {
  if (status === undefined) return undefined;
  const dropped: Record<string, number> = {};
  let forwarded = 0;
  for (const port of status.ports) {
    forwarded += port.forwarded;
    for (const [reason, count] of Object.entries(port.dropped)) dropped[reason] = (dropped[reason] ?? 0) + count;
  }
  return { forwarded, dropped };
}

function pageOf({ pages, server, scene }: Stage, nonce: string): NonNullable<Observation['page']> {
  const served = pages.find((page) => page.nonce === nonce);
  return {
    served: served !== undefined,
    captured: server.holds(nonce),
    peerIsExpected: served !== undefined && scene.seenAs.includes(served.peer),
  };
}
