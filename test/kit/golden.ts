/**
 * Golden packets: texts that a reviewer can read, with the scapy expression beside each dump. `golden-gen.py` makes
 * the dumps from the expressions; our own codecs never make an expectation.
 *
 * ```
 * let client = Ether(src="02:00:00:00:00:02", dst="02:00:00:00:00:01") / IPv6(src="2001:db8:1::2")
 *
 * case An echo request leaves as IPv4
 *
 * in lan
 *   client / ICMPv6EchoRequest(id=7)
 *   0000  02 00 00 …
 * out redirect uplink
 *   mask 18-19 the identification is chosen at random
 *   Ether(…) / IP(…) / ICMP(…)
 *   0000  …
 * ```
 * Behind `in PORT` stand the expectations: `out redirect PORT`, `out tx`, `out pass` (changed and passed), `pass` (to
 * the kernel, unmodified), `drop REASON`. A case may hold several steps, each an `in` with what it leads to.
 */
import { readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Bytes that are not compared, both ends included, and why. */
export interface Mask {
  readonly from: number;
  readonly to: number;
  readonly why: string;
}

/** What one frame has to lead to. */
export interface Expectation {
  readonly verdict: 'redirect' | 'tx' | 'pass' | 'drop';
  /** Name of the port it leaves by; only with `redirect`. */
  readonly port?: string;
  /** Name of the drop reason; only with `drop`. */
  readonly reason?: string;
  /** Absent with `drop`. */
  readonly frame?: Uint8Array;
  readonly masks: readonly Mask[];
  readonly line: number;
}

/** One frame that comes in. */
export interface Step {
  readonly port: string;
  readonly frame: Uint8Array;
  readonly expected: readonly Expectation[];
  readonly line: number;
}

/** One case of a golden file. */
export interface GoldenCase {
  readonly file: string;
  readonly title: string;
  readonly line: number;
  readonly steps: readonly Step[];
}

interface Section {
  readonly words: readonly string[];
  readonly line: number;
  readonly bytes: number[];
  readonly masks: Mask[];
  expression: string;
}

const repository = resolve(dirname(fileURLToPath(import.meta.url)), '../../..');

/**
 * Reads `test/FEATURE/golden/NAME.txt` of the repository.
 *
 * @param name such as `nat64/echo`
 */
export function readGolden(name: string): readonly GoldenCase[] {
  const [feature = '', ...rest] = name.split('/');
  const file = join('test', feature, 'golden', `${rest.join('/')}.txt`);
  return parseGolden(readFileSync(join(repository, file), 'utf8'), file);
}

/** @throws Error with file and line when the text is not as described at the top of this file. */
export function parseGolden(text: string, file: string): readonly GoldenCase[] {
  const cases: { title: string; line: number; sections: Section[] }[] = [];
  let section: Section | undefined;
  const fail = (line: number, what: string): never => {
    throw new Error(`${file}:${line}: ${what}`);
  };
  for (const [index, raw] of text.split('\n').entries()) {
    const line = index + 1;
    if (raw.trim() === '' || raw.startsWith('#')) continue;
    if (raw.startsWith('let ')) {
      section = undefined;
      continue;
    }
    if (raw.startsWith('case ')) {
      cases.push({ title: raw.slice(5).trim(), line, sections: [] });
      section = undefined;
      continue;
    }
    if (!raw.startsWith(' ')) {
      const current = cases.at(-1) ?? fail(line, 'a section before the first case');
      section = { words: raw.trim().split(/\s+/), line, bytes: [], masks: [], expression: '' };
      current.sections.push(section);
      continue;
    }
    // A longer `let` goes on in indented lines; only the generator reads them.
    if (section === undefined) continue;
    readLine(section, raw.trim(), line, fail);
  }
  if (cases.length === 0) fail(1, 'there is no case');
  const titles = new Set<string>();
  return cases.map(({ title, line, sections }) => {
    if (title === '' || titles.has(title)) fail(line, 'each case has a title of its own');
    titles.add(title);
    return { file, title, line, steps: toSteps(sections, line, fail) };
  });
}

function readLine(section: Section, text: string, line: number, fail: (line: number, what: string) => never): void {
  const hex = /^([0-9a-f]{4}) {2}((?:[0-9a-f]{2} ?)+)$/.exec(text);
  if (hex !== null) {
    if (Number.parseInt(hex[1] ?? '', 16) !== section.bytes.length)
      fail(line, 'the offset of the dump does not follow');
    section.bytes.push(
      ...(hex[2] ?? '')
        .trim()
        .split(' ')
        .map((byte) => Number.parseInt(byte, 16)),
    );
    return;
  }
  const mask = /^mask (\d+)(?:-(\d+))? (\S.*)$/.exec(text);
  if (mask !== null) {
    const from = Number(mask[1]);
    section.masks.push({ from, to: Number(mask[2] ?? from), why: mask[3] ?? '' });
    return;
  }
  if (text.startsWith('mask')) fail(line, 'a mask is "mask FROM-TO why"');
  if (section.bytes.length > 0) fail(line, 'the expression stands before its dump');
  section.expression += `${text}\n`;
}

function toSteps(sections: readonly Section[], caseLine: number, fail: (line: number, what: string) => never): Step[] {
  const steps: { port: string; frame: Uint8Array; expected: Expectation[]; line: number }[] = [];
  for (const section of sections) {
    const [kind, ...words] = section.words;
    const frame = new Uint8Array(section.bytes);
    const needsFrame = kind === 'in' || kind === 'out';
    if (needsFrame && section.expression === '') fail(section.line, 'there is no scapy expression');
    if (needsFrame && frame.length === 0) fail(section.line, 'there is no dump: run test/kit/golden-gen.py');
    if (!needsFrame && (section.expression !== '' || frame.length > 0))
      fail(section.line, `"${kind}" has no frame of its own`);
    for (const { from, to } of section.masks) {
      if (kind !== 'out' || from > to || to >= frame.length)
        fail(section.line, `the mask ${from}-${to} lies outside of an expected frame`);
    }
    if (kind === 'in') {
      const port = words[0];
      if (port === undefined || words.length !== 1) fail(section.line, 'an input is "in PORT"');
      else steps.push({ port, frame, expected: [], line: section.line });
      continue;
    }
    const step = steps.at(-1) ?? fail(section.line, 'an expectation before the first input');
    step.expected.push(toExpectation(section, frame, step.frame, fail));
  }
  if (steps.length === 0) fail(caseLine, 'the case has no input');
  for (const step of steps) if (step.expected.length === 0) fail(step.line, 'the input has no expectation');
  return steps;
}

function toExpectation(
  section: Section,
  frame: Uint8Array,
  input: Uint8Array,
  fail: (line: number, what: string) => never,
): Expectation {
  const { line, masks } = section;
  const [kind, first, second] = section.words;
  const count = section.words.length;
  if (kind === 'pass' && count === 1) return { verdict: 'pass', frame: input, masks, line };
  if (kind === 'drop' && first !== undefined && count === 2) return { verdict: 'drop', reason: first, masks, line };
  if (kind === 'out' && first === 'redirect' && second !== undefined && count === 3)
    return { verdict: 'redirect', port: second, frame, masks, line };
  if (kind === 'out' && (first === 'tx' || first === 'pass') && count === 2)
    return { verdict: first, frame, masks, line };
  return fail(
    line,
    `"${section.words.join(' ')}" is no expectation: out redirect PORT, out tx, out pass, pass, drop REASON`,
  );
}
