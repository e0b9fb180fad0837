/** Pins of one instance: what keeps maps, programs and links alive without a daemon. */
import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';

export type PinKind = 'maps' | 'progs' | 'links';
const KINDS: readonly PinKind[] = ['maps', 'progs', 'links'];

/** Layout: `DIRECTORY/{maps,progs,links}/NAME`, on a bpffs, where a dot is no letter of a name: `~` stands for it. */
export class Pins {
  readonly #directory: string;

  /** @param directory of this instance, on a mounted bpffs */
  constructor(directory: string) {
    this.#directory = directory;
  }

  create(): void {
    for (const kind of KINDS) mkdirSync(join(this.#directory, kind), { recursive: true });
  }

  path(kind: PinKind, name: string): string {
    return join(this.#directory, kind, name.replaceAll('.', '~'));
  }

  names(kind: PinKind): string[] {
    try {
      return readdirSync(join(this.#directory, kind)).map((name) => name.replaceAll('~', '.'));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
      throw error;
    }
  }

  remove(kind: PinKind, name: string): void {
    rmSync(this.path(kind, name), { force: true });
  }

  /** Lets go of everything: what nothing else holds dies. */
  removeAll(): void {
    rmSync(this.#directory, { recursive: true, force: true });
  }
}
