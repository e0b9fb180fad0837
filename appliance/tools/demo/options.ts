/** The command line of the demonstration. */
import { parseArgs } from 'node:util';

/** What a test may break in the middle of a round, to see that the demonstration tells. */
export const breakages = ['detach', 'route', 'server'] as const;
export type Breakage = (typeof breakages)[number];

export interface Options {
  readonly help: boolean;
  /** One round, then the exit status tells. */
  readonly once: boolean;
  readonly breakage?: Breakage;
}

export const usage = `usage: npm start [-- --once]
  --once   one round of everything; exit status 0 only if all of it worked as seen at the far end`;

/** @returns the options, or the sentence that says what is wrong with them */
export function readOptions(args: readonly string[]): Options | string {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        once: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
        // For the tests, and for whoever doubts the verdicts; not in the usage.
        break: { type: 'string' },
      },
    });
    const breakage = breakages.find((name) => name === values.break);
    if (values.break !== undefined && breakage === undefined) return `--break wants one of ${breakages.join(', ')}`;
    return { help: values.help, once: values.once, ...(breakage === undefined ? {} : { breakage }) };
  } catch (error) {
    return (error instanceof Error ? error.message : String(error)).split('. ')[0] ?? '';
  }
}
