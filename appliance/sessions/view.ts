import type { Session } from '../contract/api.ts';
import { SessionClock, type Session as SessionSlot, TcpBit } from '../dataplane/layout.gen.ts';
import { formatAddress } from '../model/address.ts';

/** What is needed to turn numbers of a slot into what people read. */
export interface ViewContext {
  /** Jiffies now, 32 bits. */
  readonly nowJiffies: number;
  readonly hz: number;
  readonly names: SessionNames;
  /** Tunnel behind an adjacency, in words. */
  pathOf(adjacency: number): string | undefined;
}

/** Words for the numbers of a slot. */
export interface SessionNames {
  /** Of a feature: a NAT64 instance, an egress pool. */
  instance(feature: string, id: number): string;
  policy(number: number): string;
  /** A tenant, or a VXLAN slot. */
  table(number: number): string;
}

/** enum session_feature. */
const FEATURES = ['none', 'nat64', 'egress'];
const BOTH_SYN = TcpBit.TCP_SYN_IN | TcpBit.TCP_SYN_OUT;
const BOTH_FIN = TcpBit.TCP_FIN_IN | TcpBit.TCP_FIN_OUT;

type StateParts = Pick<SessionSlot, 'proto' | 'tcp'> & Partial<Pick<SessionSlot, 'familyIn' | 'familyOut'>>;

/**
 * State names of RFC 6146 section 3.5.2.2, in small letters; where both sides are of one family, those with a family in
 * them are `opening` and `closing`. For UDP and ICMP there is only one state.
 */
export function stateOf({ proto, tcp, familyIn = 6, familyOut = 4 }: StateParts): string {
  if (proto !== 6) return 'active';
  const same = familyIn === familyOut;
  if (tcp & TcpBit.TCP_RESET) return 'transitory';
  if ((tcp & BOTH_FIN) === BOTH_FIN) return 'closed';
  if ((tcp & BOTH_SYN) !== BOTH_SYN) return same ? 'opening' : tcp & TcpBit.TCP_SYN_OUT ? 'v4-init' : 'v6-init';
  if (same && tcp & BOTH_FIN) return 'closing';
  if (tcp & TcpBit.TCP_FIN_IN) return 'v6-fin';
  if (tcp & TcpBit.TCP_FIN_OUT) return 'v4-fin';
  return 'established';
}

/** The clock that a session is under; the same choice as session_clock() in bpf/stage/session.h. */
export function clockOf({ proto, tcp }: Pick<SessionSlot, 'proto' | 'tcp'>): number {
  if (proto === 17) return SessionClock.CLOCK_UDP;
  if (proto !== 6) return SessionClock.CLOCK_ICMP;
  const open = (tcp & BOTH_SYN) === BOTH_SYN && (tcp & BOTH_FIN) !== BOTH_FIN && !(tcp & TcpBit.TCP_RESET);
  return open ? SessionClock.CLOCK_ESTABLISHED : SessionClock.CLOCK_TRANSITORY;
}

/** Difference of two jiffies counters of 32 bits, in milliseconds; a moment in the future is 0. */
export function jiffiesMs(now: number, then: number, hz: number): number {
  return Math.round((Math.max((now - then) | 0, 0) * 1000) / hz);
}

/** Address bytes of the four words of a tuple. */
export function bytesOf(words: readonly number[], family: number): Uint8Array {
  const bytes = new Uint8Array(family === 6 ? 16 : 4);
  const view = new DataView(bytes.buffer);
  for (let i = 0; i < bytes.length / 4; i += 1) view.setUint32(i * 4, words[i] ?? 0);
  return bytes;
}

function optional<K extends string>(key: K, value: string | undefined): { [P in K]?: string } {
  return value === undefined ? {} : ({ [key]: value } as { [P in K]: string });
}

/** A slot as the API shows it. */
export function viewOf(number: number, slot: SessionSlot, context: ViewContext): Session {
  const { nowJiffies: now, hz } = context;
  const feature = FEATURES[slot.feature] ?? String(slot.feature);
  const text = (words: readonly number[], family: number): string => formatAddress(bytesOf(words, family));
  const idleMs = jiffiesMs(now, slot.last, hz);
  const timeoutMs = ((slot.timeout[clockOf(slot)] ?? 0) * 1000) / hz;
  return {
    id: number,
    feature,
    instance: context.names.instance(feature, slot.instance),
    ...(slot.policy === 0 ? {} : { policy: context.names.policy(slot.policy) }),
    ...(slot.table === 0 ? {} : { table: context.names.table(slot.table) }),
    ...(slot.identity === 0 ? {} : { identity: slot.identity }),
    ...optional('insidePath', context.pathOf(slot.adjIn)),
    ...optional('outsidePath', context.pathOf(slot.adjOut)),
    proto: slot.proto === 6 ? 'tcp' : slot.proto === 17 ? 'udp' : 'icmp',
    inside: { address: text(slot.in.src, slot.familyIn), port: slot.in.sport },
    destination: { address: text(slot.out.dst, slot.familyOut), port: slot.out.dport },
    outside: { address: text(slot.out.src, slot.familyOut), port: slot.out.sport },
    state: stateOf(slot),
    ageMs: jiffiesMs(now, slot.created, hz),
    idleMs,
    expiresMs: Math.max(Math.round(timeoutMs - idleMs), 0),
  };
}
