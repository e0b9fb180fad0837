/**
 * Hands out numbers from a range. One that is given back rests for a while: packets of sessions that have not asked for
 * their way again may still mean what it meant.
 */
export class Numbers {
  readonly #end: number;
  readonly #restMs: number;
  readonly #now: () => number;
  readonly #resting: { readonly number: number; readonly until: number }[] = [];
  #next: number;

  /**
   * @param first first number of the range
   * @param end the number behind its last
   * @param restMs how long a number rests
   * @param now a clock that never goes back, in milliseconds
   */
  constructor(first: number, end: number, restMs: number, now: () => number = () => performance.now()) {
    this.#next = first;
    this.#end = end;
    this.#restMs = restMs;
    this.#now = now;
  }

  /** @returns undefined when none is free now */
  take(): number | undefined {
    const [oldest] = this.#resting;
    if (oldest !== undefined && oldest.until <= this.#now()) return this.#resting.shift()?.number;
    if (this.#next >= this.#end) return undefined;
    this.#next += 1;
    return this.#next - 1;
  }

  give(number: number): void {
    this.#resting.push({ number, until: this.#now() + this.#restMs });
  }

  /** Says which numbers are in use already. Only before the first is taken. */
  occupy(numbers: Iterable<number>): void {
    const used = new Set(numbers);
    const first = this.#next;
    this.#next = Math.max(first, ...[...used].map((number) => number + 1));
    for (let number = first; number < this.#next; number += 1)
      if (!used.has(number)) this.#resting.push({ number, until: 0 });
  }
}
