/** What stands behind a redirect in a packet test: adjacencies, the door's shim, held fragments; and state by hand. */
import type { MapDef } from '../../appliance/dataplane/codec.ts';
import type { DataPath } from '../../appliance/dataplane/datapath.ts';
import {
  constants,
  DoorOp,
  maps,
  type Pkt,
  portBlock,
  shim as shimCodec,
} from '../../appliance/dataplane/layout.gen.ts';
import { close, mapUpdate, possibleCpus } from '../../appliance/dataplane/libbpf.ts';
import { createMap } from '../../appliance/dataplane/map.ts';
import type { PacketResult } from './packet.ts';

const ETHERNET = 14;
/** enum bpf_map_type, linux/bpf.h. */
const ARRAY = 2;
const PER_CPU_ARRAY = 6;
/** linux/pkt_cls.h */
const TC_ACT_REDIRECT = 7;
/** TCP, UDP and ICMP have ports of their own (bpf/layout/port_table.h). */
const PROTOCOLS = 3;

interface ArrayDefinition {
  readonly name: string;
  readonly type: number;
  readonly valueSize: number;
}

export class Door {
  readonly #dataPath: DataPath;
  readonly #cpus = possibleCpus();
  /** Descriptors of the port tables by number. */
  readonly #tables = new Map<number, number>();
  /** Frames that have been through the door's own program, which counts them as forwarded or dropped. */
  through = 0;

  constructor(dataPath: DataPath) {
    this.#dataPath = dataPath;
  }

  /**
   * The frames that leave when the program has redirected this one.
   *
   * @param nameOf name of a port by its number
   */
  leaving(frame: Uint8Array, pkt: Pkt, nameOf: (number: number) => string): PacketResult[] {
    const port = nameOf(pkt.outPort);
    if (frame[ETHERNET] !== constants.SHIM_MAGIC) return [{ action: 'redirect', port, frame }];
    const shim = shimCodec.decode(new DataView(frame.buffer, frame.byteOffset + ETHERNET));
    const known = (shim.ops & DoorOp.DOOR_SEND) !== 0;
    const by = (mtu: number): string =>
      [port, ...(known ? [] : ['neighbour']), ...(mtu === 0 ? [] : [`cut-${mtu}`])].join('/');
    const type = frame.subarray(12, 14);
    const head = this.#ethernet(known ? shim.adj : 0, type);
    const encapsulates = (shim.ops & DoorOp.DOOR_ENCAP) !== 0;
    const rest = encapsulates && shim.mtu === 0 ? this.#throughDoor(frame) : frame.subarray(ETHERNET + shimCodec.size);
    const leaving: PacketResult[] = [{ action: 'redirect', port: by(shim.mtu), frame: join(head, rest) }];
    if ((shim.ops & DoorOp.DOOR_RELEASE) !== 0) {
      const held = this.#held(shim.parked);
      leaving.push({ action: 'redirect', port: by(held.mtu), frame: join(head, held.bytes) });
    }
    return leaving;
  }

  /**
   * Unsets what sessions, BIB entries, ports and the budget of ICMP errors are known by.
   *
   * @param used numbers that sessions and BIB entries have at most
   * @param fragments whether there have been any: their tables take longest
   */
  forget(used: number, fragments: boolean): void {
    for (let number = 1; number <= used; number += 1) {
      this.#fill(maps.sgSess, number, 0);
      this.#fill(maps.sgBib, number, 0);
    }
    if (fragments) {
      for (let place = 0; place < constants.MAX_FRAGS; place += 1) this.#fill(maps.sgFrag, place, 0);
      for (let place = 0; place < constants.PARKS; place += 1) this.#fill(maps.sgPark, place, 0);
    }
    for (let key = 0; key < maps.sgIcmpRate.maxEntries; key += 1) this.#fill(maps.sgIcmpRate, key, 0);
    this.#freePorts();
  }

  /** Fills the packet under way of every CPU with a byte. */
  poison(byte: number): void {
    this.#fill(maps.sgPkt, 0, byte);
  }

  #fill(definition: ArrayDefinition, key: number, byte: number): void {
    const copies = definition.type === PER_CPU_ARRAY ? this.#cpus : 1;
    const valueSize = copies === 1 ? definition.valueSize : ((definition.valueSize + 7) & ~7) * copies;
    const { fd } = this.#dataPath.map(definition as MapDef<number, unknown>);
    const value = new Uint8Array(valueSize).fill(byte);
    mapUpdate({ fd, name: definition.name, keySize: 4, valueSize }, keyOf(key), value, 0);
  }

  /**
   * Makes the port tables itself, in place of the daemon's code: it keeps a descriptor to empty them by. Waiting for
   * the kernel to exchange them each time would take long.
   */
  makeTables(numbers: Iterable<number>): void {
    for (const number of numbers) {
      if (this.#tables.has(number)) continue;
      const shape = { type: ARRAY, name: 'sg_port_table', keySize: 4, valueSize: portBlock.size };
      const fd = createMap({ ...shape, maxEntries: PROTOCOLS * constants.BLOCKS_A_PROTO });
      this.#dataPath.map(maps.sgPortsOf).update(number, fd);
      this.#tables.set(number, fd);
    }
  }

  /** Descriptors of the tables that it has made. */
  get portTables(): readonly number[] {
    return [...this.#tables.values()];
  }

  close(): void {
    for (const fd of this.#tables.values()) close(fd);
  }

  #freePorts(): void {
    const block = { name: 'sg_port_table', keySize: 4, valueSize: portBlock.size };
    const zeros = new Uint8Array(portBlock.size);
    for (const [, { number, portMin, portMax }] of this.#dataPath.map(maps.sgPool).entries()) {
      const fd = this.#tables.get(number);
      if (fd === undefined || portMax === 0) continue;
      for (let row = 0; row < PROTOCOLS; row += 1) {
        const base = row * constants.BLOCKS_A_PROTO;
        const blocks: number[] = [constants.SUMMARY_BLOCK];
        for (let at = portMin >> 6; at <= portMax >> 6; at += 1) blocks.push(at);
        for (const at of blocks) mapUpdate({ ...block, fd }, keyOf(base + at), zeros, 0);
      }
    }
  }

  /** What the door's own program makes of a frame that it encapsulates, without its Ethernet header. */
  #throughDoor(frame: Uint8Array): Uint8Array {
    const { retval, data } = this.#dataPath.program('door').run({ data: frame });
    this.through += 1;
    if (retval !== TC_ACT_REDIRECT) throw new Error(`the door returned ${retval}`);
    return data.slice(ETHERNET);
  }

  #ethernet(number: number, type: Uint8Array): Uint8Array {
    const adjacency = this.#dataPath.map(maps.sgAdj).lookup(number);
    const tag = adjacency?.vlan ? [0x81, 0, adjacency.vlan >> 8, adjacency.vlan & 255] : [];
    return Uint8Array.from([...(adjacency?.dmac ?? []), ...(adjacency?.smac ?? []), ...tag, ...type]);
  }

  #held(place: number): { bytes: Uint8Array; mtu: number } {
    const fragment = this.#dataPath.map(maps.sgFrag).lookup(place);
    const park = this.#dataPath.map(maps.sgPark).lookup(place % constants.PARKS);
    if (fragment === undefined || park === undefined) throw new Error(`no fragment is held at ${place}`);
    return { bytes: Uint8Array.from(park.bytes.slice(0, fragment.parkedLen)), mtu: fragment.fragMtu };
  }
}

function keyOf(number: number): Uint8Array {
  return new Uint8Array(Uint32Array.of(number).buffer);
}

function join(...parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}
