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

const packets = (count: (row: Row) => number): ((line: Line) => string) => {
  return ({ row }) => (row === undefined ? '' : number(count(row)));
};

function nonceText({ row }: Line): string {
  const page = row?.observation.page;
  if (page === undefined) return '';
  return page.served && page.captured ? 'same' : 'differs';
}

/** Forwarded towards the server, and the rest. */
function countedText({ row }: Line): string {
  if (row === undefined) return '';
  const { counted, far } = row.observation;
  if (counted === undefined) return 'no answer';
  const out = Math.min(counted.forwarded, far.out.frames);
  return `${number(out)} + ${number(counted.forwarded - out)}`;
}

function verdictText({ row, running }: Line): string {
  if (running) return '…';
  if (row === undefined) return '';
  return row.verdict.ok ? 'ok' : 'FAILED';
}

/** A column, and how wide it is where nobody knows the rows to come. */
export interface ShownColumn extends Column<Line> {
  readonly width: number;
}

/** The verdict stands where the narrowest terminal shows it. */
export const columns: readonly ShownColumn[] = [
  { title: 'SCENE', text: ({ scene }) => scene.name, width: 9 },
  { title: 'STEP', text: ({ step }) => step.name, width: 10 },
  { title: 'VERDICT', text: verdictText, width: 7 },
  { title: 'TRAFFIC', text: ({ step, row }) => row?.observation.sent.what ?? step.what, width: 15 },
  { title: 'SENT', text: packets(({ observation }) => observation.near.out.frames), width: 6, align: 'right' },
  { title: 'ARRIVED', text: packets(({ observation }) => observation.far.out.frames), width: 7, align: 'right' },
  { title: 'FROM', text: ({ row }) => [...(row?.observation.far.sources ?? [])].join(','), width: 13 },
  { title: 'NONCE', text: nonceText, width: 5 },
  { title: 'COUNTED', text: countedText, width: 11, align: 'right' },
  { title: 'LOST', text: packets(({ verdict }) => verdict.lost), width: 4, align: 'right' },
];

/** What the columns mean. */
export const legend: readonly string[] = [
  "SENT: packets on the client's cable. ARRIVED: captured on the server's cable, FROM which address, with the",
  "server's NONCE in the page. COUNTED: what the data path says that it forwarded, out + back.",
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

/** What a newcomer can type when the laboratory is gone. */
export const afterwards: readonly string[] = [
  'Three things to try:',
  '  sudo npm start                                  the same, live, with commands to look inside',
  '  npx sixgate validate docs/examples/nat64.yaml   a configuration for two interfaces of yours',
  '  npx sixgate schema nat64.main.pool4             what a key means',
];

/** The scenes and the file that drives the first gateway. */
export function introduction(scenes: readonly Scene[]): string[] {
  const [first] = scenes;
  const about = scenes.map(({ name, about: text }) => `  ${name.padEnd(10)}  ${text}`);
  const yaml = (first?.config ?? '').trimEnd().split('\n');
  return [
    ...about,
    '',
    `In "${first?.name}" the server has only ${first?.serverAddress}, the client only IPv6; it calls the server ${first?.target}.`,
    `This file is the whole gateway of "${first?.name}":`,
    '',
    ...yaml.map((line) => `  ${line}`.trimEnd()),
    '',
    ...legend,
    '',
  ];
}
