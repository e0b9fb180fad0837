/**
 * The data path of one instance in the kernel: adopted if it stands there, loaded if not. It outlives the process;
 * only `remove` ends it.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { ClockProbe } from './clock.ts';
import type { MapDef } from './codec.ts';
import { DoorLinks } from './door-links.ts';
import { Knobs } from './knobs.ts';
import { constants, layoutHash, maps, portBlock } from './layout.gen.ts';
import { close, pin, pinned } from './libbpf.ts';
import { BpfLink } from './link.ts';
import { BpfMap, createMap } from './map.ts';
import { BpfObject, BpfProgram } from './object.ts';
import type { Pins } from './pins.ts';
import { PortLinks } from './port-links.ts';

export interface DataPathOptions {
  /** The compiled object, build/sixgate.bpf.o. */
  readonly objectFile: string;
  readonly pins: Pins;
  /** Sessions that the maps are made for; an adopted data path keeps its size. */
  readonly sessions: number;
  /** Where the verifier's log goes if it refuses. */
  readonly logFile: string;
}

/** `loaded`: nothing was there. `adopted`: everything goes on untouched. `upgraded`: new programs on the same maps. */
export type Origin = 'loaded' | 'adopted' | 'upgraded';

/** Maps whose contents belong to one generation of programs. */
const OWN_OF_PROGRAMS = new Set(['sg_sweep']);
const PROGRAMS = [
  'gateway',
  'door',
  'door_far',
  'redirect_err',
  'devmap_xmit',
  'sweep_start',
  'clock_read',
  'trace',
] as const;
export type ProgramName = (typeof PROGRAMS)[number];

const BPF_MAP_TYPE_ARRAY = 2;
/** Three protocols, each with 1,024 blocks of 64 ports and a summary (bpf/layout/port_table.h). */
const PORT_TABLE_BLOCKS = 3 * constants.BLOCKS_A_PROTO;

function sizes(sessions: number): Map<string, number> {
  const perSession = ['sg_sess', 'sg_sess_free', 'sg_bib', 'sg_bib_in', 'sg_bib_free', 'sg_index4', 'sg_index6'];
  return new Map(perSession.map((name) => [name, sessions + 1]));
}

function digest(bytes: Uint8Array): Uint8Array {
  return createHash('sha256').update(bytes).digest();
}

export class DataPath {
  readonly origin: Origin;
  readonly knobs: Knobs;
  readonly ports: PortLinks;
  readonly door: DoorLinks;
  readonly clock: ClockProbe;
  readonly #programs: ReadonlyMap<string, BpfProgram>;
  readonly #mapFds: ReadonlyMap<string, number>;
  readonly #open = new Map<string, BpfMap<unknown, unknown>>();

  private constructor(
    origin: Origin,
    pins: Pins,
    programs: ReadonlyMap<string, BpfProgram>,
    mapFds: ReadonlyMap<string, number>,
  ) {
    this.origin = origin;
    this.#programs = programs;
    this.#mapFds = mapFds;
    this.knobs = new Knobs(this.map(maps.sgKnobs));
    this.clock = new ClockProbe(this.program('clock_read'));
    this.ports = new PortLinks(pins, this.program('gateway'));
    this.door = new DoorLinks(pins, this.program('door'), this.program('door_far'));
  }

  /**
   * Adopts what is pinned, or loads anew. A data path whose map layout differs is replaced: its sessions end.
   * @throws VerifierError, BpfError
   */
  static open(options: DataPathOptions): DataPath {
    const { pins, objectFile } = options;
    pins.create();
    const object = digest(readFileSync(objectFile));
    const identity = pinnedIdentity(pins);
    if (identity !== undefined && identity.layout !== layoutHash) {
      pins.removeAll();
      pins.create();
    } else if (identity?.object === Buffer.from(object).toString('hex')) {
      const adopted = adopt(pins);
      if (adopted !== undefined) return new DataPath('adopted', pins, adopted.programs, adopted.mapFds);
    }
    return load(options, object);
  }

  /** For `load`, which is a function of its own. */
  static of(origin: Origin, pins: Pins, programs: ReadonlyMap<string, BpfProgram>, fds: ReadonlyMap<string, number>) {
    return new DataPath(origin, pins, programs, fds);
  }

