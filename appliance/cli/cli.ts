import type { Command } from 'commander';
import type { TSchema } from 'typebox';
import { type InstancePaths, instancePaths } from '../system/instance.ts';
import { ApiClient } from './client.ts';

/** Where a command reads and prints; `process` fits. */
export interface CliIo {
  readonly stdin: NodeJS.ReadStream;
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
  readonly env: NodeJS.ProcessEnv;
}

export interface DaemonOptions {
  readonly instance: string;
  /** Path as it was typed. */
  readonly configFile: string;
}

/** What the command line cannot do by itself; main.ts gives it. */
export interface CliParts {
  /**
   * Runs the gateway until it is told to end.
   * @returns exit status; a SixgateError that it rejects with is printed, and is 3 when the document is wrong, else 1
   */
  daemon(options: DaemonOptions): Promise<number>;
  /** Takes the data path off the interfaces. Works without a daemon, and when nothing is attached. */
  detach(instance: string): Promise<void>;
  readonly version: string;
  /** Schema of the document: features/index.ts. */
  readonly configSchema: TSchema;
  readonly featuresModule: string;
}

/** What every command gets. */
export interface Cli {
  readonly io: CliIo;
  readonly parts: CliParts;
  /** Ends what a command waits for: nobody reads the output any more, or Ctrl-C. */
  readonly signal: AbortSignal;
  /** Name of the gateway that is meant. */
  instance(command: Command): string;
  /** @throws SixgateError INSTANCE_NAME */
  paths(command: Command): InstancePaths;
  client(command: Command): ApiClient;
  /** Sets the exit status of a command that ends without an error. */
  exit(status: number): void;
}

/** A command adds itself to the program. */
export type AddCommand = (program: Command, cli: Cli) => void;

/** What the commands share. */
export function makeCli(io: CliIo, parts: CliParts, signal: AbortSignal, exit: (status: number) => void): Cli {
  const instance = (command: Command): string => command.optsWithGlobals<{ instance: string }>().instance;
  const paths = (command: Command): InstancePaths => instancePaths(instance(command), io.env);
  return {
    io,
    parts,
    signal,
    instance,
    paths,
    client: (command) => new ApiClient(paths(command).socket, instance(command), signal),
    exit,
  };
}
