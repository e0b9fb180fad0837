/** A gateway under test: the daemon on a host of the laboratory, its CLI, and the account of its packets. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DropPredictions, type ExpectedDrops, equationError, type PacketAccount, transmitError } from './account.ts';
import { eventually } from './eventually.ts';
import { type CommandResult, type Host, quote, type RunningProcess } from './host.ts';
import { seen } from './report.ts';
import { sabotageMark } from './sabotage-verdict.ts';

const mainFile = resolve(dirname(fileURLToPath(import.meta.url)), '../../appliance/main.js');

/** How to start a gateway. */
export interface GatewayOptions {
  /** Name of the instance; the host's unless told. */
  readonly instance?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** More arguments for `sixgate run`. */
  readonly args?: readonly string[];
  /** Another program than ours; only for the kit's own test. */
  readonly main?: string;
  /** Milliseconds until the line `ready` must have come. */
  readonly readyWithinMs?: number;
  /** Milliseconds until the packet equation must have come true. */
  readonly equationWithinMs?: number;
}

/** What the kit reads of the status; the rest is handed through. */
export interface GatewayStatus {
  readonly ports: readonly PacketAccount[];
  readonly [key: string]: unknown;
}

/** A running (or stopped) gateway. */
export class Gateway {
  readonly host: Host;
  readonly instance: string;
  readonly configFile: string;
  readonly #options: GatewayOptions;
  readonly #main: string;
  #process: RunningProcess | undefined;
  #log: string[] = [];
  #predictions = new DropPredictions();
  /** Whether packets may have passed since the account was last demanded. */
  #unseen = false;

  private constructor(host: Host, options: GatewayOptions) {
    this.host = host;
    this.instance = options.instance ?? host.name;
    this.#options = options;
    this.#main = options.main ?? mainFile;
    const directory = join(tmpdir(), 'gateways');
    mkdirSync(directory, { recursive: true });
    this.configFile = join(directory, `${this.instance}.yaml`);
  }

  /** Writes the configuration, starts the daemon on the host and waits for its line `ready`. */
  static async start(host: Host, config: string, options: GatewayOptions): Promise<Gateway> {
    const gateway = new Gateway(host, options);
    gateway.writeConfig(config);
    await gateway.start();
    return gateway;
  }

