/**
 * Every drop reason is caused by at least one test that asks for it by name. Judged at the end of a run of all tests:
 * a reason that no test has seen is a failure, unless tests that ask for it could not run on this machine.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { SeenRecord, TestRecord } from './report.ts';

/** What the judgement needs of a test file. */
export interface SeenFile {
  /** Path below the repository. */
  readonly source: string;
  readonly tests: readonly TestRecord[];
  readonly seen: readonly SeenRecord[];
}

export interface SeenVerdict {
  /** A sentence for each reason that nobody has seen. */
  readonly missing: readonly string[];
  /** A sentence for each that only skipped tests would have seen. */
  readonly excused: readonly string[];
}

/** The tests of the kit itself see what they have made up. */
const OWN = /^test\/(kit|meta)\//;

/**
 * @param reasons names that have to be seen
 * @param files all test files of the run
 * @param textOf what a test file says, its golden packets included; asked for files with skipped tests only
 */
export function judgeDrops(
  reasons: readonly string[],
  files: readonly SeenFile[],
  textOf: (source: string) => string,
): SeenVerdict {
  const product = files.filter(({ source }) => !OWN.test(source));
  const seen = new Set(
    product.flatMap((file) => file.seen.filter(({ kind }) => kind === 'drop').map(({ name }) => name)),
  );
  const skipping = product.flatMap(({ source, tests }) => {
    const probes = tests.flatMap(({ outcome, probe }) => (outcome === 'skipped' ? [probe ?? 'no probe'] : []));
    return probes.length === 0 ? [] : [{ source, probes: [...new Set(probes)].join(', '), text: textOf(source) }];
  });
  const missing: string[] = [];
  const excused: string[] = [];
  for (const reason of reasons) {
    if (seen.has(reason)) continue;
    const skipped = skipping.find(({ text }) => new RegExp(`\\b${reason}\\b`).test(text));
    if (skipped === undefined) missing.push(`no test has seen the drop reason ${reason}`);
    else excused.push(`drop reason ${reason}: ${skipped.source} skipped tests (${skipped.probes})`);
  }
  return { missing, excused };
}

/** The text of a test file and of the golden packets that it names, such as `nat64/udp`. */
export function textWithGoldens(repository: string, source: string): string {
  const text = readFileSync(join(repository, source), 'utf8');
  const goldens = [...text.matchAll(/['"`]([\w-]+)\/([\w-]+)['"`]/g)]
    .map(([, folder = '', name = '']) => join(repository, 'test', folder, 'golden', `${name}.txt`))
    .filter((path) => existsSync(path));
  return [text, ...goldens.map((path) => readFileSync(path, 'utf8'))].join('\n');
}
