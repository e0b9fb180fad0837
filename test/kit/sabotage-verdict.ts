/** The sabotage run turned round: with the gateway's programs taken away every lab test has to fail. */

import type { TestRecord } from './report.ts';
import type { FileResult } from './run-file.ts';

/** Record that `lab.gateway` sends once the programs are swapped; without it the failures prove nothing. */
export const sabotageMark = { kind: 'kit', name: 'sabotaged' } as const;

/**
 * A test that failed is good; one that passed must say why the kernel alone passes it. The file's own problems are
 * expected too (its tests stop half-way), but at least one gateway must really have been sabotaged.
 */
export function invertForSabotage(result: FileResult): FileResult {
  const tests = result.tests.map((test): TestRecord => {
    if (test.outcome === 'skipped') return test;
    const { message: _failure, ...rest } = test;
    if (test.outcome === 'failed' || test.kernelToo !== undefined) return { ...rest, outcome: 'passed' };
    return {
      ...rest,
      outcome: 'failed',
      message: 'it passes without the gateway: the kernel does the work, or nothing is looked at',
    };
  });
  const marked = result.seen.some((record) => record.kind === sabotageMark.kind && record.name === sabotageMark.name);
  const problems =
    marked || tests.every((test) => test.outcome === 'skipped') ? [] : ['no gateway was sabotaged in this file'];
  if (tests.length === 0) problems.push('no test came to an end');
  return { ...result, tests, problems };
}

/** More tests than this may not say that the kernel passes them too; undefined while it is kept. */
export function tooManyExcuses(results: readonly FileResult[], limit = 10): string | undefined {
  const excused = results.flatMap((result) => result.tests).filter((test) => test.kernelToo !== undefined);
  return excused.length <= limit ? undefined : `${excused.length} tests carry kernelToo; at most ${limit} may`;
}