  program(name: ProgramName): BpfProgram {
    const program = this.#programs.get(name);
    if (program === undefined) throw new RangeError(`no program ${name}`);
    return program;
  }

  /** The map of a definition in layout.gen.ts; opened once. */
  map<K, V>(definition: MapDef<K, V>): BpfMap<K, V> {
    const known = this.#open.get(definition.name);
    if (known !== undefined) return known as BpfMap<K, V>;
    const fd = this.#mapFds.get(definition.name);
    if (fd === undefined) throw new RangeError(`no map ${definition.name}`);
    const map = new BpfMap(fd, definition);
    this.#open.set(definition.name, map as BpfMap<unknown, unknown>);
    return map;
  }

  /** Sees to it that the pool address with this number has a port table. */
  ensurePortTable(number: number): void {
    const outer = this.map(maps.sgPortsOf);
    if (outer.lookup(number) !== undefined) return;
    const shape = { name: 'sg_port_table', keySize: 4, valueSize: portBlock.size, maxEntries: PORT_TABLE_BLOCKS };
    const fd = createMap({ type: BPF_MAP_TYPE_ARRAY, ...shape });
    outer.update(number, fd);
    close(fd);
  }

  /** Starts the sweep, or the sweep of new programs; one that is under way goes on. */
  startSweep(): void {
    const { retval } = this.program('sweep_start').run({ context: new Uint8Array(16) });
    if (retval !== 0) throw new Error(`the sweep cannot be started: errno ${-retval}`);
  }

  /** Gives back what the process holds; forwarding goes on. */
  close(): void {
    this.knobs.close();
    for (const program of this.#programs.values()) program.close();
  }
}

function pinnedIdentity(pins: Pins): { layout: string; object: string } | undefined {
  const fd = pinned(pins.path('maps', 'sg_meta'));
  if (fd === undefined) return undefined;
  const meta = new BpfMap(fd, maps.sgMeta);
  const value = meta.lookup(0);
  meta.close();
  if (value === undefined) return undefined;
  return { layout: Buffer.from(value.layout).toString('hex'), object: Buffer.from(value.object).toString('hex') };
}

function adopt(pins: Pins): { programs: Map<string, BpfProgram>; mapFds: Map<string, number> } | undefined {
  const programs = new Map<string, BpfProgram>();
  for (const name of PROGRAMS) {
    const program = BpfProgram.fromPin(pins.path('progs', name), name);
    if (program === undefined) return undefined; // a load that did not come to its end
    programs.set(name, program);
  }
  const mapFds = new Map(pins.names('maps').map((name) => [name, pinned(pins.path('maps', name)) as number]));
  return { programs, mapFds };
}

function load({ objectFile, pins, sessions, logFile }: DataPathOptions, identity: Uint8Array): DataPath {
  const reuse = new Map<string, number>();
  for (const name of pins.names('maps')) {
    if (!OWN_OF_PROGRAMS.has(name)) reuse.set(name, pinned(pins.path('maps', name)) as number);
  }
  const origin = reuse.size > 0 ? 'upgraded' : 'loaded';
  const object = BpfObject.load(objectFile, { reuse, maxEntries: sizes(sessions), logFile });
  for (const [name, fd] of object.mapFds) {
    if (reuse.has(name) || name.startsWith('.')) continue;
    pins.remove('maps', name);
    pin(fd, pins.path('maps', name));
  }
  for (const [name, program] of object.programs) {
    pins.remove('progs', name);
    program.pin(pins.path('progs', name));
  }
  const dataPath = DataPath.of(origin, pins, object.programs, object.mapFds);
  dataPath.knobs.measureClock(dataPath.clock);
  dataPath.ports.updateAll();
  dataPath.door.update();
  traceFailures(pins, object);
  dataPath.startSweep();
  // Last: a load that is cut short is not adopted.
  dataPath.map(maps.sgMeta).update(0, { layout: Buffer.from(layoutHash, 'hex'), object: identity });
  return dataPath;
}

/** The tracepoint programs, attached as long as their links are pinned. */
function traceFailures(pins: Pins, object: BpfObject): void {
  for (const name of ['redirect_err', 'devmap_xmit'] as const) {
    pins.remove('links', name);
    const link = BpfLink.tracepoint(object.program(name).fd, name);
    link.pin(pins.path('links', name));
    link.close();
  }
}
