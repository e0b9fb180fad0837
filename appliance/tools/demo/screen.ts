/** Shows rounds: on a terminal a table that is drawn again, elsewhere a line for each step. */
import { formatTable, printable } from '../../cli/table.ts';
import { columns, type Line } from './words.ts';

export interface Screen {
  /** Shows lines once and for all. */
  say(lines: readonly string[]): void;
  /** The table with what is known by now; `footer` stands below it. */
  show(lines: readonly Line[], footer: readonly string[]): void;
  /** The line of a step that just ended. */
  ended(line: Line): void;
}

/** @returns the screen that fits the output */
export function screenFor(output: NodeJS.WriteStream): Screen {
  return output.isTTY ? new Terminal(output) : new Plain(output);
}

/** ECMA-48: cursor up, to column 1, erase to the end of the screen. */
const up = (lines: number): string => (lines === 0 ? '' : `\x1b[${lines}A`);
const ERASE = '\r\x1b[J';
const HOME = '\x1b[H\x1b[2J';

class Terminal implements Screen {
  readonly #output: NodeJS.WriteStream;
  #drawn = 0;

  constructor(output: NodeJS.WriteStream) {
    this.#output = output;
  }

  say(lines: readonly string[]): void {
    this.#drawn = 0;
    this.#output.write(`${lines.map(printable).join('\n')}\n`);
  }

  show(lines: readonly Line[], footer: readonly string[]): void {
    // The tree has no controlling terminal, so nobody tells it that the window changed.
    const [width, height] = this.#output.getWindowSize();
    const text = [...formatTable(columns, lines), ...footer].map(printable);
    const cut = text.map((line) => line.slice(0, width - 1)).slice(0, height - 1);
    const begin = this.#drawn < height ? `${up(this.#drawn)}${ERASE}` : HOME;
    this.#output.write(`${begin}${cut.join('\n')}\n`);
    this.#drawn = cut.length;
  }

  ended(): void {
    // The table shows it.
  }
}

class Plain implements Screen {
  readonly #output: NodeJS.WriteStream;
  #titled = false;

  constructor(output: NodeJS.WriteStream) {
    this.#output = output;
  }

  say(lines: readonly string[]): void {
    this.#output.write(`${lines.map(printable).join('\n')}\n`);
  }

  show(): void {
    // Nothing is drawn again.
  }

  ended(line: Line): void {
    if (!this.#titled) this.#write(columns.map(({ title }) => title));
    this.#titled = true;
    this.#write(columns.map(({ text }) => text(line)));
  }

  #write(cells: readonly string[]): void {
    const padded = cells.map((cell, index) => {
      const { width = 0, align } = columns[index] ?? {};
      const text = cell === '' ? '-' : cell;
      return align === 'right' ? text.padStart(width) : text.padEnd(width);
    });
    this.#output.write(`${printable(padded.join('  ')).trimEnd()}\n`);
  }
}
