import type { Command } from 'commander';
import type { AddCommand } from '../cli.ts';

export const addRun: AddCommand = (program, cli) => {
  program
    .command('run')
    .description('run the gateway in the foreground')
    .requiredOption('-c, --config <file>', 'the configuration (YAML)')
    .action(async (options: { config: string }, command: Command) => {
      const instance = cli.paths(command).name;
      cli.exit(await cli.parts.daemon({ instance, configFile: options.config }));
    });
};
