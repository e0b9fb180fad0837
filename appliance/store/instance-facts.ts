import { join } from 'node:path';
import { Low } from 'lowdb';
import type { SixgateError } from '../model/errors.ts';
import { type Crashpoint, DurableFile, makeDirectoryDurably } from './durable-file.ts';

/** What an instance must not forget between two runs of its daemon. */
export interface InstanceFacts {
  /** Numbers that live sessions and counters hold, by name: `port.lan`, `nat64.instance.main`. */
  readonly ids: Readonly<Record<string, number>>;
  /** Addresses that the daemon has put on devices, `DEVICE ADDRESS/LENGTH`: only these are taken away again. */
  readonly addresses: readonly string[];
  /** Devices that the daemon has made (VLANs): only these are taken away again. */
  readonly devices: readonly string[];
  /** Destinations of the routes that the daemon has made: only these are taken away again. */
  readonly routes: readonly string[];
  /** Digest of the rules in force: the same rules are not put in force again. */
  readonly rules: string;
}

const nothing: InstanceFacts = { ids: {}, addresses: [], devices: [], routes: [], rules: '' };

function isFacts(value: unknown): value is InstanceFacts {
  const facts = value as InstanceFacts | null;
  return (
    typeof facts === 'object' &&
    facts !== null &&
    typeof facts.ids === 'object' &&
    Array.isArray(facts.addresses) &&
    Array.isArray(facts.devices) &&
    Array.isArray(facts.routes) &&
    typeof facts.rules === 'string'
  );
}

/** The facts in a durable file; a change is on the disk when `change` resolves. */
export class FactsFile {
  readonly #low: Low<InstanceFacts>;

  private constructor(low: Low<InstanceFacts>) {
    this.#low = low;
  }

  /** @throws SixgateError STORE_CORRUPT, STORE_UNREADABLE */
  static async open(
    directory: string,
    options: { readonly onNotice: (error: SixgateError) => void; readonly crashpoint?: Crashpoint },
  ): Promise<FactsFile> {
    await makeDirectoryDurably(directory);
    const low = new Low<InstanceFacts>(new DurableFile(join(directory, 'facts.json'), isFacts, options), nothing);
    await low.read();
    return new FactsFile(low);
  }

  get current(): InstanceFacts {
    return this.#low.data;
  }

  /** Writes only when something differs. */
  async change(part: Partial<InstanceFacts>): Promise<void> {
    const next = { ...this.#low.data, ...part };
    if (JSON.stringify(next) === JSON.stringify(this.#low.data)) return;
    this.#low.data = next;
    await this.#low.write();
  }
}
