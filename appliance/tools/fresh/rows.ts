/** Random moments that a seed repeats, and the table of results. */
import { createHash } from 'node:crypto';

/** What came of a step. `note` says what was measured, `why` why it failed. */
export interface Outcome {
  readonly note?: string;
  readonly why?: string;
}

export interface Row extends Outcome {
  readonly name: string;
  readonly seconds: number;
}

/** A moment between two limits (milliseconds) that depends on nothing but the seed and the name of the step. */
export function momentOf(seed: number, name: string, fromMs: number, toMs: number): number {
  const bytes = createHash('sha256').update(`${seed} ${name}`).digest();
  return Math.round(fromMs + (bytes.readUInt32BE(0) / 2 ** 32) * (toMs - fromMs));
}

/** Milliseconds as people read them. */
export const inSeconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;

/**
 * Whether something was fast enough. Where others keep the processors busy that cannot be told.
 * @param load processes that ran or wanted to, on average; what is measured is one of them
 */
export function speedOf(seconds: number, limitSeconds: number, load: number, processors: number): Outcome {
  if (seconds < limitSeconds) return {};
  if (load > processors + 1) return { note: `not judged: load average ${load.toFixed(1)}, ${processors} processors` };
  return { why: `${seconds.toFixed(1)} s is too long` };
}

/** One line on the screen. */
export function lineOf(suite: string, { name, seconds, note, why }: Row): string {
  const said = [note, why].filter((part) => part !== undefined).join('; ');
  const line = `${why === undefined ? 'ok   ' : 'FAIL '} ${suite}: ${name}  ${inSeconds(seconds * 1000)}`;
  return said === '' ? line : `${line}  ${said}`;
}

/** The rows as docs/reference/fresh-runs.md keeps them (Markdown). */
export function tableOf(rows: readonly Row[]): string {
  const lines = rows.map(({ name, seconds, note = '', why }) => {
    const result = why === undefined ? note : `**failed**: ${[note, why].filter((part) => part !== '').join('; ')}`;
    return `| ${name} | ${inSeconds(seconds * 1000)} | ${result.replaceAll('|', '\\|')} |`;
  });
  return ['| step | time | |', '|---|---|---|', ...lines].join('\n');
}
