import type { Command } from 'commander';
import type { AddCommand } from '../cli.ts';
import { type Format, outputOption, print, tableOr } from '../output.ts';
import { countText, shareText } from '../words.ts';

interface Options {
  readonly output: Format;
  readonly reason?: string;
  readonly in?: string;
}

export const addDrops: AddCommand = (program, cli) => {
  program
    .command('drops')
    .description('dropped packets by reason and place')
    .addOption(outputOption())
    .option('--reason <reason>', 'only this reason')
    .option('--in <interface>', 'only packets that came in there')
    .action(async (options: Options, command: Command) => {
      const answer = await cli.client(command).call('drops');
      const rows = answer.drops
        .filter(({ reason }) => options.reason === undefined || reason === options.reason)
        .filter(({ where }) => options.in === undefined || where === options.in);
      const forPeople = cli.io.stdout.isTTY === true;
      print(cli.io, options.output, {
        value: { ...answer, drops: rows },
        names: [...new Set(rows.map(({ reason }) => reason))],
        lines: (wide) =>
          tableOr(
            'Nothing was dropped.',
            [
              { title: 'REASON', text: ({ reason }) => reason },
              { title: 'COUNT', text: ({ count }) => countText(count, forPeople), align: 'right' },
              {
                title: 'SHARE',
                text: ({ count }) => shareText(count, answer.received).replace(' ', ''),
                align: 'right',
                wide: true,
              },
              { title: 'WHERE', text: ({ where }) => where },
              { title: 'MEANS', text: ({ meaning }) => meaning },
            ],
            rows,
            wide,
          ),
      });
      if (options.output !== 'table' && options.output !== 'wide') return;
      const [dropped, received] = [answer.dropped, answer.received].map((count) => countText(count, forPeople));
      const share = shareText(answer.dropped, answer.received);
      cli.io.stderr.write(`${dropped} dropped of ${received} received (${share})\n`);
    });
};
