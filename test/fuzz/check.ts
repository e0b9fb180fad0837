/** What may leave the gateway when such a frame came in: judged from the standards, by the kit's oracle. */
import { dissect } from '../kit/oracle.ts';
import type { PacketResult } from '../kit/packet.ts';

/**
 * Nobody looks at the UDP checksum of a quoted packet, and RFC 7915 section 4.3 has none computed there; a quoted
 * fragment is translated with the length that it tells, whatever that is.
 */
const WITHIN_QUOTE = ['UDP over # without a checksum', 'a fragment that is not the last has no multiple of # bytes'];

/** Two problems are the same when only numbers and the family differ. */
function kindsOf(frame: Uint8Array, options: { readonly padding?: boolean } = {}): Set<string> {
  const { problems, headers } = dissect(frame, options);
  const kinds = new Set(problems.map((problem) => problem.replace(/icmpv6/g, 'icmp').replace(/IPv\d|\d+/g, '#')));
  if (headers.filter((name) => name.startsWith('ipv')).length > 1) for (const kind of WITHIN_QUOTE) kinds.delete(kind);
  return kinds;
}

/** What `judge` finds. */
export interface Judgement {
  /** Undefined when all is well. */
  readonly problem?: string;
  /** Whether the input was without any problem, so that the output has to be without one in every reader's eyes. */
  readonly clean: boolean;
}

const POOL = ['198.51.100.10', '198.51.100.11'];
const SELF4 = '198.51.100.2';
const PREFIX6 = '0064ff9b0000000000000000';
const SELF6 = '20010db8000100000000000000000001';

function sourceOf(frame: Uint8Array): string {
  if (frame[12] === 8) return Array.from(frame.subarray(26, 30)).join('.');
  return Buffer.from(frame.subarray(22, 38)).toString('hex');
}

/** Whom a frame may come from that leaves by a port: a pool address, a translated one, or the gateway itself. */
function sourceProblem(frame: Uint8Array, port: string): string | undefined {
  const source = sourceOf(frame);
  if (frame[12] === 8 && port.startsWith('uplink'))
    return [...POOL, SELF4].includes(source) ? undefined : `source ${source}`;
  if (frame[12] === 0x86 && port.startsWith('lan'))
    return source.startsWith(PREFIX6) || source === SELF6 ? undefined : `source ${source}`;
  return `type ${frame[12]?.toString(16)}${frame[13]?.toString(16)} on ${port}`;
}

/**
 * Judges a frame that leaves.
 *
 * @param input the frame that led to it
 */
export function judge(input: Uint8Array, result: PacketResult): Judgement {
  const before = kindsOf(input, { padding: true });
  const clean = before.size === 0;
  if (result.action !== 'redirect') return { clean };
  const wrong = sourceProblem(result.frame, result.port ?? '');
  if (wrong !== undefined) return { clean, problem: wrong };
  const added = [...kindsOf(result.frame)].filter((kind) => !before.has(kind));
  return added.length === 0 ? { clean } : { clean, problem: added.join('; ') };
}
