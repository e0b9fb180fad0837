import { type Command, InvalidArgumentError, Option } from 'commander';
import { PROTOCOLS, type Session, type SessionPage } from '../../contract/api.ts';
import type { AddCommand, Cli } from '../cli.ts';
import { type Format, outputOption, print, tableOr } from '../output.ts';
import type { Column } from '../table.ts';
import { countText, endpointText, spanText } from '../words.ts';
import { withFormat } from './format-option.ts';

interface Options {
  readonly output: Format;
  readonly limit: string;
  readonly after?: string;
  readonly from?: string;
  readonly to?: string;
  readonly outside?: string;
  readonly port?: string;
  readonly proto?: string;
  readonly feature?: string;
  readonly name?: string;
  readonly state?: string;
}

export const addSessions: AddCommand = (program, cli) => {
  program
    .command('sessions')
    .description('sessions, a page at a time; a walk is no snapshot')
    .addOption(outputOption())
    .addOption(withFormat('--from <addresses>', 'only clients in this prefix or range', 'address-set'))
    .addOption(withFormat('--to <addresses>', 'only destinations in this prefix or range', 'address-set'))
    .addOption(withFormat('--outside <addresses>', 'only pool addresses in this prefix or range', 'address-set'))
    .addOption(withFormat('--port <ports>', 'only if one of the ports is in this range', 'port-range'))
    .addOption(new Option('--proto <protocol>', 'only this protocol').choices(PROTOCOLS))
    .option('--feature <feature>', 'only of this feature')
    .option('--name <name>', 'only of this instance of the feature')
    .option('--state <state>', 'only in this state')
    .addOption(new Option('--limit <count>', 'sessions a page, 1 to 1000').default('100').argParser(limit))
    .option('--after <cursor>', 'the page after this one')
    .action(async (options: Options, command: Command) => {
      const { limit: most, after, from, to, outside, port, proto, feature, name, state } = options;
      const filters = { inside: from, destination: to, outside, port, proto, feature, instance: name, state };
      const page = await cli.client(command).call('sessions', { query: { ...filters, limit: most, after } });
      print(cli.io, options.output, {
        value: page,
        names: page.sessions.map(({ id }) => String(id)),
        lines: (wide) => tableOr('No sessions.', columns(cli), page.sessions, wide),
      });
      const people = options.output === 'table' || options.output === 'wide';
      if (people && page.sessions.length > 0) cli.io.stderr.write(`${footer(page, command, cli)}\n`);
    });
};

function limit(text: string): string {
  if (!/^([1-9]\d{0,2}|1000)$/.test(text)) throw new InvalidArgumentError('Write a number from 1 to 1000.');
  return text;
}

function columns(cli: Cli): Column<Session>[] {
  const number = (count: number): string => countText(count, cli.io.stdout.isTTY === true);
  const pair = (both: { toOutside: number; toInside: number } | undefined): string =>
    both === undefined ? '' : `${number(both.toOutside)}/${number(both.toInside)}`;
  return [
    { title: 'ID', text: ({ id }) => String(id), wide: true },
    { title: 'FEATURE', text: ({ feature }) => feature },
    { title: 'NAME', text: ({ instance, policy }) => policy ?? instance },
    { title: 'PROTO', text: ({ proto }) => proto },
    { title: 'INSIDE', text: ({ inside }) => endpointText(inside) },
    { title: 'DESTINATION', text: ({ destination }) => endpointText(destination) },
    { title: 'OUTSIDE', text: ({ outside }) => endpointText(outside) },
    { title: 'STATE', text: ({ state }) => state },
    { title: 'AGE', text: ({ ageMs }) => spanText(ageMs) },
    { title: 'IDLE', text: ({ idleMs }) => spanText(idleMs) },
    { title: 'VIA', text: pathText },
    { title: 'POOL', text: ({ instance }) => instance, wide: true },
    { title: 'EXPIRES', text: ({ expiresMs }) => spanText(expiresMs), wide: true },
    { title: 'PKTS', text: ({ packets }) => pair(packets) },
    { title: 'BYTES', text: ({ bytes }) => pair(bytes), wide: true },
  ];
}

/** Where the client is, and the tunnels on both sides: `prod-a 45123 vxlan 10.1.7.2 | srv6 fcbb:2::4`. */
function pathText({ table, identity, insidePath, outsidePath }: Session): string {
  const inside = [table, identity, insidePath].filter((part) => part !== undefined).join(' ');
  return outsidePath === undefined ? inside : `${inside} | ${outsidePath}`.trim();
}

/** How many there are, and what to type for the next ones. */
function footer(page: SessionPage, command: Command, cli: Cli): string {
  const shown = `${page.sessions.length} shown, ${countText(page.total, cli.io.stderr.isTTY === true)} in all`;
  if (page.next === undefined) return shown;
  const options = command.options.filter(
    (option) => option.long !== '--after' && command.getOptionValueSource(option.attributeName()) === 'cli',
  );
  const words = options.map((option) => `${option.long} ${String(command.getOptionValue(option.attributeName()))}`);
  const instance = cli.instance(command);
  const again = ['sixgate sessions', ...(instance === 'main' ? [] : [`--instance ${instance}`]), ...words];
  return `${shown} (${again.join(' ')} --after ${page.next})`;
}
