/** What passed a port: a capture by tcpdump, read by tshark, which shares no code with the product. */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { eventually } from './eventually.ts';
import type { Host, RunningProcess } from './host.ts';

const execFileAsync = promisify(execFile);

/** tshark verifies every checksum, and takes no packet for a part of another. */
const strict = [
  '-o',
  'ip.check_checksum:TRUE',
  '-o',
  'tcp.check_checksum:TRUE',
  '-o',
  'udp.check_checksum:TRUE',
  '-o',
  'sctp.checksum:TRUE',
  '-o',
  'ip.defragment:FALSE',
  '-o',
  'ipv6.defragment:FALSE',
  // Ports are random: what stands behind them is no message of the protocol that they are registered for.
  '-d',
  'udp.port==1-65535,data',
  '-d',
  'tcp.port==1-65535,data',
];

/** Frames that are malformed or carry a wrong checksum. A status of 0 is "bad", 2 "not verified". */
const unclean = [
  '_ws.malformed',
  'ip.checksum.status == 0',
  'tcp.checksum.status == 0',
  'udp.checksum.status == 0',
  'icmp.checksum.status == 0',
  'icmpv6.checksum.status == 0',
  'udp.length.bad',
  'ip.bogus_ip_length',
].join(' || ');

async function tshark(args: readonly string[]): Promise<string> {
  const { stdout } = await execFileAsync('tshark', ['-n', ...args], { maxBuffer: 256 << 20, timeout: 180_000 });
  return stdout;
}

/**
 * Reads fields of the packets of a capture file.
 *
 * @param fields names as tshark knows them, such as `ipv6.src`
 * @param filter display filter, as Wireshark's
 * @returns one record a packet; a field that occurs several times in a packet is joined by commas
 */
export async function readFields<F extends string>(
  pcap: string,
  fields: readonly F[],
  filter = '',
): Promise<Record<F, string>[]> {
  const args = [
    ...strict,
    '-r',
    pcap,
    '-T',
    'fields',
    '-E',
    'separator=/t',
    '-E',
    'occurrence=a',
    ...fields.flatMap((field) => ['-e', field]),
  ];
  if (filter !== '') args.push('-Y', filter);
  const text = await tshark(args);
  const lines = text === '' ? [] : text.replace(/\n$/, '').split('\n');
  return lines.map((line) => {
    const values = line.split('\t').map(numberTruth);
    return Object.fromEntries(fields.map((field, index) => [field, values[index] ?? ''])) as Record<F, string>;
  });
}

/** Flags: `1` and `0` as tshark 4.0 (Debian 12) says it; 4.4 (Debian 13) says `True` and `False`. */
function numberTruth(value: string): string {
  return /^(True|False)(,(True|False))*$/.test(value) ? value.replaceAll('True', '1').replaceAll('False', '0') : value;
}

/** Numbers, from 1, of the frames that are malformed or have a wrong checksum. */
export async function uncleanFrames(pcap: string): Promise<readonly number[]> {
  const found = await readFields(pcap, ['frame.number'], unclean);
  return found.map((record) => Number(record['frame.number']));
}

/**
 * Demands that every packet of a capture is well formed and has right checksums.
 *
 * @throws Error that quotes tshark on the first bad packets, or says that the capture is empty
 */
export async function checkClean(pcap: string): Promise<void> {
  const all = await readFields(pcap, ['frame.number']);
  if (all.length === 0) throw new Error(`${pcap} holds no packet: nothing was checked`);
  const bad = await tshark([...strict, '-r', pcap, '-Y', unclean]);
  if (bad.trim() === '') return;
  const detail = await tshark([...strict, '-r', pcap, '-Y', unclean, '-c', '3', '-V']);
  throw new Error(`packets that are malformed or have wrong checksums:\n${bad}\n${detail.slice(0, 6_000)}`);
}

