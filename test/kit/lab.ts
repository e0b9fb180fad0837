/**
 * A laboratory of network namespaces in a few lines. Names, addresses and MACs are fixed in every file: each file has
 * a tree of namespaces of its own, made by the runner, and everything dies with that tree.
 *
 * ```ts
 * const lab = await Lab.open();
 * const { client, gw } = lab.hosts('client', 'gw');
 * await lab.link(client.port('eth0', { addresses: ['2001:db8:1::2/64'] }), gw.port('eth0'));
 * await client.run('ip -6 route add default via 2001:db8:1::1');
 * await lab.close();
 * ```
 */
import { execFile, execFileSync } from 'node:child_process';
import { promisify } from 'node:util';
import { Gateway, type GatewayOptions } from './gateway.ts';
import { Host, type Port, type PortOptions } from './host.ts';
import { atEnd } from './scope.ts';

export type { PacketAccount } from './account.ts';
export { type Capture, checkClean, readFields, readFrames } from './capture.ts';
export type { Gateway } from './gateway.ts';
export { Host, type PortOptions, quote, RunningProcess } from './host.ts';

const execFileAsync = promisify(execFile);

/** Hosts answer at once (no address detection), learn nothing by advertisement and send nothing unasked. */
const hostSysctls = [
  ...['all', 'default'].flatMap((scope) => [
    `net.ipv6.conf.${scope}.accept_dad=0`,
    `net.ipv6.conf.${scope}.dad_transmits=0`,
    `net.ipv6.conf.${scope}.accept_ra=0`,
    `net.ipv6.conf.${scope}.router_solicitations=0`,
  ]),
  'net.ipv4.ping_group_range=0 2147483647',
];

/** Runs tools in the tree itself, outside of every host. */
async function tool(program: string, ...args: string[]): Promise<string> {
  try {
    const { stdout } = await execFileAsync(program, args, { timeout: 180_000 });
    return stdout;
  } catch (error) {
    const stderr = (error as { stderr?: string }).stderr ?? '';
    throw new Error(`"${program} ${args.join(' ')}" failed: ${stderr.trim()}`, { cause: error });
  }
}

/** A laboratory. */
export class Lab {
  readonly #hosts = new Map<string, Host>();
  readonly #gateways: Gateway[] = [];
  readonly #closers: (() => Promise<void>)[] = [];
  #portNumber = 0;
  #closed = false;

  private constructor() {}

  /** @throws Error outside of a tree of namespaces made by the runner: a laboratory would change the machine. */
  static async open(): Promise<Lab> {
    if (process.env.SIXGATE_TREE !== '1' || process.getuid?.() !== 0) {
      throw new Error('a laboratory runs only as root under the runner: node dist/test/kit/runner.js FILE');
    }
    const lab = new Lab();
    atEnd(() => lab.close());
    return lab;
  }

  /** Makes hosts with these names. */
  hosts<N extends string>(...names: readonly N[]): Record<N, Host> {
    const made = {} as Record<N, Host>;
    for (const name of names) made[name] = this.host(name);
    return made;
  }

