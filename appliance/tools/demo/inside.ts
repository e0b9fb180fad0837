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
import { steps } from './steps.ts';
import { failures, introduction, type Line, placeOf, thingsToTry } from './words.ts';

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

/** Rounds on a screen. */
class Show {
  readonly #screen: Screen;
  readonly #stages: readonly Stage[];
  readonly #options: Options;
  #rounds = 0;
  #failed: string | undefined;

  constructor(screen: Screen, stages: readonly Stage[], options: Options) {
    this.#screen = screen;
    this.#stages = stages;
    this.#options = options;
  }

  async round(): Promise<Row[]> {
    const lines = new Map<string, Line>();
    const keyOf = (stage: Stage, step: { readonly name: string }): string => `${stage.scene.name} ${step.name}`;
    for (const stage of this.#stages)
      for (const step of steps) lines.set(keyOf(stage, step), { scene: stage.scene, step });
    const breakage = this.#rounds === 0 ? this.#options.breakage : undefined;
    this.#rounds += 1;
    return runRound(this.#stages, {
      breakage,
      onBegin: (stage, step) => {
        lines.set(keyOf(stage, step), { scene: stage.scene, step, running: true });
        this.#screen.show([...lines.values()], this.#footer());
      },
      onEnd: (row) => {
        if (!row.verdict.ok) this.#failed = `${placeOf(row)}, round ${this.#rounds}`;
        const line = { scene: row.stage.scene, step: row.step, row };
        lines.set(keyOf(row.stage, row.step), line);
        this.#screen.ended(line);
        this.#screen.show([...lines.values()], this.#footer());
      },
    });
  }

  #footer(): string[] {
    if (this.#options.once) return [];
    const state = this.#failed === undefined ? 'all of it worked so far' : `last failure: ${this.#failed}`;
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
      const verdict = `All ${rows.length} steps worked, as seen at the far end.`;
      screen.say(failed.length > 0 ? [`${failed.length} of ${rows.length} steps failed.`] : ['', verdict]);
      if (failed.length === 0) screen.say(['', 'Live, with commands to look inside:  sudo npm start']);
      return failed.length > 0 ? 1 : 0;
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
