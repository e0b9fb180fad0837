import { formatPath, type PathStep } from '../model/path.ts';
import { canonicalJson } from './canonical.ts';
import { flowText } from './sentences.ts';

/** One difference between two configurations: `~` changed, `-` removed, `+` added. */
export interface Difference {
  readonly kind: '~' | '-' | '+';
  /** Path in the configuration; of a removed list item it is the old index, else the new one. */
  readonly path: string;
  readonly before?: unknown;
  readonly after?: unknown;
}

/**
 * The structural difference: maps key by key, lists of maps item by item, other lists as a whole.
 * The order of keys is no difference, the order of list items is one.
 */
export function diffConfigs(before: unknown, after: unknown): Difference[] {
  const differences: Difference[] = [];
  compare(before, after, [], differences);
  return differences;
}

function compare(before: unknown, after: unknown, path: readonly PathStep[], found: Difference[]): void {
  if (canonicalJson(before) === canonicalJson(after)) return;
  if (isMap(before) && isMap(after)) {
    const keys = new Set([...Object.keys(before), ...Object.keys(after)]);
    for (const key of [...keys].sort()) {
      const at = [...path, key];
      if (!Object.hasOwn(after, key)) found.push({ kind: '-', path: formatPath(at), before: before[key] });
      else if (!Object.hasOwn(before, key)) found.push({ kind: '+', path: formatPath(at), after: after[key] });
      else compare(before[key], after[key], at, found);
    }
  } else if (isListOfMaps(before) && isListOfMaps(after)) compareLists(before, after, path, found);
  else found.push({ kind: '~', path: formatPath(path), before, after });
}

/** What both lists begin and end with is the same; items between are compared in pairs, the rest came or went. */
function compareLists(
  before: readonly unknown[],
  after: readonly unknown[],
  path: readonly PathStep[],
  found: Difference[],
): void {
  const [old, next] = [before.map(canonicalJson), after.map(canonicalJson)];
  let head = 0;
  while (head < old.length && head < next.length && old[head] === next[head]) head++;
  let tail = 0;
  const shorter = Math.min(old.length, next.length);
  while (tail < shorter - head && old.at(-1 - tail) === next.at(-1 - tail)) tail++;
  const pairs = shorter - tail;
  for (let i = head; i < pairs; i++) compare(before[i], after[i], [...path, i], found);
  for (let i = pairs; i < before.length - tail; i++)
    found.push({ kind: '-', path: formatPath([...path, i]), before: before[i] });
  for (let i = pairs; i < after.length - tail; i++)
    found.push({ kind: '+', path: formatPath([...path, i]), after: after[i] });
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isListOfMaps(value: unknown): value is Record<string, unknown>[] {
  return Array.isArray(value) && value.every(isMap);
}

/** One line a difference, paths in a column: `~ PATH  OLD -> NEW`, `- PATH  removed`, `+ PATH  VALUE`. */
export function formatDifferences(differences: readonly Difference[]): string[] {
  const width = Math.min(48, Math.max(0, ...differences.map(({ path }) => path.length)));
  return differences.map(({ kind, path, before, after }) => {
    const start = `${kind} ${path.padEnd(width)}  `;
    if (kind === '-') return `${start}removed`;
    return kind === '+' ? start + flowText(after) : `${start}${flowText(before)} -> ${flowText(after)}`;
  });
}
