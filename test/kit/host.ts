/** A host of the laboratory: a network namespace and the programs run inside it. */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { Capture } from './capture.ts';

/** How a command ended. */
export interface CommandResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** How to run a command. */
export interface CommandOptions {
  /** Text for its standard input. */
  readonly input?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Milliseconds until it is killed; 30,000 unless told. */
  readonly limitMs?: number;
}

/** One end of a link as the test wishes it. */
export interface PortOptions {
  /** With prefix length, no duplicate address detection. */
  readonly addresses?: readonly string[];
  readonly mtu?: number;
  readonly mac?: string;
  /** Generic receive offload; without it (and without an XDP program) a veth takes no redirected frame. Default on. */
  readonly gro?: boolean;
  /** Let the receiver merge frames. Default off: a capture would show frames that were never on the cable. */
  readonly merge?: boolean;
  /**
   * False makes the sender fill in every checksum. By default a veth leaves that to hardware that is not there
   * (CHECKSUM_PARTIAL): a gateway has to complete it, and a capture at the sender shows it as wrong.
   */
  readonly txChecksum?: boolean;
}

/** A word for a shell line, such as a path: the clone may lie in a directory with a space in its name. */
export function quote(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}

/** A port that `lab.link` can plug in. */
export interface Port {
  readonly host: Host;
  readonly name: string;
  readonly options: PortOptions;
}

/** A program that runs until it is stopped or the tree ends. */
export class RunningProcess {
  readonly command: string;
  readonly pid: number;
  /** Lines of standard output and standard error as they came. */
  readonly lines: string[] = [];
  /** Resolves with the exit status, or -1 after a signal. */
  readonly exit: Promise<number>;
  readonly #child: ChildProcess;
  readonly #watchers = new Set<() => void>();
  #ended: number | undefined;

