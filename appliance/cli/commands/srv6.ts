import type { Command } from 'commander';
import type { PolicyView, SidView, Srv6Reply, SteeringView } from '../../contract/api-srv6.ts';
import type { AddCommand, Cli } from '../cli.ts';
import { type Format, outputOption, print, tableOr } from '../output.ts';
import type { Column } from '../table.ts';
import { countText } from '../words.ts';

interface Options {
  readonly output: Format;
}

type ListRow = PolicyView['lists'][number] & { readonly policy: PolicyView };

export const addSrv6: AddCommand = (program, cli) => {
  const srv6 = program.command('srv6').description('segment routing: SIDs, policies and what is steered into them');
  listing(srv6, cli, 'sids', 'SIDs of this gateway, and their packets', {
    rows: ({ sids }) => sids,
    name: ({ sid }) => sid,
    none: 'No SIDs.',
    columns: sidColumns(cli),
  });
  listing(srv6, cli, 'policies', 'policies, a line for each segment list', {
    rows: ({ policies }) => policies,
    name: ({ name }) => name,
    none: 'No policies.',
    columns: listColumns,
    lines: (policies: readonly PolicyView[]) =>
      policies.flatMap((policy) => policy.lists.map((list) => ({ ...list, policy }))),
  });
  listing(srv6, cli, 'steering', 'destinations that are reached through policies', {
    rows: ({ steering }) => steering,
    name: ({ to }) => to,
    none: 'Nothing is steered.',
    columns: steeringColumns,
  });
};

interface Listing<Row, Line> {
  readonly rows: (reply: Srv6Reply) => readonly Row[];
  readonly name: (row: Row) => string;
  readonly none: string;
  readonly columns: readonly Column<Line>[];
  /** Lines of the table, where they are not the rows themselves. */
  readonly lines?: (rows: readonly Row[]) => readonly Line[];
}

function listing<Row, Line = Row>(
  parent: Command,
  cli: Cli,
  word: 'sids' | 'policies' | 'steering',
  description: string,
  { rows, name, none, columns, lines }: Listing<Row, Line>,
): void {
  parent
    .command(word)
    .description(description)
    .addOption(outputOption())
    .action(async (options: Options, command: Command) => {
      const found = rows(await cli.client(command).call('srv6'));
      print(cli.io, options.output, {
        value: { [word]: found },
        names: found.map(name),
        lines: (wide) => tableOr(none, columns, lines?.(found) ?? (found as unknown as readonly Line[]), wide),
      });
    });
}

function sidColumns(cli: Cli): Column<SidView>[] {
  const number = (count: number): string => countText(count, cli.io.stdout.isTTY === true);
  return [
    { title: 'SID', text: ({ sid }) => sid },
    { title: 'BEHAVIOR', text: ({ behavior }) => behavior },
    { title: 'FLAVORS', text: ({ flavors }) => flavors.join(',') },
    { title: 'TENANT', text: ({ tenant }) => tenant ?? '' },
    { title: 'INTERFACE', text: (sid) => sid.interface ?? '' },
    { title: 'VIA', text: ({ via }) => via ?? '' },
    { title: 'STATE', text: ({ state }) => state },
    { title: 'PKTS', text: ({ packets }) => number(packets), align: 'right' },
    { title: 'BYTES', text: ({ bytes }) => number(bytes), align: 'right', wide: true },
  ];
}

const listColumns: readonly Column<ListRow>[] = [
  { title: 'POLICY', text: ({ policy }) => policy.name },
  { title: 'ENCAPSULATION', text: ({ policy }) => policy.encapsulation },
  { title: 'WEIGHT', text: ({ weight }) => String(weight), align: 'right' },
  { title: 'SHARE', text: ({ share }) => `${share}/16`, align: 'right' },
  { title: 'SEGMENTS', text: ({ segments }) => segments.join(' ') },
  { title: 'OVERHEAD', text: ({ overhead }) => `${overhead} B`, align: 'right', wide: true },
  { title: 'STEERED', text: ({ policy }) => String(policy.steered), align: 'right', wide: true },
];

const steeringColumns: readonly Column<SteeringView>[] = [
  { title: 'TO', text: ({ to }) => to },
  { title: 'TENANT', text: ({ tenant }) => tenant ?? '' },
  { title: 'POLICY', text: ({ policy }) => policy },
];
