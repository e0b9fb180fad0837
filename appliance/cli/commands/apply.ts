import type { Command } from 'commander';
import type { ApplyReply } from '../../contract/api.ts';
import { SixgateError } from '../../model/errors.ts';
import type { AddCommand, Cli } from '../cli.ts';
import { EXIT, isConfigError } from '../exit.ts';
import { type Format, outputOption, print } from '../output.ts';
import { changeLines, diffView } from './diff.ts';
import { readFileArgument } from './document.ts';

interface Options {
  readonly output: Format;
  readonly dryRun?: true;
}

export const addApply: AddCommand = (program, cli) => {
  program
    .command('apply')
    .description('make a document the configuration of the running gateway')
    .argument('<file>', 'the document, - for standard input')
    .addOption(outputOption())
    .option('--dry-run', 'only say what would change')
    .action(async (file: string, options: Options, command: Command) => {
      try {
        const document = await readFileArgument(cli.io, file);
        if (options.dryRun) {
          print(cli.io, options.output, diffView(await cli.client(command).call('diff', { body: document })));
          return;
        }
        const body = { ...document, ...whoApplies(cli) };
        show(cli, options, await cli.client(command).call('apply', { body }));
      } catch (error) {
        if (!(error instanceof SixgateError && isConfigError(error))) throw error;
        const goesOn = await whatGoesOn(cli, command);
        cli.io.stderr.write(`${error.toString()}\nNothing was changed${goesOn}.\n`);
        cli.exit(EXIT.configuration);
      }
    });
};

function show(cli: Cli, { output }: Options, reply: ApplyReply): void {
  const { revision, previous, changed, tookMs, problems } = reply;
  print(cli.io, output, {
    value: reply,
    names: [`r${revision}`],
    lines: () => {
      if (!changed) return [`r${revision}  goes on: the document says the same`];
      const before = previous === 0 ? '' : ` after r${previous}`;
      return [`r${revision}  applied${before} (${(tookMs / 1000).toFixed(1)} s)`, ...changeLines(reply)];
    },
  });
  if (problems.length === 0) return;
  const lines = problems.map((problem) => SixgateError.fromProblem(problem).toString());
  const last = `r${revision} is active, but not all of it is in force; the gateway tries again.   sixgate status`;
  cli.io.stderr.write(`${[...lines, last].join('\n')}\n`);
  cli.exit(EXIT.failed);
}

/** `; r41 goes on`, if the gateway says so. */
async function whatGoesOn(cli: Cli, command: Command): Promise<string> {
  const config = await cli
    .client(command)
    .call('config')
    .catch(() => undefined);
  return config === undefined || config.revision === 0 ? '' : `; r${config.revision} goes on`;
}

/** Only root can use the socket; who became root says more. */
function whoApplies(cli: Cli): { by?: string } {
  const { SUDO_USER, USER } = cli.io.env;
  const by = SUDO_USER ?? USER;
  return by === undefined || by === '' ? {} : { by: by.slice(0, 64) };
}
