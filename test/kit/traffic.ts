/** Senders and receivers for the laboratory, made of the distribution's own tools: none of it is ours. */
import { type Host, quote, type RunningProcess } from './host.ts';

/** What `ping` told. */
export interface PingResult {
  readonly sent: number;
  readonly received: number;
  readonly output: string;
}

/** How to ping. */
export interface PingOptions {
  readonly count?: number;
  /** Bytes of payload. */
  readonly size?: number;
  /** Hop limit. */
  readonly ttl?: number;
  /** Never fragment (`-M do`). */
  readonly dontFragment?: boolean;
  readonly source?: string;
  /** Seconds to wait for an answer. */
  readonly waitSeconds?: number;
}

/** Pings an address; never throws for missing answers. */
export async function ping(host: Host, address: string, options: PingOptions = {}): Promise<PingResult> {
  const words = ['ping', '-n', '-i', '0.02', '-c', String(options.count ?? 1), '-W', String(options.waitSeconds ?? 1)];
  if (options.size !== undefined) words.push('-s', String(options.size));
  if (options.ttl !== undefined) words.push('-t', String(options.ttl));
  if (options.dontFragment === true) words.push('-M', 'do');
  if (options.source !== undefined) words.push('-I', options.source);
  const { stdout, stderr } = await host.try([...words, address].join(' '));
  const counts = /(\d+) packets transmitted, (\d+) received/.exec(stdout);
  return { sent: Number(counts?.[1] ?? 0), received: Number(counts?.[2] ?? 0), output: stdout + stderr };
}

const echoServer = `
import socket, sys, threading
kind, address, port = sys.argv[1], sys.argv[2], int(sys.argv[3])
family = socket.AF_INET6 if ":" in address else socket.AF_INET
s = socket.socket(family, socket.SOCK_STREAM if kind == "tcp" else socket.SOCK_DGRAM)
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.bind((address, port))
if kind == "udp":
    print("listening", flush=True)
    while True:
        data, peer = s.recvfrom(65535)
        print("from", peer[0], peer[1], len(data), flush=True)
        s.sendto(data, peer)
s.listen(128)
print("listening", flush=True)
def serve(c, peer):
    print("from", peer[0], peer[1], flush=True)
    while True:
        data = c.recv(65536)
        if not data: break
        c.sendall(data)
    c.close()
while True:
    c, peer = s.accept()
    threading.Thread(target=serve, args=(c, peer), daemon=True).start()
`;

const echoClient = `
import socket, sys
kind, address, port, source, wait = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]), float(sys.argv[5])
data = sys.stdin.buffer.read()
family = socket.AF_INET6 if ":" in address else socket.AF_INET
s = socket.socket(family, socket.SOCK_STREAM if kind == "tcp" else socket.SOCK_DGRAM)
s.settimeout(wait)
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
if source: s.bind(("::" if ":" in address else "0.0.0.0", source))
s.connect((address, port))
if kind == "udp":
    s.send(data)
    answer = s.recv(65535)
else:
    import threading
    def push():
        s.sendall(data)
        s.shutdown(socket.SHUT_WR)
    threading.Thread(target=push, daemon=True).start()
    answer = b""
    while True:
        part = s.recv(65536)
        if not part: break
        answer += part
sys.exit(0 if answer == data else 9)
`;

/** Starts a server that sends back what it gets; prints `from ADDRESS PORT` for each peer. Ready when it is given. */
export async function echo(host: Host, kind: 'tcp' | 'udp', address: string, port: number): Promise<RunningProcess> {
  const server = host.spawnProgram(['/usr/bin/python3', '-c', echoServer, kind, address, String(port)]);
  await server.waitFor(/^listening$/);
  return server;
}

/** What to send to an echo server. */
export interface ExchangeOptions {
  readonly data?: string;
  readonly sourcePort?: number;
  readonly waitSeconds?: number;
}

/**
 * Sends to an echo server and compares what comes back.
 *
 * @returns `same`, or the reason why not: `other` (bytes differ) or the last line of the error
 */
export async function exchange(
  host: Host,
  kind: 'tcp' | 'udp',
  address: string,
  port: number,
  options: ExchangeOptions = {},
): Promise<string> {
  const words = [kind, address, String(port), String(options.sourcePort ?? 0), String(options.waitSeconds ?? 20)];
  const { code, stderr } = await host.try(`/usr/bin/python3 -c ${quote(echoClient)} ${words.join(' ')}`, {
    input: options.data ?? 'sixgate',
  });
  if (code === 0) return 'same';
  return code === 9 ? 'other' : (stderr.trim().split('\n').at(-1) ?? `status ${code}`);
}

/** Sends the frames that a scapy expression makes out of a port of the host, as they are. */
export async function sendFrames(host: Host, port: string, expression: string): Promise<void> {
  const program = `import logging\nlogging.getLogger("scapy").setLevel(logging.ERROR)\nfrom scapy.all import *\nsendp(${expression}, iface="${port}", verbose=False)\n`;
  await host.run(`/usr/bin/python3 -c ${quote(program)}`);
}

/** An iperf3 server, and clients that ask it one after the other. */
export class Iperf {
  readonly #server: RunningProcess;
  #runs = 0;

  constructor(host: Host) {
    this.#server = host.spawn('exec iperf3 -s --forceflush');
  }

  /**
   * Runs a client; gives the bytes that the receiver counted: the last ones may be under way when iperf3 ends.
   *
   * @throws Error with what iperf3 says against it
   */
  async received(client: Host, address: string, options: string): Promise<number> {
    this.#runs += 1;
    // The server is done with a client later than the client itself, and sends away who comes before.
    await this.#server.waitFor(new RegExp(`Server listening.*#${this.#runs}\\)`));
    const { end, error } = JSON.parse(await client.run(`iperf3 -c ${address} ${options} --json`)) as {
      end: { sum_received?: { bytes: number }; sum?: { bytes: number } };
      error?: string;
    };
    if (error !== undefined) throw new Error(`iperf3 ${options}: ${error}`);
    return end.sum_received?.bytes ?? end.sum?.bytes ?? 0;
  }
}
