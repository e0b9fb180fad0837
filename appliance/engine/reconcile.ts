import type { SixgateError } from '../model/errors.ts';

/** One step of making things so. Steps run in their order; each repairs only what differs, so that running it again
 *  changes nothing. */
export interface Step<State> {
  readonly name: string;
  /** @returns what keeps it from being as desired, none when all is well; throwing counts as one more problem */
  run(desired: State): Promise<readonly SixgateError[]>;
}

export interface ReconcilerOptions<State> {
  readonly steps: readonly Step<State>[];
  /** Called after each round with all problems of that round. */
  readonly onRound?: (problems: readonly SixgateError[]) => void;
  /** Turns what a step threw into a problem. */
  readonly asProblem: (step: string, thrown: unknown) => SixgateError;
  /** Wait before a failed round is tried again, doubled each time up to `mostMs`. */
  readonly leastMs?: number;
  readonly mostMs?: number;
}

/**
 * The one loop of the control plane: makes the world like the desired state, and again whenever something says that
 * it may have changed. Rounds never overlap; triggers during a round lead to one more round behind it.
 */
export class Reconciler<State> {
  readonly #options: ReconcilerOptions<State>;
  #desired: State | undefined;
  #problems: readonly SixgateError[] = [];
  #running: Promise<void> | undefined;
  #again = false;
  #timer: NodeJS.Timeout | undefined;
  #waitMs: number;
  #closed = false;

  constructor(options: ReconcilerOptions<State>) {
    this.#options = options;
    this.#waitMs = options.leastMs ?? 500;
  }

  /** Problems of the last round. */
  get problems(): readonly SixgateError[] {
    return this.#problems;
  }

  /** Sets what shall be, and resolves with the problems of the first whole round that aimed at it. */
  async become(desired: State): Promise<readonly SixgateError[]> {
    this.#desired = desired;
    this.#waitMs = this.#options.leastMs ?? 500;
    await this.#round();
    return this.#problems;
  }

  /** Something may have changed: look again soon. Many triggers in `delayMs` are one. */
  trigger(delayMs = 50): void {
    if (this.#closed || this.#timer !== undefined) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      void this.#round();
    }, delayMs);
  }

  /** No further round begins; resolves when the last one has ended. */
  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    await this.#running;
  }

  /** Resolves after a round that began after the call. */
  async #round(): Promise<void> {
    if (this.#running !== undefined) {
      this.#again = true;
      await this.#running;
      return;
    }
    this.#running = this.#rounds();
    try {
      await this.#running;
    } finally {
      this.#running = undefined;
    }
  }

  async #rounds(): Promise<void> {
    do {
      this.#again = false;
      if (this.#desired === undefined || this.#closed) return;
      this.#problems = await this.#once(this.#desired);
      this.#options.onRound?.(this.#problems);
    } while (this.#again);
    if (this.#problems.length === 0) {
      this.#waitMs = this.#options.leastMs ?? 500;
      return;
    }
    this.trigger(this.#waitMs);
    this.#waitMs = Math.min(this.#waitMs * 2, this.#options.mostMs ?? 15_000);
  }

  async #once(desired: State): Promise<SixgateError[]> {
    const problems: SixgateError[] = [];
    for (const step of this.#options.steps) {
      try {
        problems.push(...(await step.run(desired)));
      } catch (thrown) {
        problems.push(this.#options.asProblem(step.name, thrown));
      }
    }
    return problems;
  }
}
