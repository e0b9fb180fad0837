import { setTimeout as delay } from 'node:timers/promises';
import type { Command } from 'commander';
import type { PortStatus, Status } from '../../contract/api.ts';
import { SixgateError } from '../../model/errors.ts';
import type { AddCommand, Cli } from '../cli.ts';
import { type Format, outputOption, print, printLines, type View } from '../output.ts';
import { type Column, formatTable, printable } from '../table.ts';
import { countText, plural, spanText } from '../words.ts';
import { verdict } from './status-check.ts';

const WATCH_EVERY_MS = 2_000;
/** Cursor to the corner, erase the screen (ECMA-48). */
const CLEAR = '\x1b[H\x1b[2J';

interface Options {
  readonly output: Format;
  readonly watch?: true;
  readonly check?: true;
}

export const addStatus: AddCommand = (program, cli) => {
  program
    .command('status')
    .description('how the gateway is: interfaces, features, problems')
    .addOption(outputOption())
    .option('-w, --watch', 'again every two seconds')
    .option('--check', 'one line for a monitoring system; exit status 0 ok, 1 warning, 2 critical')
    .action(async (options: Options, command: Command) => {
      const client = cli.client(command);
      if (options.check) {
        const { level, line } = verdict(await client.call('status').catch((error: unknown) => error));
        printLines(cli.io, [line]);
        cli.exit(level);
        return;
      }
      for (;;) {
        const status = await client.call('status');
        if (options.watch && cli.io.stdout.isTTY) cli.io.stdout.write(CLEAR);
        print(cli.io, options.output, statusView(status, cli));
        if (!options.watch) return;
        await delay(WATCH_EVERY_MS, undefined, { signal: cli.signal });
      }
    });
};

function statusView(status: Status, cli: Cli): View {
  const forPeople = cli.io.stdout.isTTY === true;
  return {
    value: status,
    names: status.ports.map(({ name }) => name),
    lines: (wide) => {
      const blocks = [
        head(status),
        formatTable(portColumns(forPeople), status.ports, wide),
        formatTable(
          [
            { title: 'FEATURE', text: ({ name }) => name },
            { title: 'STATE', text: ({ state }) => state },
            { title: 'DETAIL', text: ({ detail }) => detail },
          ],
          status.features,
        ),
        wide ? slowPath(status) : [],
      ];
      return blocks.filter((block) => block.length > 0).flatMap((block, i) => (i === 0 ? block : ['', ...block]));
    },
  };
}

function head(status: Status): string[] {
  const revision = status.revision === 0 ? 'no configuration' : `config r${status.revision}`;
  const up = `up ${spanText(Date.now() - Date.parse(status.since))}`;
  const first = [status.name, `instance ${status.instance}`, revision, status.version, up].map(printable).join('   ');
  if (status.problems.length === 0 && status.state === 'ok') return [first];
  const problems = status.problems.map((problem) => `  ${printable(SixgateError.fromProblem(problem).toString())}`);
  return [first, `${status.state.toUpperCase()}  ${plural(problems.length, 'problem')}`, ...problems];
}

function portColumns(forPeople: boolean): Column<PortStatus>[] {
  const number = (title: string, count: (port: PortStatus) => number, wide = false): Column<PortStatus> => ({
    title,
    text: (port) => countText(count(port), forPeople),
    align: 'right',
    wide,
  });
  return [
    { title: 'INTERFACE', text: ({ name }) => name },
    { title: 'DEVICE', text: ({ device }) => device, wide: true },
    { title: 'ROLE', text: ({ roles }) => roles.join(',') },
    { title: 'XDP', text: ({ mode }) => (mode === 'none' ? '' : mode) },
    { title: 'LINK', text: ({ mode, up }) => (mode === 'missing' ? 'missing' : up ? 'up' : 'down') },
    number('MTU', ({ mtu }) => mtu, true),
    number('RECEIVED', ({ received }) => received),
    number('FORWARDED', ({ forwarded }) => forwarded),
    number('PASSED', ({ passed }) => passed),
    number('ANSWERED', ({ answered }) => answered, true),
    number('DROPPED', ({ dropped }) => sum(dropped)),
    number('SENT', ({ sent }) => sent),
    number('ORIGINATED', ({ originated }) => originated, true),
    number('FAILED', ({ sendFailed }) => sum(sendFailed)),
    number('BALANCE', ({ balance }) => balance, true),
  ];
}

function slowPath({ door, sweep }: Status): string[] {
  const heartbeat = sweep.heartbeatAgeMs === null ? 'not yet' : `${spanText(sweep.heartbeatAgeMs)} ago`;
  return [
    `door ${door.state} (${door.device})   failed ${sum(door.sendFailed)}`,
    `sessions last expired on every CPU: ${heartbeat}`,
  ];
}

function sum(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((total, count) => total + count, 0);
}
