/**
 * The real data path for packet tests: the compiled object, loaded and configured by the daemon's own code into the
 * namespaces of the test file, and frames put through it one by one with BPF_PROG_TEST_RUN. Nothing is really sent:
 * `run` reads what the program has left behind and says what would leave, by which port.
 *
 * A frame that leaves by the door is shown as the door would send it: without its shim, behind the Ethernet header of
 * its adjacency. Where the door has more to do, the port's name says so: `uplink/cut-1280` (to be cut into pieces of
 * at most 1280 bytes), `uplink/neighbour` (the kernel asks for the neighbour first; the MAC addresses are zeros). What
 * the door encapsulates whole is shown as its own program has done it; pieces are shown before.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Rtnetlink } from 'netlink-ts';
import { planConfig } from '../../appliance/config/check.ts';
import { ConfigLoader } from '../../appliance/config/load.ts';
import type { DesiredState } from '../../appliance/contract/desired.ts';
import { DocumentMirror } from '../../appliance/daemon/mirror.ts';
import { observe } from '../../appliance/daemon/observe.ts';
import { rulesStep } from '../../appliance/daemon/rules-step.ts';
import { DataPath } from '../../appliance/dataplane/datapath.ts';
import { constants, maps, type Pkt, Tier } from '../../appliance/dataplane/layout.gen.ts';
import type { BpfProgram } from '../../appliance/dataplane/object.ts';
import { Pins } from '../../appliance/dataplane/pins.ts';
import { Poller } from '../../appliance/dataplane/poller.ts';
import { features, featuresModule } from '../../appliance/features/index.ts';
import { doorStep } from '../../appliance/features/interfaces/door.ts';
import { linksStep } from '../../appliance/features/interfaces/links.ts';
import { portNumbers, portsStep } from '../../appliance/features/interfaces/ports.ts';
import type { Nat64Desired } from '../../appliance/features/nat64/plan.ts';
import { routesStep } from '../../appliance/features/routes/apply.ts';
import { dropReasons } from '../../appliance/model/vocab.gen.ts';
import { FactsFile } from '../../appliance/store/instance-facts.ts';
import { type PortCounters, readPorts } from '../../appliance/telemetry/counters.ts';
import { Door } from './datapath-door.ts';
import type { GoldenCase, PacketResult, PacketRunner } from './packet.ts';
import { seen } from './report.ts';
import { atEnd } from './scope.ts';
import { assert } from './suite.ts';

const repository = resolve(dirname(fileURLToPath(import.meta.url)), '../../..');

/** A device to be made: one end of a veth pair, whose other end lies idle beside it. */
export interface Device {
  readonly name: string;
  readonly mac: string;
  readonly mtu?: number;
  /** Who is known on the link: address → MAC. */
  readonly neighbours?: Readonly<Record<string, string>>;
}

/** Which tier handles what the fast one could: all, everything but the fast one, or everything through the door. */
export type TierName = 'fast' | 'general' | 'door';
const tiers: Readonly<Record<TierName, number>> = {
  fast: Tier.TIER_ANY,
  general: Tier.TIER_GENERAL,
  door: Tier.TIER_DOOR,
};

/** What a run was like, beside its results. */
export interface Observed {
  readonly results: readonly PacketResult[];
  readonly pkt: Pkt;
  /** Whether the established packets' inlined way was enough. */
  readonly fast: boolean;
  /** Whether it was handed to the door. */
  readonly door: boolean;
}

/** XDP's return values (linux/bpf.h, enum xdp_action). */
const actions = ['aborted', 'drop', 'pass', 'tx', 'redirect'] as const;

/** No packet owner has this number: where it stays, the slow way was not taken. Nobody may rely on scratch of old. */
const POISON = 0xaa;
const POISONED_WORD = 0xaaaaaaaa;

/** By what the program knows a port: frames that come in tagged name the device below. */
interface PortFacts {
  readonly ifindex: number;
  readonly number: number;
}

