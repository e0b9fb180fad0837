import { randomBytes } from 'node:crypto';
import { link, mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import type { Adapter } from 'lowdb';
import { SixgateError } from '../model/errors.ts';

/**
 * Places where a fault can be injected: a test throws there, or ends the process. `name` is the base name of the file
 * and the step: `state.json:after-write`.
 */
export type Crashpoint = (name: string) => void;

export interface DurableOptions {
  /** Mode of the file; secrets and state are nobody else's. */
  readonly mode?: number;
  /** Keep the content before this write as `PATH.bak`. */
  readonly backup?: boolean;
  readonly crashpoint?: Crashpoint;
}

/**
 * Replaces a file so that after a crash, a power cut or a full disk either the old or the new content is there, whole:
 * a file beside it, fdatasync, rename, fsync of the directory.
 * @throws the file system's error; the old content then stays
 */
export async function writeDurably(
  path: string,
  content: string | Uint8Array,
  options: DurableOptions = {},
): Promise<void> {
  const { mode = 0o600, backup = false, crashpoint = () => undefined } = options;
  const name = basename(path);
  const temporary = `${path}.${process.pid}.${randomBytes(4).toString('hex')}.tmp`;
  try {
    const file = await open(temporary, 'wx', mode);
    try {
      await file.writeFile(content);
      await file.datasync();
    } finally {
      await file.close();
    }
    crashpoint(`${name}:after-write`);
    if (backup) await keepBackup(path, `${temporary}.bak`);
    crashpoint(`${name}:after-backup`);
    await rename(temporary, path);
  } catch (error) {
    await Promise.all(
      [temporary, `${temporary}.bak`].map((leftover) => rm(leftover, { force: true }).catch(() => undefined)),
    );
    throw error;
  }
  crashpoint(`${name}:after-rename`);
  await syncDirectory(dirname(path));
  crashpoint(`${name}:after-sync`);
}

/** A second name for the present content: `path` itself is never missing. */
async function keepBackup(path: string, temporary: string): Promise<void> {
  try {
    await link(path, temporary);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  await rename(temporary, `${path}.bak`);
}

async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

export interface DurableFileOptions {
  readonly crashpoint?: Crashpoint;
  /** Gets a sentence when the file was not good and its backup is used: whoever runs the gateway must see it. */
  readonly onNotice: (error: SixgateError) => void;
}

/**
 * A small JSON document on disk: lowdb's adapter, but durable, mode 0600, with one backup.
 * Not for what grows or is written often: a write costs some milliseconds.
 */
export class DurableFile<T> implements Adapter<T> {
  readonly path: string;
  readonly #isValid: (value: unknown) => value is T;
  readonly #options: DurableFileOptions;
  #last: Promise<unknown> = Promise.resolve();
  /** A damaged file must not become the backup. */
  #worthKeeping = true;

  /** @param isValid tells the shape; content of another shape is as bad as no JSON */
  constructor(path: string, isValid: (value: unknown) => value is T, options: DurableFileOptions) {
    this.path = path;
    this.#isValid = isValid;
    this.#options = options;
  }

  /**
   * The content, or null if there never was any. Falls back to the backup, and says so.
   * @throws SixgateError STORE_CORRUPT if neither is good, STORE_UNREADABLE if the disk refuses
   */
  async read(): Promise<T | null> {
    const main = await this.#readOne(this.path);
    this.#worthKeeping = main.fault === undefined;
    if (main.value !== undefined) return main.value;
    const backup = await this.#readOne(`${this.path}.bak`);
    if (main.fault === undefined && backup.value === undefined && backup.fault === undefined) return null;
    const fault = main.fault ?? 'is gone';
    if (backup.value !== undefined) {
      const hint = 'The last change may be lost; compare it with what you last applied';
      this.#options.onNotice(
        new SixgateError('STORE_BACKUP_USED', `${this.path} ${fault}; its backup is used`, { hint }),
      );
      return backup.value;
    }
    const hint = `Move ${this.path} and ${this.path}.bak away to start without what they held`;
    throw new SixgateError('STORE_CORRUPT', `${this.path} ${fault}, and so is its backup`, { hint });
  }

  async #readOne(path: string): Promise<{ value?: T; fault?: string }> {
    let text: string;
    try {
      text = await readFile(path, 'utf8');
    } catch (cause) {
      const { code, message } = cause as NodeJS.ErrnoException;
      if (code === 'ENOENT') return {};
      throw new SixgateError('STORE_UNREADABLE', `${path} cannot be read: ${message}`, { cause });
    }
    try {
      const value: unknown = JSON.parse(text);
      return this.#isValid(value) ? { value } : { fault: 'has not the form that it should have' };
    } catch {
      return { fault: text === '' ? 'is empty' : 'is damaged' };
    }
  }

  /** Replaces the content; writes of one object follow one another in the order of the calls. */
  write(data: T): Promise<void> {
    const { crashpoint } = this.#options;
    const content = `${JSON.stringify(data)}\n`;
    const turn = this.#last.then(async () => {
      await writeDurably(this.path, content, {
        backup: this.#worthKeeping,
        ...(crashpoint === undefined ? {} : { crashpoint }),
      });
      this.#worthKeeping = true;
    });
    this.#last = turn.catch(() => undefined);
    return turn;
  }
}

/** Makes a directory that only its owner may look into, and its parents; after a power cut all of them are there. */
export async function makeDirectoryDurably(path: string): Promise<void> {
  const first = await mkdir(path, { recursive: true, mode: 0o700 });
  if (first === undefined) return;
  const top = dirname(first);
  for (let parent = dirname(path); parent.length >= top.length; parent = dirname(parent)) {
    await syncDirectory(parent);
    if (parent === top) break;
  }
}
