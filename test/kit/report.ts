/**
 * What a test file tells the runner: one JSON object a line on the descriptor named by SIXGATE_RESULT_FD.
 * Nothing a tested program prints can be taken for a result, because only the kit writes there.
 */
import { writeSync } from 'node:fs';

/** How one test ended. */
export type Outcome = 'passed' | 'failed' | 'skipped';

/** A test has begun; the runner uses it to name the test that hung. */
export interface StartRecord {
  readonly type: 'start';
  readonly suite: string;
  readonly test: string;
}

/** A test has ended. */
export interface TestRecord {
  readonly type: 'test';
  readonly suite: string;
  readonly test: string;
  readonly outcome: Outcome;
  readonly assertions: number;
  readonly durationMs: number;
  /** First line of the failure, or why it was skipped. */
  readonly message?: string;
  /** Name of the probe that said no; only on skipped tests. */
  readonly probe?: string;
  /** Why the kernel alone passes this test as well (sabotage run). */
  readonly kernelToo?: string;
}

/** Something that must be seen by at least one test: a drop reason, a counter, an error code, a command. */
export interface SeenRecord {
  readonly type: 'seen';
  readonly kind: string;
  readonly name: string;
}

/** The last record of a file. Without it the file failed, whatever its exit status says. */
export interface EndRecord {
  readonly type: 'end';
  readonly suitesMade: number;
  readonly suitesFinished: number;
  readonly registered: number;
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  readonly assertions: number;
  /** Everything that would have passed silently. */
  readonly problems: readonly string[];
}

export type ResultRecord = StartRecord | TestRecord | SeenRecord | EndRecord;

const fdText = process.env.SIXGATE_RESULT_FD;
// A program started by a test must not believe that it is a test itself.
delete process.env.SIXGATE_RESULT_FD;
const resultFd = fdText === undefined ? undefined : Number(fdText);

/** Writes one record to the runner; does nothing when the file was started by hand. */
export function report(record: ResultRecord): void {
  if (resultFd === undefined) return;
  const bytes = Buffer.from(`${JSON.stringify(record)}\n`);
  let written = 0;
  while (written < bytes.length) written += writeSync(resultFd, bytes, written);
}

const seenAlready = new Set<string>();

/**
 * Notes that this test file met something which has to be met by at least one test.
 *
 * @param kind `drop`, `counter`, `error`, `route`, `metric`, `command`, `key`
 * @param name the word itself, as in the vocabulary
 */
export function seen(kind: string, name: string): void {
  const key = `${kind} ${name}`;
  if (seenAlready.has(key)) return;
  seenAlready.add(key);
  report({ type: 'seen', kind, name });
}
