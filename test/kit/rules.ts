/** What the tests of the features' rules share: documents with one mistake, and what is said about it, word by word. */
import { type CheckedText, checkText } from '../../appliance/config/check-text.ts';
import type { Facts } from '../../appliance/contract/feature.ts';
import { configSchema, features } from '../../appliance/features/index.ts';
import { assert, type Suite, seen } from './suite.ts';

/** Four lines that every case begins with. */
export const BASE = `version: 1
interfaces:
  lan: {device: eth0, role: inside, addresses: ["2001:db8:1::1/64"]}
  up: {device: eth1, role: outside, mtu: 1500, addresses: [198.51.100.2/24]}
`;

/** What stands after the four lines of BASE, and what is said about it. */
export type RuleCase = readonly [name: string, text: string, ...errors: string[]];

/** Checks a whole document, called `f` in what is said about it. */
export function checkDocument(text: string, facts?: Facts): CheckedText {
  return checkText(text, 'f', configSchema, features, facts);
}

/**
 * Adds a test for each case, and one that every code of the feature has a case.
 *
 * @param codes those of the feature
 * @param elsewhere codes that tests of their own meet
 */
export function ruleTests(
  test: Suite,
  cases: readonly RuleCase[],
  codes: Readonly<Record<string, unknown>>,
  elsewhere: readonly string[] = [],
): void {
  test.each(
    cases,
    ([name]) => name,
    ([, text, ...expected]) => {
      const { errors } = checkDocument(BASE + text);
      for (const { code } of errors) seen('error', code);
      assert.equal(errors.map(String), expected);
    },
  );

  test('every code has a case', () => {
    const met = new Set(elsewhere);
    for (const [, , ...errors] of cases) for (const error of errors) met.add(error.split('  ')[1] as string);
    assert.equal([...met].sort(), Object.keys(codes).sort());
  });
}
