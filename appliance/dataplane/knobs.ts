import type { ClockProbe } from './clock.ts';
import { knobs as codec, type Knobs as KnobValues } from './layout.gen.ts';
import type { Mapping } from './libbpf.ts';
import type { BpfMap } from './map.ts';

/**
 * The settings that every packet reads, as shared memory. The rules word (epoch and set) is changed by one store of
 * eight bytes: no packet sees the one without the other.
 */
export class Knobs {
  readonly #mapping: Mapping;
  readonly #view: DataView;
  readonly #rules: BigUint64Array;

  constructor(map: BpfMap<number, KnobValues>) {
    this.#mapping = map.memory(true);
    this.#view = new DataView(this.#mapping.buffer, 0, codec.size);
    this.#rules = new BigUint64Array(this.#mapping.buffer, 0, 1);
  }

  get current(): KnobValues {
    return codec.decode(this.#view);
  }

  /** The rules in force. */
  get rules(): { readonly set: 0 | 1; readonly epoch: number } {
    const word = this.#rules[0] ?? 0n;
    return { set: word & 1n ? 1 : 0, epoch: Number(word >> 1n) };
  }

  /** Changes some; the rules word only by `setRules`. */
  change(part: Partial<Omit<KnobValues, 'rules'>>): void {
    codec.encode(this.#view, { ...this.current, ...part });
  }

  /** Puts a set in force under the next epoch. Epochs have 32 bits in a session; 0 is no epoch. */
  setRules(set: 0 | 1): void {
    const epoch = ((this.rules.epoch + 1) & 0xffffffff) >>> 0 || 1;
    Atomics.store(this.#rules, 0, (BigInt(epoch) << 1n) | BigInt(set));
  }

  /** Finds out how many jiffies a second has: BPF cannot ask, and all times in the data path are jiffies. */
  measureClock(clock: ClockProbe): void {
    this.change({ hz: clock.jiffiesASecond() });
  }

  close(): void {
    this.#mapping.unmap();
  }
}
