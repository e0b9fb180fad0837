/** Reads captured.txt: bytes between iproute2 and the kernel, and iproute2's own reading of them. See capture.py. */
import { readFileSync } from 'node:fs';

export interface Capture {
  readonly command: string;
  readonly requests: readonly Uint8Array[];
  readonly replies: readonly Uint8Array[];
  /** iproute2's JSON. */
  readonly printed: unknown;
}

const captures: readonly Capture[] = readFileSync('test/netlink/captured.txt', 'utf8')
  .split('\n\n')
  .slice(1)
  .map((block) => {
    const lines = block.trim().split('\n');
    const after = (mark: string): string[] =>
      lines.filter((line) => line.startsWith(`${mark} `)).map((line) => line.slice(2));
    const bytes = (mark: string): Uint8Array[] => after(mark).map((hex) => Uint8Array.from(Buffer.from(hex, 'hex')));
    const json = after('=')[0];
    return {
      command: after('#')[0] ?? '',
      requests: bytes('>'),
      replies: bytes('<'),
      printed: json === undefined ? undefined : JSON.parse(json),
    };
  });

/** @throws Error when the command was not captured */
export function captureOf(command: string): Capture {
  const capture = captures.find((each) => each.command === command);
  if (capture === undefined) throw new Error(`"${command}" is not in captured.txt`);
  return capture;
}

/** Commands whose request was captured. */
export function capturedRequests(): readonly string[] {
  return captures
    .filter((capture) => capture.requests.length > 0 && capture.printed === undefined)
    .map((capture) => capture.command);
}

/**
 * Attributes in the order of their numbers, nests too, without their flags, so that two ways of saying the same
 * compare as equal. Written apart from the package's codec on purpose. What cannot be attributes stays as hexadecimal.
 */
export function canonical(payload: Uint8Array): unknown {
  const data = Buffer.from(payload);
  // A veth's peer begins with an empty ifinfomsg.
  if (data.length > 16 && data.subarray(0, 16).every((byte) => byte === 0))
    return ['ifinfomsg', canonical(data.subarray(16))];
  const found: [number, unknown][] = [];
  let at = 0;
  while (at + 4 <= data.length) {
    const length = data.readUInt16LE(at);
    if (length < 4 || at + length > data.length) return data.toString('hex');
    found.push([data.readUInt16LE(at + 2) & 0x3fff, canonical(data.subarray(at + 4, at + length))]);
    at += (length + 3) & ~3;
  }
  if (found.length === 0 || at < data.length) return data.toString('hex');
  return found.sort(([a], [b]) => a - b);
}