/** An open data path. */
export class PacketGateway {
  readonly dataPath: DataPath;
  /** What the mirror of the kernel's routes has said. */
  readonly notices: string[] = [];
  readonly mirror: DocumentMirror;
  readonly #kernel: Rtnetlink;
  readonly #poller: Poller;
  readonly #facts: FactsFile;
  readonly #loader = new ConfigLoader({ featuresModule });
  readonly #cpu: number;
  readonly #devices: readonly Device[];
  readonly #ports = new Map<string, PortFacts>();
  readonly #door: Door;
  #desired: DesiredState;
  #fragments = false;
  #entrance: BpfProgram | undefined;

  private constructor(parts: {
    dataPath: DataPath;
    kernel: Rtnetlink;
    poller: Poller;
    facts: FactsFile;
    desired: DesiredState;
    cpu: number;
    devices: readonly Device[];
  }) {
    this.dataPath = parts.dataPath;
    this.#kernel = parts.kernel;
    this.#poller = parts.poller;
    this.#facts = parts.facts;
    this.#desired = parts.desired;
    this.#cpu = parts.cpu;
    this.#devices = parts.devices;
    this.#door = new Door(parts.dataPath);
    this.mirror = DocumentMirror.open({ ...parts, onNotice: (notice) => this.notices.push(notice.message) });
  }

