import { type Command, InvalidArgumentError } from 'commander';
import type { ExplainReply } from '../../contract/api-explain.ts';
import { formatAddress, parseAddress } from '../../model/address.ts';
import { parseEndpoint } from '../../model/endpoint.ts';
import type { AddCommand } from '../cli.ts';
import { type Format, outputOption, print, tableOr } from '../output.ts';
import type { Column } from '../table.ts';

interface Options {
  readonly output: Format;
  readonly tenant?: string;
  readonly slot?: string;
  readonly identity?: string;
}

type Verdict = ExplainReply['verdicts'][number];

export const addExplain: AddCommand = (program, cli) => {
  program
    .command('explain')
    .description('which egress policy a packet falls under, and why; ports make no difference')
    .argument('<source>', 'address of the client', address)
    .argument('<destination>', 'ADDRESS or ADDRESS:PORT', addressOfEndpoint)
    .addOption(outputOption())
    .option('--tenant <name>', 'tenant that the client is of')
    .option('--slot <name>', 'VXLAN slot that the client is behind')
    .option('--identity <number>', 'its security identity there', identity)
    .action(async (source: string, destination: string, options: Options, command: Command) => {
      const { output, ...where } = options;
      const answer = await cli.client(command).call('explain', { query: { source, destination, ...where } });
      print(cli.io, output, {
        value: answer,
        names: answer.policy === undefined ? [] : [answer.policy],
        lines: (wide) => [
          ...tableOr('No policy names this client.', columns, answer.verdicts, wide),
          ...conclusion(answer),
        ],
      });
    });
};

function address(text: string): string {
  const bytes = parseAddress(text);
  if (bytes === undefined) throw new InvalidArgumentError('Write an address, such as 10.20.0.5 or 2001:db8::5.');
  return formatAddress(bytes);
}

function addressOfEndpoint(text: string): string {
  const endpoint = parseEndpoint(text);
  return endpoint === undefined ? address(text) : formatAddress(endpoint.address);
}

function identity(text: string): string {
  if (!/^[1-9]\d{0,7}$/.test(text)) throw new InvalidArgumentError('Write a number, such as 12077.');
  return text;
}

const columns: readonly Column<Verdict>[] = [
  { title: 'POLICY', text: ({ policy }) => policy },
  { title: 'POOL', text: ({ pool }) => pool },
  { title: 'PRIORITY', text: ({ priority }) => String(priority), align: 'right' },
  { title: 'VERDICT', text: ({ verdict }) => verdict },
  { title: 'WHY', text: ({ reason }) => reason },
];

function conclusion(answer: ExplainReply): string[] {
  const { addresses, first, needed, outcome, pool } = answer;
  if (outcome === 'no-address') return [`-> dropped: pool ${pool} has no address of this family`];
  if (outcome === 'no-policy') {
    if (answer.slot !== undefined) return ['-> dropped: no policy, and pods have no other way'];
    const dropped = needed.length === 0 ? '' : `; dropped if it comes in by ${needed.join(', ')}`;
    return [`-> no policy: plain traffic, see firewall.forward${dropped}`];
  }
  const more = addresses.length === 1 ? '' : `, and ${addresses.length - 1} more when its ports are taken`;
  return [`-> source ${first} (pool ${pool}${more})`];
}
