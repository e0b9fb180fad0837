import { Command, CommanderError, Option } from 'commander';
import { SixgateError } from '../model/errors.ts';
import { type CliIo, type CliParts, makeCli } from './cli.ts';
import { commands } from './commands/index.ts';
import { EXIT, errorText, exitStatusOf } from './exit.ts';

/**
 * The command line.
 * @param argv the words after `sixgate`
 * @returns exit status: 0 done, 1 failed or differences, 2 usage, 3 the configuration is wrong
 */
export async function runCli(argv: readonly string[], io: CliIo, parts: CliParts): Promise<number> {
  const abort = new AbortController();
  let status: number = EXIT.done;
  let nobodyReads = false;
  const program = buildProgram(io, parts, abort.signal, (value) => {
    status = value;
  });
  let isDaemon = false;
  program.hook('preAction', (_, command) => {
    isDaemon = command.name() === 'run';
  });
  const onPipeError = (error: NodeJS.ErrnoException): void => {
    if (error.code !== 'EPIPE') throw error;
    // A gateway goes on when nobody reads what it prints.
    if (isDaemon) return;
    nobodyReads = true;
    abort.abort();
  };
  for (const stream of [io.stdout, io.stderr]) stream.on('error', onPipeError);
  try {
    await program.parseAsync(argv, { from: 'user' });
  } catch (error) {
    if (error instanceof CommanderError) status = error.exitCode === 0 ? EXIT.done : EXIT.usage;
    else if (!abort.signal.aborted) {
      io.stderr.write(`${errorText(error)}\n`);
      status = exitStatusOf(error);
    }
  }
  // An error of the last write comes one turn later.
  await new Promise((resolve) => setImmediate(resolve));
  return nobodyReads ? EXIT.done : status;
}

/** The tree of commands; the reference is written from it. */
export function buildProgram(io: CliIo, parts: CliParts, signal: AbortSignal, exit: (status: number) => void): Command {
  const program = new Command('sixgate');
  program
    .description('Network-edge gateway: NAT64, SRv6 and egress NAT in eBPF')
    .version(parts.version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this')
    .helpCommand('help [command]', 'print what a command takes')
    .addOption(new Option('--instance <name>', 'which gateway of this box').default('main').env('SIXGATE_INSTANCE'))
    .exitOverride()
    .showSuggestionAfterError()
    .configureHelp({ showGlobalOptions: true, helpWidth: io.stdout.isTTY ? io.stdout.columns : 100 })
    .configureOutput({
      writeOut: (text) => void io.stdout.write(text),
      writeErr: (text) => void io.stderr.write(text),
      outputError: (text, write) => write(`${usageError(text)}\n`),
    })
    .addHelpText('after', '\nExit status: 0 done, 1 failed or differences, 2 wrong usage, 3 wrong configuration');
  const cli = makeCli(io, parts, signal, exit);
  for (const add of commands) add(program, cli);
  return program;
}

/** `error: unknown option '--form'\n(Did you mean --from?)` → one line like every other error. */
function usageError(text: string): string {
  const [first = '', second = ''] = text
    .replace(/^error: /, '')
    .trim()
    .split('\n');
  const sentence = first.charAt(0).toUpperCase() + first.slice(1);
  const near = /\(Did you mean (.*)\?\)/.exec(second)?.[1];
  const hint = near === undefined ? 'Type sixgate help' : `Did you mean ${near}?`;
  return new SixgateError('USAGE', sentence, { hint }).toString();
}
