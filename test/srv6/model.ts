/** Cases that a Python script beside this file makes from the RFCs: frames, and what has to become of them. */
import { execFileSync } from 'node:child_process';
import { isDeepStrictEqual } from 'node:util';
import type { PacketGateway } from '../kit/datapath.ts';
import type { PacketResult } from '../kit/packet.ts';
import { assert, seen } from '../kit/suite.ts';

export interface ModelCase {
  readonly group: string;
  readonly title: string;
  readonly port: string;
  /** Hexadecimal. */
  readonly frame: string;
  /** A drop by its reason, or a frame in hexadecimal with dots where the sender is free. */
  readonly expected: readonly ({ readonly drop: string } | { readonly port: string; readonly frame: string })[];
}

/** Runs a script of this directory. */
export function casesOf(script: string, ...args: readonly string[]): readonly ModelCase[] {
  const printed = execFileSync('/usr/bin/python3', [`test/srv6/${script}`, ...args], {
    encoding: 'utf8',
    maxBuffer: 1 << 26,
  });
  return printed
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as ModelCase);
}

/** Puts every case through the data path and demands what the model says, byte by byte. */
export function checkCases(gateway: PacketGateway, name: string, cases: readonly ModelCase[]): void {
  const wrong: string[] = [];
  for (const [index, one] of cases.entries()) {
    // A source gets a hundred ICMP errors a second.
    if (index % 40 === 39) gateway.reset();
    const results = resultsOf(gateway, one);
    const expected = one.expected.map((each) => Object.values(each).join(' '));
    if (!isDeepStrictEqual(hideFree(results, expected), expected))
      wrong.push(`${one.title}\n  ${one.frame}\n- ${results.join('\n- ')}\n+ ${expected.join('\n+ ')}`);
    for (const each of one.expected) if ('drop' in each) seen('drop', each.drop);
  }
  assert.ok(wrong.length === 0, `${wrong.length} of ${name} (- actual, + expected):\n${wrong.join('\n')}`);
}

function resultsOf(gateway: PacketGateway, { title, port, frame }: ModelCase): string[] {
  try {
    return gateway.run(Buffer.from(frame, 'hex'), port).map(asText);
  } catch (cause) {
    throw new Error(`${title}: ${String(cause)}`, { cause });
  }
}

function asText({ action, port, reason, frame }: PacketResult): string {
  return action === 'redirect' ? `${port} ${Buffer.from(frame).toString('hex')}` : (reason ?? action);
}

/** Dots where the expectation has them. */
function hideFree(actual: readonly string[], expected: readonly string[]): string[] {
  return actual.map((text, at) =>
    [...text].map((digit, index) => (expected[at]?.[index] === '.' ? '.' : digit)).join(''),
  );
}
