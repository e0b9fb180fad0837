/** A web server for bulk transfers, made of Python's own, and curl to talk to it. */
import { createHash } from 'node:crypto';
import type { Host, RunningProcess } from './host.ts';

/** GET /N gives N bytes that never repeat in the rhythm of a segment; PUT answers with the digest of what came. */
const program = `
import hashlib, http.server, socket, socketserver, sys
block = bytes(i * 7919 % 251 for i in range(65521))
class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def answer(self, body):
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def do_GET(self):
        size = int(self.path[1:])
        self.answer((block * (size // len(block) + 1))[:size])
    def do_PUT(self):
        left, digest = int(self.headers["Content-Length"]), hashlib.sha256()
        while left:
            part = self.rfile.read(min(left, 65536))
            if not part: return
            digest.update(part)
            left -= len(part)
        self.answer(digest.hexdigest().encode())
    def log_message(self, *args): pass
class Server(socketserver.ThreadingTCPServer):
    daemon_threads = allow_reuse_address = True
    address_family = socket.AF_INET6 if ":" in sys.argv[1] else socket.AF_INET
server = Server((sys.argv[1], int(sys.argv[2])), Handler)
print("listening", flush=True)
server.serve_forever()
`;

/** Starts the server; ready when it is given. */
export async function web(host: Host, address: string, port = 80): Promise<RunningProcess> {
  const server = host.spawnProgram(['/usr/bin/python3', '-c', program, address, String(port)]);
  await server.waitFor(/^listening$/);
  return server;
}

/** The digest (SHA-256, hexadecimal) of the body that `GET /BYTES` must give. */
export function bodyDigest(bytes: number): string {
  const block = Buffer.alloc(65_521);
  for (let i = 0; i < block.length; i += 1) block[i] = (i * 7_919) % 251;
  const body = Buffer.alloc(bytes);
  for (let at = 0; at < bytes; at += block.length) block.copy(body, at);
  return createHash('sha256').update(body).digest('hex');
}

const curl = 'curl -sS --fail --connect-timeout 20 --max-time 120 --noproxy "*"';

/** Downloads so many bytes by curl; gives the digest of what came. `address` is bracketed by the caller if IPv6. */
export async function download(host: Host, address: string, bytes: number): Promise<string> {
  return (await host.run(`${curl} http://${address}/${bytes} | sha256sum`)).slice(0, 64);
}

/** Uploads the body of `GET /BYTES` by curl; gives the digest that the server saw. */
export async function upload(host: Host, address: string, bytes: number): Promise<string> {
  const make = `/usr/bin/python3 -c 'import sys; b = bytes(i * 7919 % 251 for i in range(65521)); sys.stdout.buffer.write((b * (${bytes} // len(b) + 1))[:${bytes}])'`;
  return host.run(`${make} > "$TMPDIR/body-${bytes}" && ${curl} -T "$TMPDIR/body-${bytes}" http://${address}/body`);
}
