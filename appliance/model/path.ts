/** One step of a path in the configuration: a key of a map or an index of a list. */
export type PathStep = string | number;

const PLAIN_KEY = /^[A-Za-z_][A-Za-z0-9_-]*$/;

/** `['nat64', 'main', 'pool4', 0]` → `nat64.main.pool4[0]`; a key that is no plain word stands quoted in brackets. */
export function formatPath(steps: readonly PathStep[]): string {
  let text = '';
  for (const step of steps) {
    if (typeof step === 'number') text += `[${step}]`;
    else if (PLAIN_KEY.test(step)) text += text === '' ? step : `.${step}`;
    else text += `[${JSON.stringify(step)}]`;
  }
  return text;
}

/** The steps that `formatPath` wrote, or undefined if the text is no path. */
export function parsePath(text: string): PathStep[] | undefined {
  const steps: PathStep[] = [];
  const token = /\.?([A-Za-z_][A-Za-z0-9_-]*)|\[(\d+)\]|\[("(?:[^"\\]|\\.)*")\]/y;
  let at = 0;
  while (at < text.length) {
    token.lastIndex = at;
    const match = token.exec(text);
    if (match === null) return undefined;
    const dotted = match[0].startsWith('.');
    if (match[1] !== undefined && dotted === (steps.length === 0)) return undefined;
    if (match[1] !== undefined) steps.push(match[1]);
    else if (match[2] !== undefined) steps.push(Number(match[2]));
    else steps.push(JSON.parse(match[3] as string) as string);
    at = token.lastIndex;
  }
  return steps;
}
