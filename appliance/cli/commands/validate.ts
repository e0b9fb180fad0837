import type { Command } from 'commander';
import type { ConfigDocument, ValidateReply } from '../../contract/api.ts';
import { SixgateError } from '../../model/errors.ts';
import type { AddCommand, Cli } from '../cli.ts';
import { UNREACHABLE } from '../client.ts';
import { type Format, outputOption, print } from '../output.ts';
import { readFileArgument } from './document.ts';

interface Options {
  readonly output: Format;
  readonly offline?: true;
}

export const addValidate: AddCommand = (program, cli) => {
  program
    .command('validate')
    .description('check a document: against the gateway if it runs, else by itself')
    .argument('<file>', 'the document, - for standard input')
    .addOption(outputOption())
    .option('--offline', 'do not ask the gateway')
    .action(async (file: string, options: Options, command: Command) => {
      const document = await readFileArgument(cli.io, file);
      const asked = options.offline ? undefined : await ask(cli, command, document);
      const reply = asked ?? (await checkAlone(cli, document));
      const how =
        asked === undefined
          ? `by itself; whether it fits this box is checked when the gateway ${cli.instance(command)} runs`
          : `against the gateway ${cli.instance(command)}`;
      print(cli.io, options.output, {
        value: reply,
        names: [reply.hash],
        lines: () => [
          ...reply.warnings.map((warning) => SixgateError.fromProblem(warning).toString()),
          `${file} is right (checked ${how})`,
        ],
      });
    });
};

/** @returns undefined if there is no gateway to ask */
async function ask(cli: Cli, command: Command, document: ConfigDocument): Promise<ValidateReply | undefined> {
  try {
    return await cli.client(command).call('validate', { body: document });
  } catch (error) {
    if (error instanceof SixgateError && UNREACHABLE.includes(error.code)) return undefined;
    throw error;
  }
}

async function checkAlone(cli: Cli, { text, file }: ConfigDocument): Promise<ValidateReply> {
  const { ConfigLoader } = await import('../../config/load.ts');
  const loader = new ConfigLoader({ featuresModule: cli.parts.featuresModule });
  const result = await loader.load(text, file === undefined ? {} : { file });
  if (!result.ok) throw result.error;
  const warnings = result.value.tolerated.map((error) => error.toJSON());
  return { valid: true, hash: result.value.hash, warnings } as ValidateReply;
}
