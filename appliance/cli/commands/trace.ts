import type { Command } from 'commander';
import type { TraceReply } from '../../contract/api-trace.ts';
import type { AddCommand } from '../cli.ts';
import { type Format, outputOption, print } from '../output.ts';
import { printable } from '../table.ts';

interface Options {
  readonly output: Format;
  readonly in: string;
  readonly hex?: true;
}

const GRAMMAR = `
A packet is one of
  tcp A:PORT > B:PORT [syn|ack|fin|rst|psh|noflags] [mss N] [len N]
  udp A:PORT > B:PORT [len N] [nosum]
  icmp echo|reply A > B [id N] [seq N] [len N]
  proto NUMBER A > B [len N]
  srv6 A > B [segs [C,D]] [left N] : PACKET
  vxlan A > B vni N [port N] [sport N] : PACKET
  hex:BYTES of a whole IP packet
each with [ttl N] [tos N] [df]. Left out: syn, ttl 64, no payload. An IPv6 address with its port is [A]:PORT or A:PORT.`;

/** Names of the stages stand in a column. */
const STAGE_WIDTH = 7;

export const addTrace: AddCommand = (program, cli) => {
  program
    .command('trace')
    .description('what would become of a packet, and why; nothing is sent and nothing is changed')
    .argument('<packet>', 'such as "tcp [2001:db8:1::42]:50712 > [64:ff9b::198.51.100.80]:443 syn"')
    .requiredOption('--in <interface>', 'interface that it comes in by')
    .option('--hex', 'the bytes of both packets, too')
    .addOption(outputOption().choices(['table', 'json', 'yaml', 'name']))
    .addHelpText('after', GRAMMAR)
    .action(async (packet: string, { output, in: port, hex }: Options, command: Command) => {
      const body = { in: port, packet, ...(hex ? { hex } : {}) };
      const answer = await cli.client(command).call('trace', { body });
      const { verdict, reason } = answer.result;
      print(cli.io, output, {
        value: answer,
        names: [reason ?? verdict],
        lines: () => lines(answer).map(printable),
      });
    });
};

function lines(answer: TraceReply): string[] {
  const width = String(answer.steps.length).length;
  const indent = ' '.repeat(width + STAGE_WIDTH + 4);
  const steps = answer.steps.flatMap(({ stage, lines: [first = '', ...more] }, index) => [
    ` ${String(index + 1).padStart(width)} ${stage.padEnd(STAGE_WIDTH)}  ${first}`,
    ...more.map((line) => indent + line),
  ]);
  return [
    ...steps,
    ...resultLines(answer).map((line, i) => ` ${(i === 0 ? '=' : '').padStart(width)} ${line}`),
    ...hexLines(answer),
  ];
}

function resultLines({ result, revision }: TraceReply): string[] {
  const { verdict, port, reason, meaning, packet, length } = result;
  const leaves = packet === undefined ? '' : `out ${port}  ${packet}, ${length} bytes`;
  const which = `(config r${revision})`;
  switch (verdict) {
    case 'forward':
      return [`FORWARD ${leaves}   ${which}`];
    case 'pass':
      return [`PASS to the kernel of this box   ${which}`];
    case 'answer':
      return [`ANSWER by the data path   ${which}`];
    case 'fragment':
      return [`FRAGMENT goes the way of the first one; what waits for what is not traced   ${which}`];
    default:
      return [`DROP ${reason}  ${meaning}   ${which}`, ...(leaves === '' ? [] : [`the sender is told: ${leaves}`])];
  }
}

/** Rows of 16 bytes with their offsets. */
function hexLines({ hex }: TraceReply): string[] {
  if (hex === undefined) return [];
  const dump = (title: string, digits: string | undefined): string[] => {
    if (digits === undefined) return [];
    const rows = digits.match(/.{1,32}/g) ?? [];
    const row = (text: string, i: number): string =>
      `  ${(i * 16).toString(16).padStart(4, '0')}  ${text.replace(/../g, '$& ').trimEnd()}`;
    return [title, ...rows.map(row)];
  };
  return [...dump('in', hex.in), ...dump('out', hex.out)];
}
