/** What a round sends: programs that know nothing of Sixgate, and what they say came of it. */
import { type Ended, runIn } from './lab.ts';
import type { Scene } from './scenes.ts';
import type { Stage } from './stage.ts';

/** What the sender's side tells. */
export interface Sent {
  /** What was asked for, for people. */
  readonly what: string;
  /** Undefined when the program was content, else its sentence. */
  readonly complaint?: string;
  /** IP packets that must at least have arrived at the server. */
  readonly minFrames: number;
  /** Bytes that must at least have arrived there. */
  readonly minBytes: number;
  /** The number of the page that came. */
  readonly nonce?: string;
}

export interface Step {
  readonly name: string;
  /** What will be sent, for people. */
  readonly what: string;
  readonly run: (stage: Stage) => Promise<Sent>;
}

const PINGS = 5;
const TCP_MIB = 8;
const TCP_WINDOW = '256K';
/** All but what a window's buffers may hold at the end. */
const TCP_LEAST_BYTES = (TCP_MIB - 2) * 2 ** 20;
/** As many as the receiver's buffer holds: a receiver that gets no time to run loses none. */
const UDP_DATAGRAMS = 64;
const UDP_PAYLOAD_BYTES = 1_200;
/** The kernel doubles it, and charges a whole page and more for each datagram (socket(7), SO_RCVBUF). */
const UDP_WINDOW = '200K';
const UDP_BITS_PER_SECOND = '5M';

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1) ?? '';
}

function complaintOf(ended: Ended): string {
  return lastLine(ended.stderr) || lastLine(ended.stdout) || `exit status ${ended.code}`;
}

const familyOf = ({ target }: Scene): 4 | 6 => (target.includes(':') ? 6 : 4);

const curl: Step = {
  name: 'curl',
  what: '1 page',
  run: async ({ scene }) => {
    const url = scene.target.includes(':') ? `http://[${scene.target}]/` : `http://${scene.target}/`;
    const ended = await runIn(scene.client, ['curl', '-sS', '--globoff', '--noproxy', '*', '--max-time', '8', url]);
    const nonce = /^nonce ([0-9a-f]+)$/m.exec(ended.stdout)?.[1];
    const sent = { what: '1 page', minFrames: 3, minBytes: 0 };
    if (ended.code !== 0) return { ...sent, complaint: complaintOf(ended) };
    return nonce === undefined ? { ...sent, complaint: 'the page holds no nonce' } : { ...sent, nonce };
  },
};

const ping: Step = {
  name: 'ping',
  what: `${PINGS} echo requests`,
  run: async ({ scene }) => {
    const command = [
      'ping',
      `-${familyOf(scene)}`,
      '-n',
      '-c',
      String(PINGS),
      '-i',
      '0.1',
      '-W',
      '1',
      '-w',
      '6',
      scene.target,
    ];
    const ended = await runIn(scene.client, command);
    const [, asked, answered] = /(\d+) packets transmitted, (\d+) received/.exec(ended.stdout) ?? [];
    const sent = { what: `${asked ?? PINGS} echo requests`, minFrames: PINGS, minBytes: 0 };
    if (answered === undefined) return { ...sent, complaint: complaintOf(ended) };
    return answered === asked ? sent : { ...sent, complaint: `${answered} of ${asked} were answered` };
  },
};

/** The parts of iperf3's report that count. */
interface Report {
  readonly error?: string;
  readonly end?: {
    readonly sum?: { readonly packets?: number; readonly lost_packets?: number };
    readonly sum_received?: { readonly bytes?: number; readonly bits_per_second?: number };
  };
}

async function iperf(stage: Stage, ...more: string[]): Promise<Report> {
  const { client, target } = stage.scene;
  const command = [
    'iperf3',
    `--version${familyOf(stage.scene)}`,
    '--json',
    '--connect-timeout',
    '5000',
    '--client',
    target,
    ...more,
  ];
  const ended = await runIn(client, command, 20_000);
  try {
    const report = JSON.parse(ended.stdout) as Report;
    return ended.code === 0 || report.error !== undefined ? report : { error: complaintOf(ended) };
  } catch {
    return { error: complaintOf(ended) };
  }
}

const tcp: Step = {
  name: 'iperf3 TCP',
  what: `${TCP_MIB} MiB`,
  run: async (stage) => {
    const { error, end } = await iperf(stage, '--bytes', `${TCP_MIB}M`, '--window', TCP_WINDOW);
    // iperf3 ends when all is written: what is in the sender's buffer then, its server never reads.
    const received = end?.sum_received?.bytes ?? 0;
    const sent = { what: `${TCP_MIB} MiB`, minFrames: 1, minBytes: Math.max(received, TCP_LEAST_BYTES) };
    if (error !== undefined) return { ...sent, complaint: error };
    if (received < TCP_LEAST_BYTES) return { ...sent, complaint: `the server's iperf3 has only ${received} bytes` };
    return sent;
  },
};

const udp: Step = {
  name: 'iperf3 UDP',
  what: `${UDP_DATAGRAMS} datagrams`,
  run: async (stage) => {
    const size = ['--length', String(UDP_PAYLOAD_BYTES), '--window', UDP_WINDOW];
    const count = ['--bitrate', UDP_BITS_PER_SECOND, '--blockcount', String(UDP_DATAGRAMS)];
    const { error, end } = await iperf(stage, '--udp', ...size, ...count);
    const packets = end?.sum?.packets ?? 0;
    const lost = end?.sum?.lost_packets ?? packets;
    const sent = { what: `${packets} datagrams`, minFrames: packets, minBytes: packets * UDP_PAYLOAD_BYTES };
    if (error !== undefined) return { ...sent, what: 'datagrams', complaint: error };
    if (packets === 0) return { ...sent, complaint: 'no datagram was sent' };
    return lost === 0 ? sent : { ...sent, complaint: `the server's iperf3 misses ${lost} of ${packets}` };
  },
};

/** The last one shows that all still stands that carried the others. */
const again: Step = { ...curl, name: 'curl again' };

export const steps: readonly Step[] = [curl, ping, tcp, udp, again];
