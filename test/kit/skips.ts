/** test/skips.json: the skips we know, each with its reason. An unlisted skip is a failure. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { probe } from './probes.ts';
import type { TestRecord } from './report.ts';

/** One known skip: tests that need `probe` do not run on the machine where CI runs. */
export interface KnownSkip {
  readonly probe: string;
  readonly reason: string;
}

/** Reads test/skips.json of the repository; a missing file knows no skip. */
export function readSkips(repository: string): readonly KnownSkip[] {
  const path = join(repository, 'test/skips.json');
  if (!existsSync(path)) return [];
  const list = JSON.parse(readFileSync(path, 'utf8')) as KnownSkip[];
  for (const skip of list) {
    if (typeof skip.probe !== 'string' || typeof skip.reason !== 'string' || skip.reason === '') {
      throw new Error(`${path}: each entry has a probe and a reason`);
    }
  }
  return list;
}

/**
 * The sentences of what is wrong with the skips of a run: a test was skipped for a probe that is not listed; or a
 * probe is listed though this machine can do it. The second is judged under CI only: another machine may do more.
 *
 * @param ask answers undefined when the machine can; replaced in tests
 */
export function judgeSkips(
  known: readonly KnownSkip[],
  files: readonly { readonly source: string; readonly tests: readonly TestRecord[] }[],
  ask: (name: string) => string | undefined = probe,
  strict: boolean = process.env.CI !== undefined,
): string[] {
  const sentences: string[] = [];
  for (const file of files) {
    for (const test of file.tests) {
      if (test.outcome !== 'skipped' || known.some((skip) => skip.probe === test.probe)) continue;
      sentences.push(
        `${file.source}: "${test.test}" was skipped (${test.probe ?? 'no probe'}: ${test.message ?? ''}), which test/skips.json does not list`,
      );
    }
  }
  if (!strict) return sentences;
  for (const skip of known) {
    if (ask(skip.probe) === undefined)
      sentences.push(`test/skips.json lists "${skip.probe}", but this machine can do it`);
  }
  return sentences;
}