/** The frames of a classic pcap file (microseconds or nanoseconds, either byte order), as they were on the wire. */
export function readFrames(pcap: string): Uint8Array[] {
  const file = readFileSync(pcap);
  const magic = file.readUInt32LE(0);
  const little = magic === 0xa1b2c3d4 || magic === 0xa1b23c4d;
  const frames: Uint8Array[] = [];
  for (let offset = 24; offset + 16 <= file.length; ) {
    const length = little ? file.readUInt32LE(offset + 8) : file.readUInt32BE(offset + 8);
    if (offset + 16 + length > file.length) break;
    frames.push(new Uint8Array(file.subarray(offset + 16, offset + 16 + length)));
    offset += 16 + length;
  }
  return frames;
}

let counter = 0;

/** A running capture. */
export class Capture {
  readonly path: string;
  readonly #process: RunningProcess;
  #stopped = false;

  private constructor(path: string, process: RunningProcess) {
    this.path = path;
    this.#process = process;
  }

  /** Starts tcpdump on a port of the host and waits until it listens. `filter` is tcpdump's. */
  static async start(host: Host, port: string, filter: string): Promise<Capture> {
    counter += 1;
    const path = join(tmpdir(), `capture-${counter}-${host.name}-${port}.pcap`);
    // -Z root: the private directory belongs to root, and tcpdump would become another user.
    // Each packet takes a slot as long as the snapshot: 32 MiB hold 20,000 frames of 1,600 bytes, 3,500 jumbo ones,
    // and 30 of unlimited length.
    const [, mtu] = /mtu (\d+)/.exec(await host.run(`ip link show dev ${port}`)) ?? [];
    const snapshotBytes = Number(mtu ?? 9_200) + 100;
    const args = [
      'tcpdump',
      '-U',
      '-n',
      '-Z',
      'root',
      '--immediate-mode',
      '-s',
      String(snapshotBytes),
      '-B',
      '32768',
      '-i',
      port,
      '-w',
      path,
    ];
    const process = host.spawnProgram(filter === '' ? args : [...args, filter]);
    await process.waitFor(/listening on/);
    return new Capture(path, process);
  }

  /** The frames that came so far. */
  frames(): Uint8Array[] {
    return readFrames(this.path);
  }

  /** Waits until at least `count` frames have come. */
  async waitForFrames(count: number, within = 30_000): Promise<void> {
    await eventually(
      () => {
        const have = this.frames().length;
        if (have < count) throw new Error(`${have} of ${count} frames were captured`);
      },
      { within },
    );
  }

  /** Ends the capture once tcpdump has written all that the kernel handed it; gives the path of the file. */
  async stop(): Promise<string> {
    if (this.#stopped) return this.path;
    // tcpdump tells on SIGUSR1 how many packets passed its filter; the last ones may still be in its ring.
    const line = await eventually(async () => {
      const from = this.#process.lines.length;
      this.#process.signal('SIGUSR1');
      const told = await this.#process.waitFor(/packets? captured/, { within: 1_000, from });
      const [captured = 0, received = 0, lost = 0] = [...told.matchAll(/(\d+) packets?/g)].map((match) =>
        Number(match[1]),
      );
      if (captured + lost !== received) throw new Error(`tcpdump has written ${captured} of ${received} packets`);
      return lost === 0 ? '' : told;
    });
    if (line !== '') throw new Error(`the capture is not complete: ${line}`);
    await this.#process.stop('SIGINT');
    this.#stopped = true;
    return this.path;
  }

  /** Fields of the packets, read by tshark; stops the capture first. See `readFields`. */
  async packets<F extends string>(fields: readonly F[], filter = ''): Promise<Record<F, string>[]> {
    return readFields(await this.stop(), fields, filter);
  }

  /** Stops the capture and demands that it holds packets, all of them well formed with right checksums. */
  async checkClean(): Promise<void> {
    await checkClean(await this.stop());
  }
}
