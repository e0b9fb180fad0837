/** The command line of the benchmark. */
import { parseArgs } from 'node:util';

export interface Options {
  readonly help: boolean;
  readonly check: boolean;
  readonly json: boolean;
  readonly rounds: number;
  /** Only ratios whose name contains one of these; all when there is none. */
  readonly words: readonly string[];
}

export const usage = `usage: npm run bench [-- [--check] [-o json] [--rounds N] [WORD…]]
  --check    exit status 1 when a ratio is below its bar (test/bench/bars.json)
  -o json    everything as JSON
  --rounds   3 unless told, at most 4
  WORD       only ratios whose rows contain one of the words, such as new or 4to6`;

/** New flows of all rounds have to fit into the session table. */
const MAX_ROUNDS = 4;

/** @returns the options, or the sentence that says what is wrong with them */
export function readOptions(args: readonly string[]): Options | string {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        check: { type: 'boolean', default: false },
        output: { type: 'string', short: 'o', default: 'table' },
        rounds: { type: 'string', default: '3' },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
    const rounds = Number(values.rounds);
    if (!Number.isInteger(rounds) || rounds < 1 || rounds > MAX_ROUNDS)
      return `--rounds wants a number from 1 to ${MAX_ROUNDS}`;
    if (values.output !== 'table' && values.output !== 'json') return '-o wants table or json';
    return {
      help: values.help,
      check: values.check,
      json: values.output === 'json',
      rounds,
      words: positionals,
    };
  } catch (error) {
    return (error instanceof Error ? error.message : String(error)).split('. ')[0] ?? '';
  }
}
