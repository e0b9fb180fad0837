import { readdir, readFile, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { Low } from 'lowdb';
import { SixgateError } from '../model/errors.ts';
import { type Crashpoint, DurableFile, makeDirectoryDurably, writeDurably } from '../store/durable-file.ts';
import { hashOf } from './load.ts';

/** What the history says about one revision. */
export interface RevisionInfo {
  readonly number: number;
  /** When it was stored, ISO 8601. */
  readonly at: string;
  /** Who gave it. */
  readonly by?: string;
  readonly file?: string;
  /** SHA-256 of `canonical`, in hex. */
  readonly hash: string;
}

/** A document as it was given, and as it was understood. */
export interface Revision extends RevisionInfo {
  readonly text: string;
  /** JSON with sorted keys; the daemon starts from this, without reading YAML. */
  readonly canonical: string;
}

/** What `store` takes: of `LoadedConfig` all but `config`. */
export interface NewRevision {
  readonly text: string;
  readonly canonical: string;
  readonly file?: string;
  readonly by?: string;
}

/** The one pointer into the history; 0 is no revision. */
export interface RevisionPointer {
  readonly active: number;
  readonly previous: number;
}

export interface RevisionsOptions {
  /** Gets a sentence when something was damaged and something older is used instead. */
  readonly onNotice: (error: SixgateError) => void;
  readonly now: () => Date;
  readonly crashpoint?: Crashpoint;
  /** Revisions to keep; the active and the previous one are always kept. */
  readonly keep?: number;
}

const FILE_NAME = /^r([1-9]\d{0,8})\.json$/;

/**
 * The history of configurations: one file a revision, and `state.json`, which says which one is active.
 * `store` writes a document before it is applied, `activate` moves the pointer when it has been: a crash at any moment
 * leaves a gateway that starts with one of the two, whole.
 */
export class Revisions {
  readonly #directory: string;
  readonly #options: RevisionsOptions;
  readonly #state: Low<RevisionPointer>;
  #numbers: number[] = [];

  private constructor(directory: string, options: RevisionsOptions) {
    this.#directory = directory;
    this.#options = options;
    this.#state = new Low(new DurableFile(join(directory, 'state.json'), isPointer, options), {
      active: 0,
      previous: 0,
    });
  }

  /**
   * Opens the history below `directory`, which is made if it is not there.
   * @throws SixgateError STORE_CORRUPT, STORE_UNREADABLE
   */
  static async open(directory: string, options: RevisionsOptions): Promise<Revisions> {
    const revisions = new Revisions(resolve(directory), options);
    await makeDirectoryDurably(revisions.#directory);
    await revisions.#state.read();
    const names = await readdir(revisions.#directory);
    const leftovers = names.filter((name) => /\.tmp(\.bak)?$/.test(name));
    await Promise.all(leftovers.map((name) => rm(join(revisions.#directory, name), { force: true })));
    revisions.#numbers = names.map((name) => Number(FILE_NAME.exec(name)?.[1] ?? 0)).filter((number) => number > 0);
    revisions.#numbers.sort((a, b) => a - b);
    return revisions;
  }

  /** Which revision is active, and which one was before it. */
  get pointer(): RevisionPointer {
    return { ...this.#state.data };
  }

  /** Numbers of all revisions that are kept, oldest first. */
  get numbers(): readonly number[] {
    return this.#numbers;
  }

  /** Writes a new revision, durably; it is not active yet. */
  async store(document: NewRevision): Promise<Revision> {
    const { active, previous } = this.#state.data;
    const number = Math.max(this.#numbers.at(-1) ?? 0, active, previous) + 1;
    const revision: Revision = {
      number,
      at: this.#options.now().toISOString(),
      ...(document.by === undefined ? {} : { by: document.by }),
      ...(document.file === undefined ? {} : { file: document.file }),
      hash: hashOf(document.canonical),
      text: document.text,
      canonical: document.canonical,
    };
    const { crashpoint } = this.#options;
    await writeDurably(
      this.#path(number),
      `${JSON.stringify(revision)}\n`,
      crashpoint === undefined ? {} : { crashpoint },
    );
    this.#numbers.push(number);
    crashpoint?.('after-history-write');
    return revision;
  }

  /** Makes a stored revision the one that a start begins with. Activating the active one again changes nothing. */
  async activate(number: number): Promise<void> {
    if (!this.#numbers.includes(number)) throw unknown(number);
    const { active } = this.#state.data;
    if (active === number) return;
    const before = this.#state.data;
    this.#state.data = { active: number, previous: active };
    try {
      await this.#state.write();
    } catch (error) {
      this.#state.data = before;
      throw error;
    }
    this.#options.crashpoint?.('after-activate');
    await this.#prune();
  }

  /**
   * One revision.
   * @throws SixgateError REVISION_UNKNOWN, REVISION_CORRUPT
   */
  async read(number: number): Promise<Revision> {
    let text: string;
    try {
      text = await readFile(this.#path(number), 'utf8');
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code === 'ENOENT') throw unknown(number);
      throw new SixgateError('STORE_UNREADABLE', `Revision r${number} cannot be read: ${(cause as Error).message}`, {
        cause,
      });
    }
    const revision = parseRevision(text);
    if (revision?.number !== number) {
      const hint = `Look at ${this.#path(number)}, or apply the document again`;
      throw new SixgateError('REVISION_CORRUPT', `Revision r${number} is damaged`, { hint });
    }
    return revision;
  }

  /**
   * The active revision, or undefined if nothing was ever applied. If it is damaged, the previous one, and says so.
   * @throws SixgateError if neither can be read
   */
  async readActive(): Promise<Revision | undefined> {
    const { active, previous } = this.#state.data;
    if (active === 0) return undefined;
    try {
      return await this.read(active);
    } catch (error) {
      if (previous === 0 || !(error instanceof SixgateError)) throw error;
      const revision = await this.read(previous);
      const sentence = `${error.message}; the previous revision r${previous} is used`;
      this.#options.onNotice(new SixgateError('REVISION_FALLBACK', sentence, { hint: 'Apply the document again' }));
      return revision;
    }
  }

  /** The newest revisions first, without their documents; damaged ones are left out. */
  async list(limit = 20): Promise<RevisionInfo[]> {
    const numbers = this.#numbers.slice(-limit).reverse();
    const revisions = await Promise.all(numbers.map((number) => this.read(number).catch(() => undefined)));
    return revisions
      .filter((revision) => revision !== undefined)
      .map(({ text: _text, canonical: _canonical, ...info }) => info);
  }

  async #prune(): Promise<void> {
    const { active, previous } = this.#state.data;
    const old = this.#numbers
      .slice(0, -(this.#options.keep ?? 100))
      .filter((number) => number !== active && number !== previous);
    this.#numbers = this.#numbers.filter((number) => !old.includes(number));
    await Promise.all(old.map((number) => rm(this.#path(number), { force: true })));
  }

  #path(number: number): string {
    return join(this.#directory, `r${number}.json`);
  }
}

function isPointer(value: unknown): value is RevisionPointer {
  const { active, previous } = (value ?? {}) as Partial<RevisionPointer>;
  const isNumber = (number: unknown): boolean => Number.isSafeInteger(number) && (number as number) >= 0;
  return isNumber(active) && isNumber(previous);
}

function parseRevision(text: string): Revision | undefined {
  try {
    const revision = JSON.parse(text) as Revision;
    const whole = typeof revision.text === 'string' && hashOf(revision.canonical) === revision.hash;
    return whole ? revision : undefined;
  } catch {
    return undefined;
  }
}

function unknown(number: number): SixgateError {
  return new SixgateError('REVISION_UNKNOWN', `There is no revision r${number}`, {
    hint: 'sixgate history lists them',
  });
}
