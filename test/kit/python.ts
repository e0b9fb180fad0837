/** A Python interpreter on a host that keeps its sockets between two lines of a test: none of it is ours. */
import { execFileSync } from 'node:child_process';
import { appendFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Host, RunningProcess } from './host.ts';

/**
 * What every interpreter knows: sockets that give up after three seconds (`udp`, `tcp`, `listen`), `got` (a datagram
 * as [address, port, text or length]), `me` (a socket's own port).
 */
const prelude = `
import hashlib, json, os, socket, struct, sys, traceback
from socket import *
IP_MTU_DISCOVER, IP_MTU, SO_NO_CHECK = 10, 14, 11
IPV6_MTU_DISCOVER, IPV6_MTU = 23, 24
def family(address):
    return AF_INET6 if ":" in address else AF_INET
def udp(address, port=0):
    s = socket(family(address), SOCK_DGRAM)
    s.settimeout(20)
    s.bind((address, port))
    return s
def tcp(address, port, source=0):
    s = socket(family(address), SOCK_STREAM)
    s.settimeout(20)
    s.setsockopt(SOL_SOCKET, SO_REUSEADDR, 1)
    if source: s.bind(("::" if ":" in address else "0.0.0.0", source))
    s.connect((address, port))
    return s
def listen(address, port):
    s = socket(family(address), SOCK_STREAM)
    s.settimeout(20)
    s.setsockopt(SOL_SOCKET, SO_REUSEADDR, 1)
    s.bind((address, port))
    s.listen(16)
    return s
def me(s):
    return s.getsockname()[1]
def got(s):
    data, peer = s.recvfrom(65535)
    return [peer[0], peer[1], data.decode() if len(data) < 200 else len(data)]
def error(work):
    try: work()
    except OSError as e: return e.strerror or str(e)
    return None
def abort(s):
    s.setsockopt(SOL_SOCKET, SO_LINGER, struct.pack("ii", 1, 0))
    s.close()
scope = globals()
with open(sys.argv[1], "r+b", buffering=0) as commands:
    print("listening", flush=True)
    buffered = b""
    while True:
        buffered += commands.read(65536)
        while b"\\n" in buffered:
            line, buffered = buffered.split(b"\\n", 1)
            number, code = json.loads(line)
            try:
                try: value = eval(compile(code, "test", "eval"), scope)
                except SyntaxError:
                    exec(compile(code, "test", "exec"), scope)
                    value = None
                print(f"#{number} ok {json.dumps(value, default=lambda o: None)}", flush=True)
            except Exception as e:
                print(f"#{number} failed {type(e).__name__}: {e}", flush=True)
`;

let counter = 0;

/** A running interpreter; it ends with its host. */
export class Python {
  readonly #process: RunningProcess;
  readonly #pipe: string;
  #number = 0;

  private constructor(process: RunningProcess, pipe: string) {
    this.#process = process;
    this.#pipe = pipe;
  }

  /** Starts one on a host and waits until it listens to commands. */
  static async start(host: Host): Promise<Python> {
    counter += 1;
    const pipe = join(tmpdir(), `python-${counter}`);
    execFileSync('mkfifo', [pipe]);
    const process = host.spawnProgram(['/usr/bin/python3', '-c', prelude, pipe]);
    await process.waitFor(/^listening$/);
    return new Python(process, pipe);
  }

  /**
   * Runs a statement, or gives the value of an expression; what JSON cannot hold is null.
   *
   * @throws Error with the name and the text of the exception
   */
  async do<T = unknown>(code: string): Promise<T> {
    this.#number += 1;
    const number = this.#number;
    appendFileSync(this.#pipe, `${JSON.stringify([number, code])}\n`);
    const line = await this.#process.waitFor(new RegExp(`^#${number} `));
    const [, outcome, text = ''] = /^#\d+ (\w+) (.*)$/s.exec(line) ?? [];
    if (outcome !== 'ok') throw new Error(`"${code}": ${text}`);
    return JSON.parse(text) as T;
  }
}
