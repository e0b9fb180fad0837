/**
 * Many flows at once, made of two Python programs: 1,000 UDP sockets and 200 TCP connections that ask as long as they are let.
 * Each question has a number, and the next one of a flow is sent only when the answer to the last has come.
 */
import type { Host, RunningProcess } from '../kit/lab.ts';

const server = `
import selectors, socket, sys
port = int(sys.argv[1])
loop = selectors.DefaultSelector()
for address in sys.argv[2:]:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    u = socket.socket(family, socket.SOCK_DGRAM)
    u.setsockopt(socket.SOL_SOCKET, 33, 1 << 23) # SO_RCVBUFFORCE
    u.bind((address, port))
    loop.register(u, selectors.EVENT_READ, "udp")
    t = socket.create_server((address, port), family=family, backlog=1024)
    loop.register(t, selectors.EVENT_READ, "door")
print("listening", flush=True)
while True:
    for key, _ in loop.select():
        s = key.fileobj
        if key.data == "udp":
            data, peer = s.recvfrom(2048)
            s.sendto(data, peer)
        elif key.data == "door":
            c, peer = s.accept()
            loop.register(c, selectors.EVENT_READ, "tcp")
        else:
            try: data = s.recv(2048)
            except OSError: data = b""
            if data: s.sendall(data)
            else: loop.unregister(s); s.close()
`;

/** Rounds with a pause between them: one question a flow, at most 50 under way; whoever has no answer within five seconds misses it. */
const client = `
import json, resource, selectors, signal, socket, sys, time
resource.setrlimit(resource.RLIMIT_NOFILE, (4096, 4096))
port, addresses = int(sys.argv[1]), sys.argv[2:]
flows, ended, result = [], False, {"flows": 0, "rounds": 0, "answered": 0, "missing": 0, "resets": 0, "wrong": 0}
def end(*args):
    global ended
    ended = True
signal.signal(signal.SIGTERM, end)
loop = selectors.DefaultSelector()
for i in range(1200):
    address = addresses[i % len(addresses)]
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    s = socket.socket(family, socket.SOCK_DGRAM if i < 1000 else socket.SOCK_STREAM)
    s.settimeout(5)
    s.connect((address, port))
    loop.register(s, selectors.EVENT_READ, i)
    flows.append(s)
result["flows"] = len(flows)
number = 0
while not ended:
    number += 1
    for first in range(0, len(flows), 50):
        waiting = {}
        for i in range(first, min(first + 50, len(flows))):
            waiting[i] = b"%08d.%08d" % (i, number)
            try: flows[i].send(waiting[i])
            except OSError: result["resets"] += 1; del waiting[i]
        until = time.monotonic() + 5
        while waiting and time.monotonic() < until:
            for key, _ in loop.select(1):
                try: data = key.fileobj.recv(2048)
                except OSError: data = b""
                if data == b"": result["resets"] += 1; waiting.pop(key.data, None); loop.unregister(key.fileobj)
                elif waiting.pop(key.data, None) == data: result["answered"] += 1
                else: result["wrong"] += 1
        result["missing"] += len(waiting)
    result["rounds"] = number
    if number == 1: print("all flows are open", flush=True)
    time.sleep(0.1)
print(json.dumps(result), flush=True)
`;

/** What the flows went through. */
export interface FlowsResult {
  readonly flows: number;
  /** Questions that each flow has asked. */
  readonly rounds: number;
  readonly answered: number;
  /** Answers that did not come within five seconds. */
  readonly missing: number;
  /** Connections that ended, and errors on datagram sockets. */
  readonly resets: number;
  /** Answers to no question, or to another one. */
  readonly wrong: number;
}

/** Flows under way. */
export class Flows {
  readonly #process: RunningProcess;

  private constructor(process: RunningProcess) {
    this.#process = process;
  }

  /** Starts both ends; every flow has had an answer when it is given. */
  static async start(from: Host, to: Host, addresses: readonly string[], port = 7): Promise<Flows> {
    const echo = to.spawnProgram(['/usr/bin/python3', '-c', server, String(port), ...addresses]);
    await echo.waitFor(/^listening$/);
    const process = from.spawnProgram(['/usr/bin/python3', '-c', client, String(port), ...addresses]);
    await process.waitFor(/^all flows are open$/, { within: 60_000 });
    return new Flows(process);
  }

  /** Ends them behind a whole round. */
  async result(): Promise<FlowsResult> {
    this.#process.signal('SIGTERM');
    return JSON.parse(await this.#process.waitFor(/^\{/, { within: 60_000 })) as FlowsResult;
  }
}
