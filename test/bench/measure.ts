/** The rounds: every case after the other, again and again, each minus its generator alone right before it. */
import { writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { checkClean, readFields } from '../kit/lab.ts';
import type { Case } from './cases.ts';
import { CHUNK, type Load, median } from './programs.ts';
import type { Rig } from './rig.ts';

/** One case, over all rounds. Nanoseconds a packet. */
export interface Row {
  readonly name: string;
  readonly title: string;
  /** Median of the rounds: gateway, and the two hops that lead to it and from it. */
  readonly netNs: number;
  /**
   * The same by the time that the kernel charges: an independent clock. Less than `netNs` would mean that the gateway
   * works where the generator does not see it.
   */
  readonly cpuNs: number;
  /** Furthest a round is away from it, as a part of it. */
  readonly spread: number;
  readonly generatorNs: number;
  /** By how much interruptions made the mean longer than the median chunk: 0 on a quiet machine. */
  readonly disturbed: number;
  readonly packets: number;
}

/** Packets of a run: one more than a number of whole chunks, so that each of these is stamped at both ends. */
const STEADY = 1280 * CHUNK;
const FRESH = 320 * CHUNK;
/** Flow numbers of fresh cases begin here: nobody has seen them. */
const FIRST_FRESH = 20_000;
const ARRIVAL_MS = 500;

interface Sample {
  readonly netNs: number;
  readonly cpuNs: number;
  readonly generatorNs: number;
  readonly disturbed: number;
  readonly packets: number;
}

/** @throws Error when a case loses frames, or sends what it should not: such a rate means nothing */
export async function measure(rig: Rig, cases: readonly Case[], rounds: number): Promise<Row[]> {
  const samples = new Map<string, Sample[]>(cases.map(({ name }) => [name, []]));
  for (const one of cases) if (one.fresh === undefined) await install(rig, one);
  for (let round = 0; round < rounds; round += 1) {
    for (const one of cases) {
      rig.sink.reset();
      samples.get(one.name)?.push(await sample(rig, one, round));
      if (round === 0) await judge(rig, one);
    }
  }
  return cases.map(({ name, title }) => rowOf(name, title, samples.get(name) ?? []));
}

/** Sends the flows of a case once, one after the other, and demands that each of them arrives. */
export async function install(rig: Rig, one: Case): Promise<void> {
  const { template, flows } = one;
  await lossless(rig, one, { template, flows, ifindex: entrance(rig, one), packets: Math.max(flows, 64) });
}

const entrance = (rig: Rig, { subject, enters = 'in' }: Case): number => rig.ifindex(subject, enters);
const exit = (rig: Rig, { subject, enters = 'in' }: Case): number =>
  rig.ifindex(subject, enters === 'in' ? 'out' : 'in');

async function sample(rig: Rig, one: Case, round: number): Promise<Sample> {
  const packets = (one.fresh ? FRESH : STEADY) + 1;
  const flows = one.fresh ? packets : one.flows;
  const base = one.fresh ? FIRST_FRESH + round * packets : 0;
  const load = { template: one.template, packets, flows, base, random: !one.fresh };
  const alone = rig.generator.run({ ...load, ifindex: 0 });
  const whole = await lossless(rig, one, { ...load, ifindex: entrance(rig, one) });
  return {
    netNs: whole.medianNs - alone.medianNs,
    cpuNs: whole.cpuNs - alone.cpuNs,
    generatorNs: alone.medianNs,
    disturbed: whole.meanNs / whole.medianNs - 1,
    packets,
  };
}

async function lossless(rig: Rig, one: Case, load: Load) {
  const port = exit(rig, one);
  const before = rig.sink.received(port);
  const pace = rig.generator.run(load);
  const deadline = performance.now() + ARRIVAL_MS;
  let arrived = rig.sink.received(port) - before;
  while (arrived < pace.sent && performance.now() < deadline) {
    await delay(5);
    arrived = rig.sink.received(port) - before;
  }
  if (arrived !== pace.sent) throw new Error(`${one.name}: ${arrived} of ${pace.sent} frames arrived`);
  return pace;
}

/** Has tshark judge frames that arrived: lengths, checksums, and that they are what the gateway should make of them. */
async function judge(rig: Rig, one: Case): Promise<void> {
  const samples = rig.sink.samples();
  const file = join(tmpdir(), `${one.name}.pcap`);
  writeFileSync(file, pcap(samples));
  await checkClean(file);
  const right = await readFields(file, ['frame.number'], one.expect);
  if (right.length === samples.length) return;
  const [wrong] = await readFields(file, ['frame.len', '_ws.col.Info', '_ws.col.Source'], `!(${one.expect})`);
  throw new Error(
    `${one.name}: ${samples.length - right.length} of ${samples.length} frames at the far end are not ${one.expect}: ${JSON.stringify(wrong)}`,
  );
}

/** A classic capture file (little-endian, microseconds, Ethernet). */
export function pcap(samples: readonly { readonly length: number; readonly frame: Uint8Array }[]): Uint8Array {
  const header = Buffer.alloc(24);
  for (const [offset, word] of [0xa1b2c3d4, 0x00040002, 0, 0, 65_535, 1].entries())
    header.writeUInt32LE(word, offset * 4);
  const records = samples.flatMap(({ length, frame }) => {
    const record = Buffer.alloc(16);
    record.writeUInt32LE(frame.length, 8);
    record.writeUInt32LE(length, 12);
    return [record, frame];
  });
  return Buffer.concat([header, ...records]);
}

function rowOf(name: string, title: string, samples: readonly Sample[]): Row {
  const net = samples.map(({ netNs }) => netNs);
  const netNs = median(net);
  return {
    name,
    title,
    netNs,
    cpuNs: median(samples.map(({ cpuNs }) => cpuNs)),
    spread: Math.max(...net.map((each) => Math.abs(each / netNs - 1))),
    generatorNs: median(samples.map(({ generatorNs }) => generatorNs)),
    disturbed: median(samples.map(({ disturbed }) => disturbed)),
    packets: samples.reduce((sum, { packets }) => sum + packets, 0),
  };
}
