import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { assert, atEnd, seen, suite } from '../../test/kit/suite.ts';
import type { Gap, MonitorEvent } from '../contract/api.ts';
import { SixgateError } from '../model/errors.ts';
import { ApiClient } from './client.ts';

const test = suite('cli: client');
const directory = mkdtempSync(join(tmpdir(), 'sg-client-'));
test.after(() => rmSync(directory, { recursive: true }));
const never = new AbortController().signal;
let number = 0;

/** A server that does what it is told with every connection. */
async function serve(onConnection: (socket: Socket) => void): Promise<string> {
  const path = join(directory, `${++number}.sock`);
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    sockets.push(socket);
    socket.on('error', () => undefined);
    onConnection(socket);
  });
  await new Promise<void>((resolve) => server.listen(path, resolve));
  atEnd(async () => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return path;
}

const answer =
  (text: string) =>
  (socket: Socket): void =>
    void socket.once('data', () => socket.end(text));

function isCode(code: string): (error: unknown) => boolean {
  seen('error', code);
  return (error) => error instanceof SixgateError && error.code === code;
}

const broken: readonly string[] = [
  '',
  'rubbish\r\n\r\n',
  'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"half":',
  'HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc',
  'HTTP/1.1 500 Oh\r\nContent-Length: 2\r\n\r\n{}',
];

test.each(
  broken,
  (text) => `an answer that is none: ${JSON.stringify(text)}`,
  async (text) => {
    const client = new ApiClient(await serve(answer(text)), 'main', never);
    await assert.rejects(client.call('status'), isCode('API_BROKEN'));
  },
);

test('a gateway that hangs is told apart', async () => {
  const client = new ApiClient(await serve(() => undefined), 'main', never, 50);
  await assert.rejects(client.call('status'), isCode('API_TOO_SLOW'));
});

test('who may not use the socket is told so', async () => {
  // Not even root may write to it; process.seteuid is no way, libuv refuses it where it may use io_uring.
  const client = new ApiClient('/proc/sys/kernel/osrelease', 'main', never);
  await assert.rejects(client.call('status'), isCode('API_DENIED'));
});

test('a stream is read across the borders of its pieces', async () => {
  const event = { at: '2026-01-02T03:04:05.006007Z', type: 'drop', text: 'a \u2192 b' };
  const bytes = Buffer.from(
    `HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n: hello\n\ndata: ${JSON.stringify(event)}\n\n` +
      'event: gap\ndata: {"dropped":7}\n\nevent: other\ndata: 1\n\n',
  );
  const path = await serve((socket) => {
    socket.setNoDelay(true).once('data', async () => {
      for (const byte of bytes) await new Promise((resolve) => socket.write(Buffer.of(byte), resolve));
      socket.end();
    });
  });
  const got: (MonitorEvent | Gap)[] = [];
  const client = new ApiClient(path, 'main', never);
  const push = (one: MonitorEvent | Gap): void => void got.push(one);
  await assert.rejects(client.listen(push, push, never), isCode('API_STREAM_ENDED'));
  assert.equal(got, [event, { dropped: 7 }]);
});

test.run();
