/** The benchmark within its tree: makes the rig, measures, judges, reports. The outside is main.ts. */
import { execFileSync } from 'node:child_process';
import { cpus } from 'node:os';
import { type Case, cases, wayBack } from './cases.ts';
import { install, measure } from './measure.ts';
import { readOptions } from './options.ts';
import { ratios, readBars, reportOf, tableOf } from './report.ts';
import { Rig } from './rig.ts';

interface SessionsAnswer {
  readonly sessions: readonly { readonly outside: { readonly address: string; readonly port: number } }[];
}

/** The thread that runs the generator, and with it everything that its frames cause, on one core. */
function pinToLastCore(): void {
  execFileSync('taskset', ['-pc', String(cpus().length - 1), String(process.pid)], { stdio: 'ignore' });
}

/** The cases that the ratios need. The way back is known once the first flow has gone there. */
async function prepare(rig: Rig, wanted: readonly Case[], back: boolean): Promise<readonly Case[]> {
  if (!back) return wanted;
  const first = cases().find(({ name }) => name === 'nat64-6to4-1') as Case;
  await install(rig, first);
  const answer = await rig.gateway?.cli<SessionsAnswer>('sessions -o json');
  if (answer?.sessions.length !== 1 || answer.sessions[0] === undefined)
    throw new Error(`one flow has made ${answer?.sessions.length} sessions`);
  return [...wanted, wayBack(answer.sessions[0].outside)];
}

async function main(): Promise<number> {
  const options = readOptions(process.argv.slice(2));
  if (typeof options === 'string') throw new Error(options);
  const bars = readBars(options.words);
  const names = new Set(bars.flatMap(({ row, against }) => [row, against]));
  const wanted = cases().filter(({ name }) => names.has(name));
  const rig = await Rig.open(new Set(['sixgate', ...wanted.map(({ subject }) => subject)]));
  try {
    pinToLastCore();
    const all = await prepare(rig, wanted, names.has('nat64-4to6-1'));
    const rows = await measure(rig, all, options.rounds);
    const judged = ratios(rows, bars);
    if (judged.length !== bars.length) throw new Error('a bar names a row that does not exist');
    const report = reportOf(rows, judged, options.rounds, new Date());
    console.log(options.json ? JSON.stringify(report, undefined, 2) : tableOf(report));
    return options.check && judged.some(({ good }) => !good) ? 1 : 0;
  } finally {
    await rig.close();
  }
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error(error instanceof Error ? error.stack : String(error));
  process.exitCode = 1;
}
