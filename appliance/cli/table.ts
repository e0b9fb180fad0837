/** One column of a table of `Row`s. */
export interface Column<Row> {
  readonly title: string;
  readonly text: (row: Row) => string;
  readonly align?: 'right';
  /** Only with `-o wide`. */
  readonly wide?: boolean;
}

/**
 * Lines of a table: columns as wide as their widest cell, two blanks between them, nothing else. A column without any
 * text is left out, an empty cell is `-`, and the last column is not filled up.
 */
export function formatTable<Row>(columns: readonly Column<Row>[], rows: readonly Row[], wide = false): string[] {
  if (rows.length === 0) return [];
  const shown = columns
    .filter((column) => wide || column.wide !== true)
    .map(({ title, text, align }) => ({ title, align, cells: rows.map((row) => printable(text(row))) }))
    .filter(({ cells }) => cells.some((cell) => cell !== ''));
  const lines = [shown.map(({ title }) => title), ...rows.map((_, i) => shown.map(({ cells }) => cells[i] || '-'))];
  const widths = shown.map((_, i) => Math.max(...lines.map((line) => (line[i] as string).length)));
  return lines.map((line) =>
    line
      .map((cell, i) => {
        const width = widths[i] as number;
        if (shown[i]?.align === 'right') return cell.padStart(width);
        return i === line.length - 1 ? cell : cell.padEnd(width);
      })
      .join('  '),
  );
}

/** Names and texts come from outside: no control character of theirs reaches the terminal. */
export function printable(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  return text.replaceAll(/[\u0000-\u001f\u007f-\u009f]/g, ' ');
}
