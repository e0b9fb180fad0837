import type { DataPath } from '../dataplane/datapath.ts';
import { constants, maps, type PortCount } from '../dataplane/layout.gen.ts';
import { dropReasons } from '../model/vocab.gen.ts';

/** What the data path has counted for one port. 64-bit counters stay below 2^53 for centuries. */
export interface PortCounters {
  readonly received: number;
  readonly forwarded: number;
  readonly passed: number;
  readonly answered: number;
  readonly sent: number;
  readonly originated: number;
  /** By name of the reason; only those that happened. */
  readonly dropped: Readonly<Record<string, number>>;
}

type Counted = { -readonly [K in keyof PortCount]: number };

/** The counters of every port by its number. They are read one after the other: under traffic no snapshot. */
export function readPorts(dataPath: DataPath, numbers: readonly number[]): Map<number, PortCounters> {
  const drops = readDrops(dataPath);
  return new Map(
    numbers.map((number) => {
      const { received, forwarded, passed, answered, sent, originated } = sumOf(dataPath, number);
      return [
        number,
        { received, forwarded, passed, answered, sent, originated, dropped: drops.get(number) ?? {} },
      ] as const;
    }),
  );
}

function sumOf(dataPath: DataPath, number: number): Counted {
  const sum: Counted = {
    received: 0,
    forwarded: 0,
    passed: 0,
    answered: 0,
    dropped: 0,
    doored: 0,
    sent: 0,
    originated: 0,
  };
  for (const cpu of dataPath.map(maps.sgCount).lookupAll(number)) {
    for (const name of Object.keys(sum) as (keyof PortCount)[]) sum[name] += Number(cpu[name]);
  }
  return sum;
}

/** Drops by port number, then by reason. */
function readDrops(dataPath: DataPath): Map<number, Record<string, number>> {
  const map = dataPath.map(maps.sgDrops);
  const found = new Map<number, Record<string, number>>();
  for (const { keys, values, count } of map.scan()) {
    const stride = values.byteLength / (keys.byteLength / 4);
    for (let i = 0; i < count; i += 1) {
      let sum = 0;
      for (let cpu = 0; cpu < stride; cpu += 8) sum += Number(values.getBigUint64(i * stride + cpu, true));
      if (sum === 0) continue;
      const key = keys.getUint32(i * 4, true);
      const port = Math.floor(key / constants.REASON_SLOTS);
      const reasons = found.get(port) ?? {};
      const reason = key % constants.REASON_SLOTS;
      reasons[dropReasons[reason]?.name ?? `reason_${reason}`] = sum;
      found.set(port, reasons);
    }
  }
  return found;
}
