import type { Command } from 'commander';
import type { DiffReply } from '../../contract/api.ts';
import type { AddCommand } from '../cli.ts';
import { EXIT } from '../exit.ts';
import { type Format, outputOption, print, type View } from '../output.ts';
import { printable } from '../table.ts';
import { readFileArgument } from './document.ts';

export const addDiff: AddCommand = (program, cli) => {
  program
    .command('diff')
    .description('what a document would change; exit status 1 if anything')
    .argument('<file>', 'the document, - for standard input')
    .addOption(outputOption())
    .action(async (file: string, options: { output: Format }, command: Command) => {
      const reply = await cli.client(command).call('diff', { body: await readFileArgument(cli.io, file) });
      print(cli.io, options.output, diffView(reply));
      if (reply.differences.length > 0) cli.exit(EXIT.failed);
    });
};

/** What would change, for `diff` and `apply --dry-run`. */
export function diffView(reply: DiffReply): View {
  const none = reply.revision === 0 ? 'No configuration is active.' : `No differences to r${reply.revision}.`;
  return {
    value: reply,
    names: reply.differences.map(({ path }) => path),
    lines: () => (reply.differences.length === 0 ? [none] : changeLines(reply)),
  };
}

/** Differences, then their effects in one block. */
export function changeLines({ lines, effects }: Pick<DiffReply, 'lines' | 'effects'>): string[] {
  const block = effects.map((effect, i) => `${i === 0 ? 'Effect   ' : '         '}${effect}`);
  return [...lines, ...block].map(printable);
}
