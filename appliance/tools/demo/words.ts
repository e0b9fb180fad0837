/** The rows of a round as text. */
import type { Column } from '../../cli/table.ts';
import type { Row } from './round.ts';
import type { Scene } from './scenes.ts';
import type { Step } from './steps.ts';

/** A row of the table: done, or not yet. */
export interface Line {
  readonly scene: Scene;
  readonly step: Step;
  readonly row?: Row;
  readonly running?: boolean;
}

const number = (count: number): string => count.toLocaleString('en-US');

function sentText({ step, row }: Line): string {
  if (row === undefined) return step.what;
  return `${row.observation.sent.what}, ${number(row.observation.near.out.frames)} packets`;
}

function farText({ row }: Line): string {
  if (row === undefined) return '';
  const { far, page } = row.observation;
  const from = far.out.frames === 0 ? '' : ` from ${[...far.sources].join(', ')}`;
  const nonce = page === undefined ? '' : page.served && page.captured ? ', nonce same' : ', nonce differs';
  return `${number(far.out.frames)}${from}${nonce}`;
}

function countedText({ row }: Line): string {
  if (row === undefined) return '';
  const { counted, far } = row.observation;
  if (counted === undefined) return 'no answer';
  const reasons = Object.entries(counted.dropped).map(([reason, count]) => `, ${number(count)} dropped ${reason}`);
  const out = Math.min(counted.forwarded, far.out.frames);
  return `${number(out)} out, ${number(counted.forwarded - out)} back${reasons.join('')}`;
}

function verdictText({ row, running }: Line): string {
  if (row === undefined) return running ? '…' : '';
  return row.verdict.ok ? 'ok' : 'FAILED';
}

export const columns: readonly Column<Line>[] = [
  { title: 'SCENE', text: ({ scene }) => scene.name },
  { title: 'STEP', text: ({ step }) => step.name },
  { title: 'SENT', text: sentText },
  { title: 'CAPTURED AT THE SERVER', text: farText },
  { title: 'DATA PATH COUNTED', text: countedText },
  { title: 'LOST', text: ({ row }) => (row === undefined ? '' : number(row.verdict.lost)), align: 'right' },
  { title: 'VERDICT', text: verdictText },
];

/** `iperf3 TCP (one-armed)`. */
export function placeOf({ stage, step }: Row): string {
  return `${step.name} (${stage.scene.name})`;
}

/** One line for each step that failed, with the reasons. */
export function failures(rows: readonly Row[]): string[] {
  return rows
    .filter(({ verdict }) => !verdict.ok)
    .map((row) => `${placeOf(row)} failed: ${row.verdict.problems.join('; ')}.`);
}

/** What a newcomer can type next, from another terminal. */
export function thingsToTry(first: number | undefined, scene: Scene): string[] {
  if (first === undefined) return [];
  const enter = `sudo nsenter -t ${first} -m -p`;
  return [
    'Three things to try while this runs, in another terminal:',
    `  ${enter} /run/demo/${scene.client} ping ${scene.target}`,
    `  ${enter} /run/demo/${scene.instance} sessions`,
    `  ${enter} /run/demo/${scene.instance} monitor`,
  ];
}

/** The scenes and the file that drives the first gateway. */
export function introduction(scenes: readonly Scene[]): string[] {
  const [first] = scenes;
  const about = scenes.map(({ name, about: text }) => `  ${name.padEnd(10)}  ${text}`);
  const yaml = (first?.config ?? '').trimEnd().split('\n');
  return [
    ...about,
    '',
    `The server has only ${first?.serverAddress}, the client only IPv6; it calls the server ${first?.target}.`,
    `This file is the whole gateway of "${first?.name}":`,
    '',
    ...yaml.map((line) => `  ${line}`.trimEnd()),
    '',
  ];
}