  /** Makes one host; the name is that of its network namespace. */
  host(name: string): Host {
    if (!/^[a-z][a-z0-9-]{0,14}$/.test(name)) throw new Error(`"${name}" is no name for a host`);
    if (this.#hosts.has(name)) throw new Error(`two hosts are called "${name}"`);
    execFileSync('ip', ['netns', 'add', name]);
    const host = new Host(name);
    const [program, ...args] = host.shell(
      `ip link set lo up && sysctl -qw ${hostSysctls.map((text) => `'${text}'`).join(' ')}`,
    );
    execFileSync(program, args, { stdio: ['ignore', 'ignore', 'pipe'] });
    this.#hosts.set(name, host);
    return host;
  }

  /** Joins two ports by a cable (a veth pair); both are up and have their addresses when the promise is kept. */
  async link(a: Port, b: Port): Promise<void> {
    const macs = [this.#nextMac(), this.#nextMac()] as const;
    await tool(
      'ip',
      'link',
      'add',
      a.name,
      'netns',
      a.host.name,
      'address',
      a.options.mac ?? macs[0],
      'type',
      'veth',
      'peer',
      'name',
      b.name,
      'netns',
      b.host.name,
      'address',
      b.options.mac ?? macs[1],
    );
    await Promise.all([setUp(a), setUp(b)]);
    // A veth has carrier only when both ends are up; routes over it are refused before.
    await Promise.all([waitForCarrier(a), waitForCarrier(b)]);
  }

  /** Joins any number of ports by a switch that learns, without spanning tree or snooping. */
  async segment(name: string, ...ports: readonly Port[]): Promise<Host> {
    const bridge = this.host(name);
    await bridge.run('ip link add br0 type bridge mcast_snooping 0 stp_state 0 && ip link set br0 addrgenmode none up');
    for (const [index, port] of ports.entries()) {
      const options: PortOptions = port.options.mtu === undefined ? {} : { mtu: port.options.mtu };
      await this.link(port, bridge.port(`p${index}`, options));
      await bridge.run(`ip link set p${index} addrgenmode none master br0 && ip -6 addr flush dev p${index}`);
    }
    return bridge;
  }

  /**
   * Starts a gateway on a host and waits until it is ready. Its name is the host's unless told.
   *
   * @param config text of the YAML file
   */
  async gateway(host: Host, config: string, options: GatewayOptions = {}): Promise<Gateway> {
    const gateway = await Gateway.start(host, config, options);
    this.#gateways.push(gateway);
    return gateway;
  }

  /** Adds something to be done by `close`, before the hosts' programs are stopped. */
  onClose(closer: () => Promise<void>): void {
    this.#closers.push(closer);
  }

  /**
   * Demands the account of every gateway (`checkAccount`), stops everything and removes the hosts. A second call does nothing;
   * a test that forgets the first has it called at its end.
   *
   * @throws Error when a packet of some port is unaccounted for or a drop was not predicted, or a program cannot be stopped
   */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    const errors: unknown[] = [];
    const attempt = async (work: () => Promise<unknown>): Promise<void> => {
      try {
        await work();
      } catch (error) {
        errors.push(error);
      }
    };
    for (const gateway of this.#gateways) await attempt(() => gateway.checkAccount());
    for (const closer of this.#closers.reverse()) await attempt(closer);
    for (const gateway of this.#gateways) await attempt(() => gateway.remove());
    for (const host of this.#hosts.values())
      await Promise.all(host.running.map((running) => attempt(() => running.stop('SIGTERM'))));
    for (const host of this.#hosts.values()) await attempt(() => tool('ip', 'netns', 'delete', host.name));
    if (errors.length > 0)
      throw errors.length === 1 ? errors[0] : new AggregateError(errors, errors.map(String).join('\n'));
  }

  #nextMac(): string {
    this.#portNumber += 1;
    return `02:53:47:00:00:${this.#portNumber.toString(16).padStart(2, '0')}`;
  }
}

async function setUp({ host, name, options }: Port): Promise<void> {
  const lines = [`ip link set ${name}${options.mtu === undefined ? '' : ` mtu ${options.mtu}`} up`];
  lines.push(`ethtool -K ${name} gro ${options.gro === false ? 'off' : 'on'}`);
  // Receive offload is wanted for its queue (NAPI), which takes redirected frames; with this size nothing is merged.
  if (options.merge !== true) lines.push(`ip link set ${name} gro_max_size 1`);
  if (options.txChecksum === false) lines.push(`ethtool -K ${name} tx off`);
  for (const address of options.addresses ?? []) {
    lines.push(`ip addr add ${address} dev ${name}${address.includes(':') ? ' nodad' : ''}`);
  }
  await host.run(lines.join(' && '));
}

async function waitForCarrier({ host, name }: Port): Promise<void> {
  await host.run(
    `for try in $(seq 200); do ip -o link show dev ${name} | grep -q LOWER_UP && exit 0; sleep 0.01; done; echo no carrier on ${name}; exit 1`,
  );
}
