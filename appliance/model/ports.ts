/** Ports from `first` to `last`, both included, in host order. */
export interface PortRange {
  readonly first: number;
  readonly last: number;
}

/** `1024-65535` or `443` → range; undefined unless 1 <= first <= last <= 65535. */
export function parsePortRange(text: string): PortRange | undefined {
  const match = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(text);
  if (match === null) return undefined;
  const first = Number(match[1]);
  const last = Number(match[2] ?? match[1]);
  return first >= 1 && first <= last && last <= 65535 ? { first, last } : undefined;
}

/** The text of a range; one port stands alone. */
export function formatPortRange(range: PortRange): string {
  return range.first === range.last ? `${range.first}` : `${range.first}-${range.last}`;
}
