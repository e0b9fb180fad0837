/** What stands in the data path's maps: a hash of each, to prove that nothing has been written. */
import { createHash, type Hash } from 'node:crypto';
import { type MapDef, u32 } from '../../appliance/dataplane/codec.ts';
import type { DataPath } from '../../appliance/dataplane/datapath.ts';
import { coreState, maps, portBlock } from '../../appliance/dataplane/layout.gen.ts';
import { mapMemory, pageSize } from '../../appliance/dataplane/libbpf.ts';
import { BpfMap } from '../../appliance/dataplane/map.ts';

/** enum bpf_map_type, linux/bpf.h */
const TYPE = { array: 2, queue: 22, ringbuf: 27 } as const;

/** Maps in which a packet's own stages keep what they are about, one CPU at a time: nobody reads them behind a packet. */
export const SCRATCH: readonly string[] = [
  maps.sgPkt.name,
  maps.sgTrace.name,
  maps.sgDecision.name,
  maps.sgScratch.name,
  maps.sgEncap.name,
  maps.sgInner.name,
];
/** The kernel's timers, and where each of them has got to: they go on by themselves. */
export const SELF_MOVING: readonly string[] = [maps.sgSweep.name];

/**
 * Hashes by name of the map, the tables of ports among them. Of a ring its producer's position; of a queue its first
 * entry, which another one is when something has been taken out, or put into an empty one. Of sg_core the ticks of the
 * sweep are left out.
 * @param portTables descriptors
 */
export function snapshot(dataPath: DataPath, portTables: readonly number[]): ReadonlyMap<string, string> {
  const hashes = new Map<string, string>();
  for (const definition of Object.values(maps) as unknown as MapDef<unknown, unknown>[]) {
    const { name } = definition;
    if (!SCRATCH.includes(name) && !SELF_MOVING.includes(name)) hashes.set(name, hashOf(dataPath.map(definition)));
  }
  const shape = { keySize: 4, valueSize: portBlock.size, key: u32, value: portBlock };
  for (const [i, fd] of portTables.entries()) {
    const name = `sg_port_table ${i}`;
    hashes.set(name, hashOf(new BpfMap(fd, { name, type: TYPE.array, maxEntries: 0, flags: 0, ...shape })));
  }
  return hashes;
}

function hashOf(map: BpfMap<unknown, unknown>): string {
  const hash = createHash('sha1');
  if (map.info.type === TYPE.queue) return JSON.stringify(map.lookup(undefined) ?? 'empty');
  if (map.info.type === TYPE.ringbuf) {
    const page = mapMemory(map.fd, pageSize, pageSize, false);
    const position = new BigUint64Array(page.buffer, 0, 1)[0];
    page.unmap();
    return String(position);
  }
  for (const { keys, values, count } of map.scan()) addEntries(hash, map, keys, values, count);
  return hash.digest('hex');
}

/** The views have room for more than `count` entries. */
function addEntries(hash: Hash, map: BpfMap<unknown, unknown>, keys: DataView, values: DataView, count: number): void {
  const { keySize } = map.info;
  const valueSize = (values.byteLength * keySize) / keys.byteLength;
  const filled = new Uint8Array(values.buffer, 0, valueSize * count);
  hash.update(new Uint8Array(keys.buffer, 0, keySize * count));
  hash.update(map.name === maps.sgCore.name ? withoutTicks(filled) : filled);
}

/** Without what the sweep writes at each tick. */
function withoutTicks(core: Uint8Array): Uint8Array {
  const { heartbeat, tickKtime, tickJiffies } = coreState.offsets;
  const still = core.slice();
  for (const at of [heartbeat, tickKtime]) still.fill(0, at, at + 8);
  return still.fill(0, tickJiffies, tickJiffies + 4);
}
