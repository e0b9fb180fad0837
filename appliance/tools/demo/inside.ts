/**
 * The demonstration within its tree. Ends when standard input does: then whoever started it wants it to end, or is gone.
 * Its first line tells the number that the tree's first process has outside.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { MachineCannot } from './lab.ts';
import { type Options, readOptions } from './options.ts';
import { type Row, runRound } from './round.ts';
import { scenes } from './scenes.ts';
import { type Screen, screenFor } from './screen.ts';
import { Stage } from './stage.ts';
import { type Step, steps } from './steps.ts';
import { afterwards, failures, introduction, type Line, placeOf, thingsToTry } from './words.ts';

const BETWEEN_ROUNDS_MS = 2_000;

const endSignal = new AbortController();
let firstProcess: number | undefined;

function listen(): void {
  process.stdin.setEncoding('utf8').on('data', (text: string) => {
    const number = Number.parseInt(text, 10);
    if (Number.isInteger(number)) firstProcess = number;
  });
  process.stdin.on('end', () => endSignal.abort());
  process.stdin.on('error', () => endSignal.abort());
  // Whoever read our output has gone.
  process.stdout.on('error', () => process.exit(1));
}

function keyOf(stage: Stage, step: Step): string {
  return `${stage.scene.name} ${step.name}`;
}

/** Rounds on a screen. */
class Show {
  readonly #screen: Screen;
  readonly #stages: readonly Stage[];
  readonly #options: Options;
  /** Each row shows its last round until the next one has come that far. */
  readonly #lines = new Map<string, Line>();
  #rounds = 0;
  #failed: string | undefined;

  constructor(screen: Screen, stages: readonly Stage[], options: Options) {
    this.#screen = screen;
    this.#stages = stages;
    this.#options = options;
    for (const stage of stages) {
      for (const step of steps) this.#lines.set(keyOf(stage, step), { scene: stage.scene, step });
    }
  }

  async round(): Promise<Row[]> {
    const breakage = this.#rounds === 0 ? this.#options.breakage : undefined;
    this.#rounds += 1;
    return runRound(this.#stages, {
      breakage,
      endAtFailure: this.#options.once,
      onBegin: (stage, step) => {
        const key = keyOf(stage, step);
        this.#lines.set(key, { scene: stage.scene, step, ...this.#lines.get(key), running: true });
        this.#show();
      },
      onEnd: (row) => {
        if (!row.verdict.ok) this.#failed = `${placeOf(row)}, round ${this.#rounds}`;
        const line = { scene: row.stage.scene, step: row.step, row };
        this.#lines.set(keyOf(row.stage, row.step), line);
        this.#screen.ended(line);
        this.#show();
      },
    });
  }

  #show(): void {
    this.#screen.show([...this.#lines.values()], this.#footer());
  }

  #footer(): string[] {
    if (this.#options.once) return [];
    const state = this.#failed === undefined ? 'no failure so far' : `last failure: ${this.#failed}`;
    return ['', `Round ${this.#rounds}, ${state}. Ctrl-C ends it and removes everything.`, '', ...hints()];
  }
}

function hints(): string[] {
  const [scene] = scenes;
  return scene === undefined ? [] : thingsToTry(firstProcess, scene);
}

async function perform(options: Options): Promise<number> {
  const screen = screenFor(process.stdout);
  screen.say(introduction(scenes));
  const stages = await Promise.all(scenes.map((scene) => Stage.build(scene)));
  const show = new Show(screen, stages, options);
  for (;;) {
    const rows = await show.round();
    const failed = failures(rows);
    if (failed.length > 0) screen.say(['', ...failed, ...(options.once ? [] : [''])]);
    if (options.once) {
      if (failed.length > 0) {
        screen.say([`${failed.length} of ${rows.length} steps failed; the round ended there.`]);
        return 1;
      }
      screen.say(['', `All ${rows.length} steps worked, as seen at the far end.`, '', ...afterwards]);
      return 0;
    }
    if (!process.stdout.isTTY) screen.say(hints());
    await delay(BETWEEN_ROUNDS_MS, undefined, { signal: endSignal.signal });
  }
}

async function main(): Promise<number> {
  const options = readOptions(process.argv.slice(2));
  if (typeof options === 'string') throw new Error(options);
  listen();
  const ended = new Promise<number>((resolve) => {
    endSignal.signal.addEventListener('abort', () => resolve(options.once ? 1 : 0));
  });
  const status = await Promise.race([
    ended,
    perform(options).catch((error: unknown) => {
      if (endSignal.signal.aborted) return 0;
      process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
      return error instanceof MachineCannot ? 77 : 1;
    }),
  ]);
  if (endSignal.signal.aborted) process.stdout.write('\nEnded; everything is removed.\n');
  return status;
}

// The daemon and the captures would keep this process alive; they die with the tree.
const status = await main();
process.stdout.write('', () => process.exit(status));
