/**
 * `node server.js ADDRESS`: the web server of the demonstration's outside network. Every page holds a number that
 * exists nowhere else; it is written to standard output, with the address of the peer, before the page is sent.
 */
import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';

const [address = '0.0.0.0'] = process.argv.slice(2);

createServer((request, response) => {
  const nonce = randomBytes(12).toString('hex');
  const peer = request.socket.remoteAddress ?? '';
  process.stdout.write(`page ${nonce} ${peer}\n`);
  response.writeHead(200, { 'content-type': 'text/plain', connection: 'close' });
  response.end(`nonce ${nonce}\nYou come from ${peer}\n`);
}).listen(80, address, () => process.stdout.write('listening\n'));