  /** Everything the daemon printed, over all its restarts. */
  get log(): string {
    return [...this.#log, ...(this.#process?.lines ?? [])].join('\n');
  }

  /** True while the daemon lives. */
  get running(): boolean {
    return this.#process !== undefined && this.#process.ended === undefined;
  }

  /** Waits for a line that the running daemon prints, or has printed since its start. */
  async waitForLog(pattern: RegExp): Promise<string> {
    if (this.#process === undefined) throw new Error(`the gateway ${this.instance} is stopped`);
    return this.#process.waitFor(pattern);
  }

  /** Process number of the daemon. */
  get pid(): number {
    if (this.#process === undefined) throw new Error(`the gateway ${this.instance} is stopped`);
    return this.#process.pid;
  }

  /** Replaces the configuration file; the daemon is not told. */
  writeConfig(config: string): void {
    writeFileSync(this.configFile, config);
  }

  /** Starts a stopped daemon and waits until it is ready. */
  async start(): Promise<void> {
    if (this.running) throw new Error(`the gateway ${this.instance} runs already`);
    const node = [process.execPath, '--enable-source-maps', this.#main];
    const args = ['run', '--config', this.configFile, '--instance', this.instance, ...(this.#options.args ?? [])];
    this.#unseen = true;
    this.#process = this.host.spawnProgram([...node, ...args], this.#options.env);
    await this.#process.waitFor(/^ready\b|"msg":"ready"/, { within: this.#options.readyWithinMs ?? 60_000 });
    if (process.env.SIXGATE_SABOTAGE === '1') {
      const { sabotage } = await import('./sabotage.ts');
      sabotage(this.instance);
      seen(sabotageMark.kind, sabotageMark.name);
    }
  }

  /** Stops the daemon; forwarding goes on, pins stay. Gives the exit status, -1 after a signal that kills. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<number> {
    const process = this.#process;
    if (process === undefined) throw new Error(`the gateway ${this.instance} is stopped`);
    const status = await process.stop(signal);
    this.#log.push(...process.lines);
    this.#process = undefined;
    return status;
  }

  /** Stops and starts the daemon. */
  async restart(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    await this.stop(signal);
    await this.start();
  }

  /** Runs the CLI on the gateway's host; gives what came, whatever the exit status. */
  tryCli(line: string): Promise<CommandResult> {
    const program = `${quote(process.execPath)} --enable-source-maps ${quote(this.#main)}`;
    return this.host.try(`${program} ${line} --instance ${this.instance}`, {
      ...(this.#options.env === undefined ? {} : { env: this.#options.env }),
    });
  }

  /** Runs the CLI; gives its text, or with `-o json` the parsed answer. Throws when the exit status is not 0. */
  async cli<T = unknown>(line: string): Promise<T> {
    const result = await this.tryCli(line);
    if (result.code !== 0)
      throw new Error(`sixgate ${line} exited with ${result.code}:\n${result.stderr}${result.stdout}`);
    return (/-o json\b/.test(line) ? JSON.parse(result.stdout) : result.stdout) as T;
  }

  /** Starts the CLI on the gateway's host and lets it run, as `monitor` does. */
  spawnCli(line: string): RunningProcess {
    const words = [process.execPath, '--enable-source-maps', this.#main, ...line.split(' ')];
    return this.host.spawnProgram([...words, '--instance', this.instance], this.#options.env);
  }

  /** The daemon's status. */
  status(): Promise<GatewayStatus> {
    return this.cli<GatewayStatus>('status -o json');
  }

  /** The account of one port, by its name in the configuration. */
  async port(name: string): Promise<PacketAccount> {
    const { ports } = await this.status();
    const found = ports.find((port) => port.name === name);
    if (found === undefined)
      throw new Error(`no port is called "${name}"; there are ${ports.map((port) => port.name).join(', ')}`);
    return found;
  }

  /**
   * Packets that a port has dropped for a reason. Who asks for it by name has seen it, if there are any; the number is
   * for the test to judge, so that nothing else has to predict it.
   */
  async drops(port: string, reason: string): Promise<number> {
    const count = (await this.port(port)).dropped[reason] ?? 0;
    if (count > 0) seen('drop', reason);
    this.#predictions.judged(port, reason);
    return count;
  }

  /**
   * Predicts drops of the whole test, by the name of the port and of the reason. What is not predicted must not come,
   * what is predicted must: without any prediction no port may drop a packet. `lab.close` compares.
   *
   * ```ts
   * gateway.expectDrops({ lan: { hop_limit: 1 }, uplink: { pool_no_session: 'some' } });
   * ```
   */
  expectDrops(expected: ExpectedDrops): void {
    this.#predictions.add(expected);
  }

  /**
   * Demands the account of every port: received = forwarded + passed + answered + dropped, what was sent is what was
   * forwarded or made by the gateway, and the drops are those that `expectDrops` has told, so that
   * received + originated - sent - passed - answered = the predicted drops. A packet may be under way while the
   * counters are read, so it has time to come true.
   *
   * The counters outlive the daemon, but a stopped one cannot be asked: a test that ends with a stopped daemon calls
   * this before it stops it.
   *
   * @throws Error that names the port and its numbers; or that nobody has looked before the daemon was stopped
   */
  async checkAccount(): Promise<void> {
    if (!this.running) {
      if (!this.#unseen) return;
      throw new Error(`the gateway ${this.instance} is stopped: its account must be demanded before (checkAccount)`);
    }
    await eventually(
      async () => {
        const { ports } = await this.status();
        if (ports.length === 0) throw new Error(`the gateway ${this.instance} tells of no port`);
        const errors = [...ports.map(equationError), transmitError(ports), ...this.#predictions.errors(ports)];
        const told = errors.filter((error) => error !== undefined);
        if (told.length > 0) throw new Error(told.join('\n'));
      },
      { within: this.#options.equationWithinMs ?? 30_000 },
    );
    this.#unseen = false;
  }

  /**
   * Takes the gateway's programs off the ports and removes its pins: forwarding ends. The daemon is stopped first, and
   * before that the account is demanded. A data path that is made anew begins another one, with nothing predicted.
   */
  async detach(): Promise<void> {
    await this.checkAccount();
    this.#predictions = new DropPredictions();
    if (this.#process !== undefined) await this.stop();
    await this.cli('stop --detach');
  }

  /**
   * Ends the daemon and takes its data path away; used by `lab.close`. The next test of the file has a gateway of the
   * same name, which would adopt what this one left.
   */
  async remove(): Promise<void> {
    if (this.#process !== undefined) await this.stop('SIGTERM');
    const detached = await this.tryCli('stop --detach');
    if (detached.code !== 0) throw new Error(`sixgate stop --detach exited with ${detached.code}: ${detached.stderr}`);
  }
}
