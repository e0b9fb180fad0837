/** Ratios of the rows, held against the bars; table and JSON. */
import { readFileSync } from 'node:fs';
import { cpus, release } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Row } from './measure.ts';

/** A ratio that is watched: how many packets of `row` the core forwards in the time of one of `against`. */
export interface Bar {
  readonly row: string;
  readonly against: string;
  /** What we want. */
  readonly goal: number;
  /** What `--check` demands. */
  readonly bar: number;
}

export interface Ratio extends Bar {
  readonly ratio: number;
  readonly good: boolean;
}

const barsFile = join(resolve(dirname(fileURLToPath(import.meta.url)), '../../..'), 'test/bench/bars.json');

/**
 * The bars whose rows contain one of the words; all of them when there is no word.
 *
 * @throws Error when the file holds something else than bars
 */
export function readBars(words: readonly string[]): Bar[] {
  const bars = JSON.parse(readFileSync(barsFile, 'utf8')) as Bar[];
  for (const bar of bars)
    if (!(bar.bar > 0 && bar.goal >= bar.bar) || typeof bar.row !== 'string' || typeof bar.against !== 'string')
      throw new Error(`${barsFile}: a bar has row, against, and a goal that is not below it: ${JSON.stringify(bar)}`);
  return bars.filter(
    ({ row, against }) => words.length === 0 || words.some((word) => `${row} ${against}`.includes(word)),
  );
}

/** The ratios of the bars whose rows both were measured. */
export function ratios(rows: readonly Row[], bars: readonly Bar[]): Ratio[] {
  const net = new Map(rows.map(({ name, netNs }) => [name, netNs]));
  return bars.flatMap((bar) => {
    const [own, other] = [net.get(bar.row), net.get(bar.against)];
    if (own === undefined || other === undefined) return [];
    const ratio = other / own;
    // A time of nothing or less is no time: never good.
    return [{ ...bar, ratio, good: own > 0 && other > 0 && ratio >= bar.bar }];
  });
}

export const method =
  'one core, lossless: generator (XDP, live frames), gateway and sink share a core; net = whole - generator alone';

/** More than this, and other work has had the core or its caches. */
const QUIET = 0.1;

export interface Report {
  readonly method: string;
  readonly date: string;
  readonly machine: { readonly cpu: string; readonly cpus: number; readonly kernel: string };
  readonly rounds: number;
  /** False: something else ran on this machine; the numbers are no measurement. */
  readonly quiet: boolean;
  readonly rows: readonly Row[];
  readonly ratios: readonly Ratio[];
}

export function reportOf(rows: readonly Row[], judged: readonly Ratio[], rounds: number, now: Date): Report {
  const [first] = cpus();
  return {
    method,
    date: now.toISOString(),
    machine: { cpu: first?.model.trim() ?? '', cpus: cpus().length, kernel: release() },
    rounds,
    quiet: rows.every(({ disturbed, spread }) => disturbed < QUIET && spread < 2 * QUIET),
    rows,
    ratios: judged,
  };
}

const percent = (part: number): string => `${Math.round(part * 100)} %`;

export function tableOf(report: Report): string {
  const { machine, rounds, rows } = report;
  const lines = [
    `method  ${report.method}`,
    `machine ${machine.cpu}, ${machine.cpus} CPUs, Linux ${machine.kernel}; ${rounds} rounds, ${report.date}`,
    '',
    `${'net ns a packet'.padEnd(42)}${'net'.padStart(7)}${'by CPU time'.padStart(13)}${'spread'.padStart(9)}${'generator'.padStart(11)}${'disturbed'.padStart(11)}`,
    ...rows.map(
      (row) =>
        row.title.padEnd(42) +
        row.netNs.toFixed(0).padStart(7) +
        row.cpuNs.toFixed(0).padStart(13) +
        percent(row.spread).padStart(9) +
        row.generatorNs.toFixed(0).padStart(11) +
        percent(row.disturbed).padStart(11),
    ),
    '',
    `${'times as fast as'.padEnd(42)}${'ratio'.padStart(7)}${'bar'.padStart(9)}${'goal'.padStart(11)}`,
    ...report.ratios.map(
      (one) =>
        `${one.row} : ${one.against}`.padEnd(42) +
        one.ratio.toFixed(2).padStart(7) +
        one.bar.toFixed(2).padStart(9) +
        one.goal.toFixed(2).padStart(11) +
        (one.good ? '' : '  below the bar'),
    ),
  ];
  if (!report.quiet) lines.push('', 'The machine was not quiet: read nothing into these numbers but their order.');
  return lines.join('\n');
}
