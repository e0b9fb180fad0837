/** The only way to wait in a test: no sleeps, no retries of whole tests. */
import { setTimeout as delay } from 'node:timers/promises';
import { trial } from './scope.ts';

/** How long to wait and how often to look. */
export interface EventuallyOptions {
  /** Milliseconds until the last failure is passed on: to notice what never comes true, not how fast it does. */
  readonly within?: number;
  /** Milliseconds between two tries. */
  readonly every?: number;
}

const defaultWithinMs = 30_000;
const sabotageWithinMs = 1_000;

/**
 * Calls `fn` until it neither throws nor answers false; then gives its value.
 *
 * @throws the last failure, with the time waited in front, when `within` has passed; an error when `fn` answered
 *   false until the end.
 */
export async function eventually<T>(fn: () => T | Promise<T>, options: EventuallyOptions = {}): Promise<T> {
  const wished = options.within ?? defaultWithinMs;
  // Under sabotage nearly every wait runs out; the run would take an hour otherwise.
  const within = process.env.SIXGATE_SABOTAGE === '1' ? Math.min(wished, sabotageWithinMs) : wished;
  const every = options.every ?? 20;
  const started = performance.now();
  for (;;) {
    let failure: unknown;
    try {
      const value = await trial(fn);
      if (value !== false) return value;
      failure = new Error('the condition stayed false');
    } catch (error) {
      failure = error;
    }
    const waited = performance.now() - started;
    if (waited >= within) {
      const sentence = `not within ${Math.round(within)} ms: `;
      if (failure instanceof Error) {
        failure.message = sentence + failure.message;
        throw failure;
      }
      throw new Error(sentence + String(failure));
    }
    await delay(Math.min(every, Math.max(1, within - waited)));
  }
}