  constructor(command: string, child: ChildProcess) {
    this.command = command;
    this.#child = child;
    this.pid = child.pid ?? -1;
    for (const stream of [child.stdout, child.stderr]) {
      let rest = '';
      stream?.setEncoding('utf8').on('data', (chunk: string) => {
        const parts = (rest + chunk).split('\n');
        rest = parts.pop() ?? '';
        this.lines.push(...parts);
        this.#wake();
      });
      stream?.on('end', () => {
        if (rest !== '') this.lines.push(rest);
        rest = '';
        this.#wake();
      });
    }
    this.exit = new Promise((resolve) => {
      child.on('close', (code) => {
        this.#ended = code ?? -1;
        this.#wake();
        resolve(this.#ended);
      });
      child.on('error', (error) => {
        this.lines.push(error.message);
        this.#ended = 127;
        this.#wake();
        resolve(127);
      });
    });
  }

  /** Everything it printed so far. */
  get stdout(): string {
    return this.lines.join('\n');
  }

  /** The exit status once it has ended, -1 after a signal. */
  get ended(): number | undefined {
    return this.#ended;
  }

  /**
   * Waits for a line that matches.
   *
   * @param from index of the first line to look at
   * @throws Error with the output when the program ends or the time runs out before
   */
  async waitFor(pattern: RegExp, { within = 30_000, from = 0 } = {}): Promise<string> {
    let timer: NodeJS.Timeout | undefined;
    let watcher: (() => void) | undefined;
    try {
      return await new Promise<string>((resolve, reject) => {
        watcher = () => {
          const line = this.lines.slice(from).find((candidate) => pattern.test(candidate));
          if (line !== undefined) resolve(line);
          else if (this.#ended !== undefined) reject(this.#error(`ended with ${this.#ended} before ${pattern}`));
        };
        this.#watchers.add(watcher);
        timer = setTimeout(() => reject(this.#error(`did not print ${pattern} within ${within} ms`)), within);
        watcher();
      });
    } finally {
      clearTimeout(timer);
      if (watcher !== undefined) this.#watchers.delete(watcher);
    }
  }

  /** Sends a signal to it and everything it started. */
  signal(name: NodeJS.Signals): void {
    try {
      process.kill(-this.pid, name);
    } catch {
      // It has ended by itself.
    }
  }

  /** Stops it (SIGTERM unless told), after a while by force; gives the exit status. */
  async stop(name: NodeJS.Signals = 'SIGTERM', graceMs = 20_000): Promise<number> {
    if (this.#ended === undefined) {
      this.signal(name);
      const timer = setTimeout(() => this.signal('SIGKILL'), graceMs);
      await this.exit;
      clearTimeout(timer);
    }
    this.#child.unref();
    return this.exit;
  }

  #wake(): void {
    for (const watcher of this.#watchers) watcher();
  }

  #error(what: string): Error {
    return new Error(`"${this.command}" ${what}:\n${this.lines.slice(-40).join('\n')}`);
  }
}

/** A network namespace with a fixed name. */
export class Host {
  readonly name: string;
  readonly netns: string;
  /** Programs started by `spawn`, for `lab.close`. */
  readonly running: RunningProcess[] = [];

  constructor(name: string) {
    this.name = name;
    this.netns = `/run/netns/${name}`;
  }

  /** A port for `lab.link`. */
  port(name: string, options: PortOptions = {}): Port {
    return { host: this, name, options };
  }

  /** The command line that runs a shell line inside this host. `ip netns exec` would hide bpffs: never use it. */
  shell(line: string): readonly [string, ...string[]] {
    return ['nsenter', `--net=${this.netns}`, 'sh', '-c', line];
  }

  /** Runs a shell line to its end; gives what came, whatever the exit status. */
  try(line: string, options: CommandOptions = {}): Promise<CommandResult> {
    const [program, ...args] = this.shell(line);
    return new Promise((resolve) => {
      const child = execFile(
        program,
        args,
        {
          encoding: 'utf8',
          maxBuffer: 64 << 20,
          timeout: options.limitMs ?? 180_000,
          killSignal: 'SIGKILL',
          env: { ...process.env, ...options.env },
        },
        (error, stdout, stderr) => {
          const code = error === null ? 0 : typeof error.code === 'number' ? error.code : -1;
          resolve({ code, stdout, stderr: code === -1 ? `${stderr}\n${error?.message ?? ''}` : stderr });
        },
      );
      child.stdin?.on('error', () => {});
      child.stdin?.end(options.input ?? '');
    });
  }

  /**
   * Runs a shell line to its end and gives its standard output without the last line break.
   *
   * @throws Error with the output when it exits with another status than 0
   */
  async run(line: string, options: CommandOptions = {}): Promise<string> {
    const result = await this.try(line, options);
    if (result.code !== 0) {
      throw new Error(
        `${this.name}: "${line}" exited with ${result.code}:\n${result.stderr}${result.stdout}`.trimEnd(),
      );
    }
    return result.stdout.replace(/\n$/, '');
  }

  /** Starts a shell line that goes on until stopped. */
  spawn(line: string, options: { readonly env?: Readonly<Record<string, string>> } = {}): RunningProcess {
    return this.start(this.shell(line), line, options.env);
  }

  /** Starts a program without a shell, inside this host. */
  spawnProgram(args: readonly string[], env?: Readonly<Record<string, string>>): RunningProcess {
    return this.start(['nsenter', `--net=${this.netns}`, ...args], args.join(' '), env);
  }

  /** Captures on one of the ports; ready when the promise is kept. */
  capture(port: string, filter = ''): Promise<Capture> {
    return Capture.start(this, port, filter);
  }

  private start(
    [program, ...args]: readonly string[],
    line: string,
    env?: Readonly<Record<string, string>>,
  ): RunningProcess {
    const child = spawn(program ?? '', args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
      env: { ...process.env, ...env },
    });
    const running = new RunningProcess(line, child);
    this.running.push(running);
    return running;
  }
}
