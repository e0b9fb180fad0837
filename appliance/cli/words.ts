/** 184202 → `184,202` for people; programs get the digits alone. */
export function countText(count: number, forPeople: boolean): string {
  return forPeople ? count.toLocaleString('en-US') : String(count);
}

/** Milliseconds as people say them, two units at most: `0s`, `12s`, `4m`, `3h12m`, `23d`. */
export function spanText(durationMs: number): string {
  const seconds = Math.max(0, Math.floor(durationMs / 1000));
  const [days, hours, minutes] = [Math.floor(seconds / 86_400), Math.floor(seconds / 3600), Math.floor(seconds / 60)];
  if (days >= 3) return `${days}d`;
  if (hours >= 1) return minutes % 60 === 0 ? `${hours}h` : `${hours}h${minutes % 60}m`;
  return minutes >= 1 ? `${minutes}m` : `${seconds}s`;
}

/** `198.51.100.80:443`, `[2001:db8::1]:443` (RFC 5952 section 6). */
export function endpointText({ address, port }: { readonly address: string; readonly port: number }): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}

/** `1 problem`, `2 problems`. */
export function plural(count: number, word: string): string {
  return `${count} ${word}${count === 1 ? '' : 's'}`;
}

/** A share in percent with as many digits as say something: `12 %`, `0.002 %`, `0 %`. */
export function shareText(part: number, whole: number): string {
  if (part === 0 || whole === 0) return '0 %';
  const percent = (part / whole) * 100;
  return `${percent >= 10 ? Math.round(percent) : Number(percent.toPrecision(1))} %`;
}
