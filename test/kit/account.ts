/** The account of a gateway's packets: every one is in it, and every one that is missing was predicted by the test. */
import { dropReasons } from '../../appliance/model/vocab.gen.ts';

/** The packets of one port as `sixgate status -o json` tells them. */
export interface PacketAccount {
  readonly name: string;
  readonly received: number;
  readonly forwarded: number;
  readonly passed: number;
  readonly answered: number;
  /** Packets dropped, by the name of the reason. */
  readonly dropped: Readonly<Record<string, number>>;
  readonly sent: number;
  /** Packets of the sent that no received one stands for: ICMP errors, further fragments. */
  readonly originated: number;
  /** Packets of the sent that the port's device did not take, by reason. */
  readonly sendFailed: Readonly<Record<string, number>>;
}

/**
 * How many packets a test says will be dropped: exactly so many, `some` (one or more) or `any` (none is fine, too),
 * where real clients decide. Whoever writes `some` or `any` says in a comment what the number depends on.
 */
export type DropCount = number | 'some' | 'any';

/** Name of what the device behind a port refused to send; it stands beside the names of the drop reasons. */
export const sendFailed = 'send_failed';

/** Predictions by the name of the port, then by the name of the reason. */
export type ExpectedDrops = Readonly<Record<string, Readonly<Record<string, DropCount>>>>;

const sumOf = (counts: Readonly<Record<string, number>>): number =>
  Object.values(counts).reduce((sum, count) => sum + count, 0);

/**
 * The packet equation of one port.
 *
 * @returns undefined when every received packet is accounted for, else a sentence with the numbers
 */
export function equationError(account: PacketAccount): string | undefined {
  const { name, received, forwarded, passed, answered } = account;
  const parts = [received, forwarded, passed, answered, ...Object.values(account.dropped)];
  if (!parts.every((part) => Number.isSafeInteger(part) && part >= 0)) {
    return `port ${name}: a count is missing or no number: ${JSON.stringify(account)}`;
  }
  const dropped = sumOf(account.dropped);
  const sum = forwarded + passed + answered + dropped;
  if (received === sum) return undefined;
  return `port ${name}: received ${received}, but forwarded ${forwarded} + passed ${passed} + answered ${answered} + dropped ${dropped} = ${sum}`;
}

/**
 * The other half of the equation, over all ports: what was sent is what was forwarded, and what the gateway added.
 *
 * @returns undefined when it holds, else a sentence with the numbers
 */
export function transmitError(accounts: readonly PacketAccount[]): string | undefined {
  const sum = (part: 'sent' | 'forwarded' | 'originated'): number =>
    accounts.reduce((total, account) => total + account[part], 0);
  const [sent, forwarded, originated] = [sum('sent'), sum('forwarded'), sum('originated')];
  if (sent === forwarded + originated) return undefined;
  return `all ports: sent ${sent}, but forwarded ${forwarded} + originated ${originated} = ${forwarded + originated}`;
}

/** What a test predicts of the drops of one gateway; nothing unless it is told. */
export class DropPredictions {
  readonly #ports = new Map<string, Map<string, DropCount>>();

  /** @throws Error for a reason that does not exist, a count that is none, and what is predicted already */
  add(expected: ExpectedDrops): void {
    for (const [port, reasons] of Object.entries(expected)) {
      const known = this.#ports.get(port) ?? new Map<string, DropCount>();
      this.#ports.set(port, known);
      for (const [reason, count] of Object.entries(reasons)) {
        if (reason !== sendFailed && !dropReasons.some(({ name, value }) => name === reason && value > 0))
          throw new Error(`no drop reason is called "${reason}"`);
        if (typeof count === 'number' && !(Number.isSafeInteger(count) && count > 0))
          throw new Error(`${count} is no number of drops; without a prediction none may come`);
        if ((known.get(reason) ?? 'any') !== 'any') throw new Error(`port ${port}: ${reason} is predicted twice`);
        known.set(reason, count);
      }
    }
  }

  /** The test has asked for this count itself, and judges it; what it predicted stands. */
  judged(port: string, reason: string): void {
    const known = this.#ports.get(port) ?? new Map<string, DropCount>();
    this.#ports.set(port, known);
    if (!known.has(reason)) known.set(reason, 'any');
  }

  /**
   * Holds the account of all ports against what was predicted, reason by reason and in the whole: of the packets that
   * came (received) and that the gateway made (originated), those that neither left (sent) nor stayed (passed,
   * answered) are the drops that were predicted by name. What left is on the cable, but for `send_failed`.
   *
   * @returns a sentence for each difference
   */
  errors(accounts: readonly PacketAccount[]): string[] {
    const errors: string[] = [];
    for (const port of this.#ports.keys()) {
      if (!accounts.some(({ name }) => name === port)) errors.push(`"${port}" has predicted drops, but is no port`);
    }
    for (const { name, dropped, sendFailed: failed } of accounts) {
      const expected = this.#ports.get(name) ?? new Map<string, DropCount>();
      const counts: Record<string, number> = { ...dropped, [sendFailed]: sumOf(failed) };
      for (const reason of new Set([...Object.keys(counts), ...expected.keys()])) {
        const [count, predicted] = [counts[reason] ?? 0, expected.get(reason) ?? 0];
        if (!matches(count, predicted)) errors.push(`port ${name}: ${count} ${reason}, but predicted: ${predicted}`);
      }
    }
    const total = (of: (account: PacketAccount) => number): number =>
      accounts.reduce((sum, account) => sum + of(account), 0);
    const lost = total(
      ({ received, originated, sent, passed, answered }) => received + originated - sent - passed - answered,
    );
    const drops = total(({ dropped }) => sumOf(dropped));
    if (lost !== drops)
      errors.push(`all ports: ${lost} packets neither left nor stayed, but ${drops} drops have a name`);
    return errors;
  }
}

function matches(count: number, predicted: DropCount): boolean {
  if (predicted === 'any') return true;
  return predicted === 'some' ? count > 0 : count === predicted;
}
