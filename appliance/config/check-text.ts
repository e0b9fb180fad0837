import type { TSchema } from 'typebox';
import type { Config, Facts, Feature } from '../contract/feature.ts';
import { type Position, SixgateError } from '../model/errors.ts';
import { type PathStep, parsePath } from '../model/path.ts';
import { canonicalJson } from './canonical.ts';
import { checkConfig } from './check.ts';
import { YamlDocument } from './document.ts';
import type { Finding } from './sentences.ts';
import { Validator } from './validate.ts';

/** No terminal shows more, and a document with more errors than this has one cause. */
const MAX_ERRORS = 100;

/** What reading a text gave. */
export interface CheckedText {
  /** Canonical JSON; absent if the text does not fit the schema. */
  readonly canonical?: string;
  /** Sorted by place. */
  readonly errors: readonly SixgateError[];
}

/** Reads a YAML text and checks it: syntax, schema, then the rules of the features. */
export function checkText(
  text: string,
  file: string | undefined,
  schema: TSchema,
  features: readonly Feature[],
  facts: Facts | undefined,
): CheckedText {
  const document = new YamlDocument(text, file);
  if (document.errors.length > 0) return { errors: inOrder(document.errors) };
  const value = document.value() as Config;
  const findings = new Validator(schema).findings(value, (steps) => document.source(steps));
  const located = findings.map(({ error, steps, target }) => locate(error, document.position(steps, target), document));
  const rules = checkConfig(usable(features, findings), pruned(value, findings), facts).map((error) =>
    locate(error, document.position(stepsOf(error), 'value'), document),
  );
  const errors = inOrder([...located, ...rules]);
  return findings.length > 0 ? { errors } : { errors, canonical: canonicalJson(value) };
}

function stepsOf(error: SixgateError): readonly PathStep[] {
  return (error.path === undefined ? undefined : parsePath(error.path)) ?? [];
}

/** Keys of the document whose part cannot be read as the schema's type; an unknown key alone does no such harm. */
function brokenKeys(findings: readonly Finding[]): Set<PathStep | undefined> {
  return new Set(findings.filter(({ error }) => error.code !== 'CONFIG_UNKNOWN_KEY').map(({ steps }) => steps[0]));
}

/** Features whose own part is sound. When interfaces are not, nothing that refers to them can be judged. */
function usable(features: readonly Feature[], findings: readonly Finding[]): Feature[] {
  const broken = brokenKeys(findings);
  return broken.has('interfaces') ? [] : features.filter(({ name }) => !broken.has(name));
}

function pruned(config: Config, findings: readonly Finding[]): Config {
  const broken = brokenKeys(findings);
  return Object.fromEntries(Object.entries(config).filter(([key]) => !broken.has(key))) as unknown as Config;
}

/** The error with its position; the line of the other party of a conflict goes into the sentence. */
function locate(error: SixgateError, at: Position, document: YamlDocument): SixgateError {
  const { code, message, hint, path, otherPath, kind } = error;
  const other = otherPath === undefined ? undefined : parsePath(otherPath);
  const line = other === undefined ? '' : ` (line ${document.position(other, 'value').line})`;
  return new SixgateError(code, `${message}${line}`, { hint, at, path, otherPath, kind });
}

function inOrder(errors: readonly SixgateError[]): SixgateError[] {
  const place = (error: SixgateError): [number, number] => [error.at?.line ?? 0, error.at?.column ?? 0];
  const sorted = errors.toSorted((a, b) => {
    const [[lineA, columnA], [lineB, columnB]] = [place(a), place(b)];
    return lineA - lineB || columnA - columnB;
  });
  if (sorted.length <= MAX_ERRORS) return sorted;
  const rest = new SixgateError('CONFIG_MORE_ERRORS', `${sorted.length - MAX_ERRORS} further errors are not shown`);
  return [...sorted.slice(0, MAX_ERRORS), rest];
}
