const UNITS: readonly (readonly [unit: string, ms: number])[] = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1_000],
  ['ms', 1],
];

/**
 * `5m`, `2h4m`, `100ms` → milliseconds. Whole numbers, each unit once, larger ones first.
 * Undefined for anything else; a bare number is refused because its unit would be a guess.
 */
export function parseDuration(text: string): number | undefined {
  const match = /^(?:(\d{1,5})d)?(?:(\d{1,6})h)?(?:(\d{1,8})m)?(?:(\d{1,9})s)?(?:(\d{1,12})ms)?$/.exec(text);
  if (match === null || text === '') return undefined;
  return UNITS.reduce((sum, [, ms], i) => sum + Number(match[i + 1] ?? 0) * ms, 0);
}

/** Milliseconds → the shortest text that `parseDuration` reads back: 7440000 → `2h4m`. */
export function formatDuration(durationMs: number): string {
  let rest = Math.round(durationMs);
  let text = '';
  for (const [unit, ms] of UNITS) {
    const count = Math.floor(rest / ms);
    if (count > 0) text += `${count}${unit}`;
    rest -= count * ms;
  }
  return text === '' ? '0s' : text;
}
