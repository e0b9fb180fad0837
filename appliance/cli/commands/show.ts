import type { Command } from 'commander';
import { stringify } from 'yaml';
import { withDefaults } from '../../contract/defaults.ts';
import type { AddCommand } from '../cli.ts';
import { type Format, outputOption, print } from '../output.ts';

interface Options {
  readonly output: Format;
  readonly full?: true;
}

export const addShow: AddCommand = (program, cli) => {
  program
    .command('show')
    .description('the active configuration, as it was given')
    .addOption(outputOption())
    .option('--full', 'with every default written out')
    .action(async (options: Options, command: Command) => {
      const reply = await cli.client(command).call('config');
      const config = options.full ? withDefaults(cli.parts.configSchema, reply.config) : reply.config;
      const text = options.full ? stringify(config) : reply.text;
      print(cli.io, options.output, {
        // The text as YAML is the document itself; its data are what a program wants.
        value: options.output === 'yaml' ? config : { ...reply, config },
        names: reply.revision === 0 ? [] : [`r${reply.revision}`],
        lines: () => [reply.revision === 0 ? '# No configuration is active.' : text.trimEnd()],
      });
    });
};
