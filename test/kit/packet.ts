/** Packet tests: golden frames through a program, usually by BPF_PROG_TEST_RUN, compared byte by byte. */
import { type Expectation, type GoldenCase, readGolden, type Step } from './golden.ts';
import { dissect, type Field } from './oracle.ts';
import { seen } from './report.ts';
import { assert, type Suite } from './suite.ts';

export { type GoldenCase, parseGolden, readGolden } from './golden.ts';

/** What came of one frame. */
export interface PacketResult {
  readonly action: 'redirect' | 'tx' | 'pass' | 'drop' | 'aborted';
  /** Name of the port it leaves by, when the action is `redirect`. */
  readonly port?: string;
  /** Name of the drop reason, when the action is `drop`. */
  readonly reason?: string;
  readonly frame: Uint8Array;
}

/** Puts a frame that came in by a port through the program; several results when it leads to several frames. */
export type PacketRunner = (
  frame: Uint8Array,
  port: string,
  golden: GoldenCase,
) => PacketResult | readonly PacketResult[] | Promise<PacketResult | readonly PacketResult[]>;

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex').replace(/../g, '$& ').trimEnd();
}

function isMasked(expected: Expectation, offset: number): boolean {
  return expected.masks.some((mask) => offset >= mask.from && offset <= mask.to);
}

function differingOffsets(expected: Expectation, wanted: Uint8Array, actual: Uint8Array): number[] {
  const offsets: number[] = [];
  for (let offset = 0; offset < Math.max(wanted.length, actual.length); offset += 1) {
    if (wanted[offset] !== actual[offset] && !isMasked(expected, offset)) offsets.push(offset);
  }
  return offsets;
}

/** Lines of the fields that differ, by the names of the expected frame; the rest in rows of 16 bytes. */
function fieldLines(wanted: Uint8Array, actual: Uint8Array, offsets: readonly number[]): string[] {
  const named = dissect(wanted).fields;
  const fields: Field[] = [];
  for (const offset of offsets) {
    const row = { offset: offset - (offset % 16), length: 16, name: 'bytes' };
    const field =
      named.find((candidate) => offset >= candidate.offset && offset < candidate.offset + candidate.length) ?? row;
    if (!fields.some((other) => other.offset === field.offset && other.name === field.name)) fields.push(field);
  }
  return fields.map(({ offset, length, name }) => {
    const cut = (bytes: Uint8Array): string => hex(bytes.subarray(offset, offset + length)) || '(no bytes)';
    return `  ${String(offset).padStart(4)}  ${name.padEnd(24)} expected ${cut(wanted)}\n        ${''.padEnd(24)} actual   ${cut(actual)}`;
  });
}

/**
 * Compares one result with its expectation.
 *
 * @returns undefined when it is as expected, else a text with the fields that differ
 */
export function mismatch(expected: Expectation, result: PacketResult): string | undefined {
  const lines: string[] = [];
  const describe = (action: string, port?: string, reason?: string): string =>
    [action, port, reason].filter((word) => word !== undefined).join(' ');
  const wantedVerdict = describe(expected.verdict, expected.port, expected.reason);
  const verdict = describe(
    result.action,
    result.action === 'redirect' ? result.port : undefined,
    result.action === 'drop' ? result.reason : undefined,
  );
  if (verdict !== wantedVerdict) {
    lines.push(
      `  expected ${wantedVerdict}, actual ${verdict}${result.reason !== undefined && result.action !== 'drop' ? ` (${result.reason})` : ''}`,
    );
  }
  const wanted = expected.frame;
  if (wanted !== undefined && result.action !== 'drop' && result.action !== 'aborted') {
    if (wanted.length !== result.frame.length)
      lines.push(`  expected ${wanted.length} bytes, actual ${result.frame.length}`);
    const offsets = differingOffsets(expected, wanted, result.frame);
    lines.push(...fieldLines(wanted, result.frame, offsets));
    if (lines.length > 0) lines.push(`  expected ${hex(wanted)}`, `  actual   ${hex(result.frame)}`);
  }
  return lines.length === 0 ? undefined : lines.join('\n');
}

