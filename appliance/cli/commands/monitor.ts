import { type Command, InvalidArgumentError } from 'commander';
import type { MonitorEvent } from '../../contract/api.ts';
import type { AddCommand } from '../cli.ts';
import { type Format, outputOption, printLines } from '../output.ts';
import { printable } from '../table.ts';

interface Options {
  readonly output: Format;
  readonly drops?: true;
  readonly in?: string;
  readonly reason?: string;
  readonly limit?: number;
}

export const addMonitor: AddCommand = (program, cli) => {
  program
    .command('monitor')
    .description('what happens, as it happens; Ctrl-C ends it')
    .addOption(outputOption().choices(['table', 'json']))
    .option('--drops', 'only dropped packets')
    .option('--reason <reason>', 'only with this reason')
    .option('--in <interface>', 'only what came in there')
    .option('--limit <count>', 'end after so many', wholeNumber)
    .action(async (options: Options, command: Command) => {
      const end = new AbortController();
      const stop = (): void => end.abort();
      let [shown, lost] = [0, 0];
      const onEvent = (event: MonitorEvent): void => {
        lost += event.lost ?? 0;
        if (end.signal.aborted || !isWanted(event, options)) return;
        printLines(cli.io, [options.output === 'json' ? JSON.stringify(event) : eventLine(event)]);
        if (++shown === options.limit) stop();
      };
      const onGap = (gap: { readonly dropped: number }): void => {
        lost += gap.dropped;
      };
      process.once('SIGINT', stop);
      process.once('SIGTERM', stop);
      cli.signal.addEventListener('abort', stop);
      try {
        await cli.client(command).listen(onEvent, onGap, end.signal);
      } finally {
        process.removeListener('SIGINT', stop);
        process.removeListener('SIGTERM', stop);
        cli.io.stderr.write(`${shown} shown, ${lost} lost\n`);
      }
    });
};

function wholeNumber(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new InvalidArgumentError('Write a number from 1 on.');
  return Number(text);
}

function isWanted(event: MonitorEvent, { drops, in: port, reason }: Options): boolean {
  if (drops && event.type !== 'drop') return false;
  if (port !== undefined && event.port !== port) return false;
  return reason === undefined || event.reason === reason;
}

/** `12:03:11.204  DROP  egress_no_policy  tcp 10.8.3.9:51110 > 198.51.100.80:5432  in lan`, in the time of this box. */
function eventLine({ at, type, reason, feature, text }: MonitorEvent): string {
  const time = new Date(at);
  const two = (count: number): string => String(count).padStart(2, '0');
  const clock = [time.getHours(), time.getMinutes(), time.getSeconds()].map(two).join(':');
  const milliseconds = String(time.getMilliseconds()).padStart(3, '0');
  const word = type === 'session-new' ? 'NEW' : type.toUpperCase();
  const parts = [`${clock}.${milliseconds}`, word, reason, feature, text];
  return printable(parts.filter((part) => part !== undefined && part !== '').join('  '));
}