  /**
   * Makes the devices, loads the object and makes everything as the document says. Closed at the end of the suite or
   * test. One a file: it lives in the file's own namespaces.
   */
  static async open(config: string, devices: readonly Device[], { sessions = 4096 } = {}): Promise<PacketGateway> {
    if (process.env.SIXGATE_TREE !== '1') throw new Error('packet tests need a tree: start them by test/kit/runner.js');
    // Scratch is per CPU: a run and the look at what it left behind must not be on two.
    const cpu = process.ppid % cpus().length;
    execFileSync('taskset', ['-pc', String(cpu), String(process.pid)], { stdio: 'ignore' });
    for (const device of devices) makeDevice(device);
    const directory = mkdtempSync(join(tmpdir(), 'datapath-'));
    const poller = Poller.open();
    const kernel = Rtnetlink.open(poller);
    const facts = await FactsFile.open(directory, { onNotice: (error) => process.stderr.write(`${error}\n`) });
    mkdirSync('/sys/fs/bpf/sixgate', { recursive: true });
    const dataPath = DataPath.open({
      objectFile: join(repository, 'build/sixgate.bpf.o'),
      pins: new Pins('/sys/fs/bpf/sixgate/packets'),
      sessions,
      logFile: join(directory, 'verifier.log'),
    });
    const desired: DesiredState = { ports: [], routes: [], classes: [], ids: new Map(), features: new Map() };
    const gateway = new PacketGateway({ dataPath, kernel, poller, facts, desired, cpu, devices });
    atEnd(() => gateway.#close());
    await gateway.apply(config);
    return gateway;
  }

  /** Makes everything as another document says; sessions stay. */
  async apply(config: string): Promise<void> {
    const facts = await observe(this.#kernel, this.#facts.current.ids, this.#facts.current.addresses);
    const loaded = await this.#loader.load(config, { facts });
    if (!loaded.ok) throw loaded.error;
    this.#desired = planConfig(features, loaded.value.config, facts);
    const nat64 = this.#desired.features.get('nat64') as Nat64Desired | undefined;
    this.#door.makeTables((nat64?.instances ?? []).flatMap(({ pool4 }) => pool4.map(({ index }) => index)));
    const steps = [
      linksStep(this.#kernel, this.#facts),
      doorStep(this.#kernel, this.dataPath, 'packets'),
      routesStep(this.#kernel, this.#facts),
      portsStep(this.#kernel, this.dataPath, this.#facts),
      rulesStep(this.#kernel, this.dataPath, this.#facts, this.mirror),
    ];
    for (const step of steps) {
      const problems = await step.run(this.#desired);
      if (problems.length > 0) throw new Error(`${step.name}: ${problems.join('; ')}`);
    }
    for (const device of this.#devices) makeNeighbours(device);
    await this.#readPorts();
  }

  port(name: string): PortFacts {
    const port = this.#ports.get(name);
    if (port === undefined) throw new Error(`no port is called "${name}"`);
    return port;
  }

  /** Descriptors of the pool addresses' port tables. */
  get portTables(): readonly number[] {
    return this.#door.portTables;
  }

  /** Name of a port by its number. */
  nameOf(number: number): string | undefined {
    return [...this.#ports].find(([, port]) => port.number === number)?.[0];
  }

  set tier(name: TierName) {
    this.dataPath.knobs.change({ tier: tiers[name] });
  }

  /** A program that changes frames before it goes on with the gateway; undefined: none. */
  set entrance(program: BpfProgram | undefined) {
    this.#entrance = program;
  }

  /** Puts a frame through the program and says what comes of it. */
  run(frame: Uint8Array, port: string): readonly PacketResult[] {
    return this.observe(frame, port).results;
  }

  /** As `run`, with what the program knew of the packet. */
  observe(frame: Uint8Array, port: string): Observed {
    this.#door.poison(POISON);
    const { action, data } = this.runRaw(frame, port);
    const pkt = this.#leftBehind();
    this.#fragments ||= pkt.frag === 1 || pkt.frag === 2;
    const door = action === 'redirect' && data[14] === constants.SHIM_MAGIC;
    return { results: this.#resultsOf(action, frame, data, pkt), pkt, fast: pkt.owner === POISON, door };
  }

  /** Demands that a frame is dropped for this reason. */
  assertDropped(frame: Uint8Array, port: string, reason: string): void {
    assert.equal(this.run(frame, port).map(whatBecame), [reason]);
    seen('drop', reason);
  }

  /** Only the verdict and the bytes: for many frames. The bytes are valid until the next run. */
  runRaw(frame: Uint8Array, port: string): { action: PacketResult['action']; data: Uint8Array } {
    // struct xdp_md: data, data_end, data_meta, ingress_ifindex, rx_queue_index, egress_ifindex
    const context = new Uint32Array([0, frame.length, 0, this.port(port).ifindex, 0, 0]);
    const program = this.#entrance ?? this.dataPath.program('gateway');
    const { retval, data } = program.run({ data: frame, context: new Uint8Array(context.buffer) });
    const action = actions[retval];
    if (action === undefined) throw new Error(`the program returned ${retval}`);
    return { action, data };
  }

  /** For golden tests at a tier: every case begins without sessions. */
  runner(tier: TierName): PacketRunner {
    let current: GoldenCase | undefined;
    return (frame, port, golden) => {
      if (golden !== current) this.reset();
      current = golden;
      this.tier = tier;
      return this.run(frame, port);
    };
  }

  /** As `runner`, but every frame that is forwarded whole is sent again, and the second result is given. */
  secondRunner(): PacketRunner {
    const first = this.runner('fast');
    return async (frame, port, golden) => {
      const results = (await first(frame, port, golden)) as readonly PacketResult[];
      const { frag } = this.#leftBehind();
      const again = results.length === 1 && results[0]?.action === 'redirect' && frag === 0;
      return again ? this.run(frame, port) : results;
    };
  }

  /** Forgets every session, fragment and ICMP budget: as after the start. Numbers that were used stay so. */
  reset(): void {
    const { dataPath } = this;
    for (const map of [maps.sgIndex4, maps.sgIndex6, maps.sgBibIn] as const) {
      const open = dataPath.map<unknown, unknown>(map as never);
      for (const key of [...open.keys()]) open.delete(key);
    }
    const core = dataPath.map(maps.sgCore).lookup(0);
    const used = Math.max(core?.nextSession ?? 0, core?.nextBib ?? 0);
    this.#door.forget(used, this.#fragments);
    this.#fragments = false;
  }

  counters(name: string): PortCounters {
    const { number } = this.port(name);
    return readPorts(this.dataPath, [number]).get(number) as PortCounters;
  }

  /** Frames that a port has dropped for a reason. Who asks for it by name has seen it, if there are any. */
  drops(name: string, reason: string): number {
    const count = this.counters(name).dropped[reason] ?? 0;
    if (count > 0) seen('drop', reason);
    return count;
  }

  /** Packets that a SID of the configuration has processed, by its number. */
  sidPackets(number: number): number {
    const { set } = this.dataPath.knobs.rules;
    const counts = this.dataPath.map(maps.sgSidCount).lookupAll(set * constants.MAX_SIDS + number);
    return counts.reduce((sum, { packets }) => sum + Number(packets), 0);
  }

  /** Frames received on all ports, minus what has become of them; those in the door are under way. */
  unaccounted(): number {
    let open = this.#door.through;
    for (const [name, { number }] of this.#ports) {
      const { received, forwarded, passed, answered, dropped } = this.counters(name);
      const drops = Object.values(dropped).reduce((sum, count) => sum + count, 0);
      const counts = this.dataPath.map(maps.sgCount).lookupAll(number);
      const doored = counts.reduce((sum, count) => sum + Number(count.doored), 0);
      open += received - forwarded - passed - answered - drops - doored;
    }
    return open;
  }

  #leftBehind(): Pkt {
    const pkt = this.dataPath.map(maps.sgPkt).lookupAll(0)[this.#cpu];
    if (pkt === undefined) throw new Error('the program left nothing behind');
    return pkt;
  }

  #resultsOf(action: PacketResult['action'], input: Uint8Array, data: Uint8Array, pkt: Pkt): PacketResult[] {
    const frame = data.slice();
    const reason = dropReasons[pkt.reason]?.name ?? `reason ${pkt.reason}`;
    const dropped: PacketResult = { action: 'drop', reason, frame: new Uint8Array() };
    if (action === 'drop') return [pkt.reason === 0 ? { ...dropped, reason: 'held' } : dropped];
    if (action === 'pass') return [{ action, frame: Buffer.compare(frame, input) === 0 ? input : frame }];
    // An answer leaves where it came in, by a redirect that no route has asked for.
    const answered = action === 'redirect' && pkt.outPort === POISONED_WORD;
    if (answered || action !== 'redirect') return [{ action: answered ? 'tx' : action, frame }];
    const told = pkt.extra === 1 ? [dropped] : [];
    return [...told, ...this.#door.leaving(frame, pkt, (number) => this.#nameOf(number))];
  }

  #nameOf(number: number): string {
    for (const [name, port] of this.#ports) if (port.number === number) return name;
    return `port ${number}`;
  }

  async #readPorts(): Promise<void> {
    const numbers = portNumbers(this.#facts, this.#desired.ports);
    const links = new Map((await this.#kernel.links()).map(({ name, index }) => [name, index]));
    this.#ports.clear();
    for (const { name, lowerDevice } of this.#desired.ports)
      this.#ports.set(name, { ifindex: links.get(lowerDevice) ?? 0, number: numbers.get(name) ?? -1 });
  }

  async #close(): Promise<void> {
    this.mirror.close();
    this.#door.close();
    this.dataPath.close();
    this.#kernel.close();
    await this.#poller.close();
  }
}

/** One word: why a frame was dropped, or what else became of it. */
export function whatBecame({ action, reason }: PacketResult): string {
  return reason ?? action;
}

/** Nobody speaks on the link by himself: a frame of the kernel's own would change the scratch under a test. */
function makeDevice({ name, mac, mtu = 1500 }: Device): void {
  const peer = `${name}-peer`;
  const size = ['mtu', String(mtu)];
  ip('link', 'add', name, 'address', mac, ...size, 'type', 'veth', 'peer', 'name', peer, ...size);
  execFileSync('sysctl', ['-qw', `net.ipv6.conf.${peer}.disable_ipv6=1`, `net.ipv6.conf.${name}.accept_dad=0`]);
  ip('link', 'set', peer, 'arp', 'off', 'up');
  ip('link', 'set', name, 'addrgenmode', 'none', 'up');
}

/** Behind the daemon's code, which has the kernel ask for next hops of its own accord. */
function makeNeighbours({ name, neighbours = {} }: Device): void {
  for (const [address, mac] of Object.entries(neighbours))
    ip('neigh', 'replace', address, 'lladdr', mac, 'dev', name, 'nud', 'permanent');
}

function ip(...args: readonly string[]): void {
  execFileSync('ip', args, { stdio: ['ignore', 'ignore', 'pipe'] });
}