/**
 * Proves that the comparison looks at every byte: each one flipped in the expectation must be a mismatch, unless it
 * is masked. Also one byte more and one byte less, another verdict and another port.
 *
 * @param compare the comparison to be proved; replaced only in the kit's own test
 * @throws Error that names the first byte nobody looks at
 */
export function checkComparison(
  expected: Expectation,
  result: PacketResult,
  compare: typeof mismatch = mismatch,
): void {
  const blind = (what: string): never => {
    throw new Error(`line ${expected.line}: the comparison does not notice ${what}`);
  };
  const wanted = expected.frame;
  if (expected.verdict === 'drop') {
    if (compare({ ...expected, reason: `${expected.reason}-` }, result) === undefined) blind('another reason');
    return;
  }
  if (wanted === undefined) throw new Error(`line ${expected.line}: there is no expected frame`);
  for (let offset = 0; offset < wanted.length; offset += 1) {
    const flipped = Uint8Array.from(wanted);
    flipped[offset] = (wanted[offset] ?? 0) ^ 0xff;
    const noticed = compare({ ...expected, frame: flipped }, result) !== undefined;
    if (noticed === isMasked(expected, offset)) blind(noticed ? `that byte ${offset} is masked` : `byte ${offset}`);
  }
  for (const frame of [wanted.subarray(0, -1), Uint8Array.from([...wanted, 0])]) {
    if (compare({ ...expected, frame }, result) === undefined) blind('the length');
  }
  const other = expected.verdict === 'tx' ? 'pass' : 'tx';
  if (compare({ ...expected, verdict: other }, result) === undefined) blind('another verdict');
  if (expected.port !== undefined && compare({ ...expected, port: `${expected.port}-` }, result) === undefined)
    blind('another port');
}

const proven = new Set<string>();

/** The same expectation is proved once, however often and in whatever way its case is run. */
function proveOnce({ file }: GoldenCase, expected: Expectation, result: PacketResult): void {
  const place = `${file}:${expected.line}`;
  if (!proven.has(place)) checkComparison(expected, result);
  proven.add(place);
}

async function runStep(golden: GoldenCase, step: Step, run: PacketRunner): Promise<void> {
  const answer = await run(Uint8Array.from(step.frame), step.port, golden);
  const results = Array.isArray(answer) ? (answer as readonly PacketResult[]) : [answer as PacketResult];
  assert.is(
    results.length,
    step.expected.length,
    `${golden.file}:${step.line}: ${results.length} results, ${step.expected.length} expected (${results.map(({ action, reason }) => reason ?? action).join(', ')})`,
  );
  for (const [index, expected] of step.expected.entries()) {
    const result = results[index] as PacketResult;
    const difference = mismatch(expected, result);
    assert.ok(difference === undefined, `${golden.file}:${expected.line}: not as expected\n${difference}`);
    proveOnce(golden, expected, result);
    if (expected.reason !== undefined) seen('drop', expected.reason);
  }
}

/** Runs one case: every step, compared byte by byte, with the proof that the comparison is not blind. */
export async function runGolden(golden: GoldenCase, run: PacketRunner): Promise<void> {
  for (const step of golden.steps) await runStep(golden, step, run);
}

/**
 * Adds one test for each case of a golden file.
 *
 * @param name such as `nat64/echo` for test/nat64/golden/echo.txt
 * @param way where the same cases are run in several ways: which one, such as `door`
 */
export function goldenTests(test: Suite, name: string, run: PacketRunner, way?: string): void {
  test.each(
    readGolden(name),
    (golden) => `${name}${way === undefined ? '' : `, ${way}`}: ${golden.title}`,
    (golden) => runGolden(golden, run),
  );
}
