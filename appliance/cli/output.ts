import { Option } from 'commander';
import { stringify } from 'yaml';
import type { CliIo } from './cli.ts';
import { type Column, formatTable } from './table.ts';

export const FORMATS = ['table', 'wide', 'json', 'yaml', 'name'] as const;
export type Format = (typeof FORMATS)[number];

/** What a reading command can print. */
export interface View {
  /** The API's answer. */
  readonly value: unknown;
  /** For `-o name`: one a line, for scripts. */
  readonly names: readonly string[];
  /** For people. */
  lines(wide: boolean): readonly string[];
}

/** `-o`, the same for every command that reads. */
export function outputOption(): Option {
  const option = new Option('-o, --output <form>', 'wide: more columns; json: the answer of the API; name: names only');
  return option.choices(FORMATS).default('table');
}

/** Prints a view in one of the formats. */
export function print(io: CliIo, format: Format, view: View): void {
  printLines(io, linesOf(format, view));
}

function linesOf(format: Format, view: View): readonly string[] {
  switch (format) {
    case 'json':
      return [JSON.stringify(view.value, null, 2)];
    case 'yaml':
      return [stringify(view.value).trimEnd()];
    case 'name':
      return view.names;
    default:
      return view.lines(format === 'wide');
  }
}

export function printLines(io: CliIo, lines: readonly string[]): void {
  if (lines.length > 0) io.stdout.write(`${lines.join('\n')}\n`);
}

/** A table, or a sentence when it would be empty. */
export function tableOr<Row>(
  empty: string,
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  wide: boolean,
): string[] {
  return rows.length === 0 ? [empty] : formatTable(columns, rows, wide);
}
