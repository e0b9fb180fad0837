import { mkdtempSync, rmSync } from 'node:fs';
import { type IncomingMessage, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FakeEvents, fakeServices } from '../../test/cli/fake-services.ts';
import { assert, atEnd, eventually, seen, suite } from '../../test/kit/suite.ts';
import { type ApiOptions, startApi } from './server.ts';

const test = suite('api: events');
const directory = mkdtempSync(join(tmpdir(), 'sg-sse-'));
test.after(() => rmSync(directory, { recursive: true }));
let number = 0;

async function start(options: ApiOptions = {}) {
  const events = new FakeEvents();
  const path = join(directory, `${++number}.sock`);
  const api = await startApi(path, 'main', fakeServices({ events }), options);
  let closed = false;
  const close = async (): Promise<void> => {
    if (!closed) await api.close();
    closed = true;
  };
  atEnd(close);
  const open = (): Promise<IncomingMessage> =>
    new Promise((resolve, reject) => {
      const outgoing = request({ socketPath: path, path: '/v1/events', agent: false }, resolve);
      outgoing.once('error', reject);
      outgoing.end();
    });
  return { events, open, close };
}

/** Everything that has come so far. */
function collect(response: IncomingMessage): { text: string; ended: boolean } {
  const got = { text: '', ended: false };
  response
    .setEncoding('utf8')
    .resume()
    .on('data', (chunk: string) => {
      got.text += chunk;
    });
  response
    .on('error', () => undefined)
    .on('close', () => {
      got.ended = true;
    });
  return got;
}

test('every client gets every event; the source is subscribed once, and only while somebody listens', async () => {
  const { events, open } = await start();
  assert.is(events.handlers.size, 0);
  const responses = [await open(), await open()];
  seen('route', 'GET /v1/events');
  assert.is(responses[0]?.headers['content-type'], 'text/event-stream');
  const got = responses.map(collect);
  assert.is(events.handlers.size, 1);
  events.send({ text: 'one' });
  events.send({ text: 'two\nlines' });
  await eventually(() => got.every(({ text }) => text.includes('two')));
  for (const { text } of got) {
    const data = text.split('\n\n').filter((part) => part.startsWith('data: '));
    assert.equal(
      data.map((part) => JSON.parse(part.slice(6)).text),
      ['one', 'two\nlines'],
    );
  }
  responses[0]?.destroy();
  responses[1]?.destroy();
  await eventually(() => events.handlers.size === 0);
});

test('a sign of life comes when nothing happens', async () => {
  const { open } = await start({ heartbeatMs: 10 });
  const got = collect(await open());
  await eventually(() => got.text.includes(': alive\n\n: alive'));
  assert.match(got.text, /^: sixgate\n\n/);
});

test('a client that does not read costs little, and is told what it missed', async () => {
  const { events, open } = await start({ mostWaitingBytes: 64 * 1024, heartbeatMs: 50 });
  const slow = await open();
  slow.pause();
  const fast = collect(await open());
  const text = 'x'.repeat(1000);
  const total = 5000;
  let sent = 0;
  await new Promise<void>((resolve) => {
    const more = (): void => {
      // No faster than a client that reads.
      if (sent === 0 || fast.text.slice(-1500).includes(`"${sent} x`)) {
        for (let i = 0; i < 10; i++) events.send({ text: `${++sent} ${text}` });
      }
      if (sent < total) setImmediate(more);
      else resolve();
    };
    more();
  });
  events.send({ text: 'last' });
  await eventually(() => fast.text.includes('"text":"last"'));
  assert.not.match(fast.text, 'event: gap');

  const got = collect(slow);
  await eventually(() => got.text.includes('event: gap'));
  events.send({ text: 'after' });
  await eventually(() => got.text.includes('"text":"after"'));
  const dropped = [...got.text.matchAll(/event: gap\ndata: (.*)\n\n/g)].map(
    (match) => JSON.parse(match[1] as string).dropped,
  );
  const received = got.text.match(/^data: \{"at"/gm)?.length ?? 0;
  assert.is(dropped.reduce((sum, count) => sum + count, 0) + received, total + 2);
  // What waited for it: the buffers of both sockets and our own bound, not all of the 5 MB.
  assert.between(received, 1, 2000);
  slow.destroy();
});

test('there are so many clients, and no more until one goes', async () => {
  const { open } = await start({ mostClients: 2 });
  const first = await open();
  await open();
  const third = await open();
  const got = collect(third);
  assert.is(third.statusCode, 503);
  await eventually(() => got.ended);
  assert.is(JSON.parse(got.text).code, 'API_TOO_MANY_STREAMS');
  seen('error', 'API_TOO_MANY_STREAMS');
  first.destroy();
  await eventually(async () => {
    const again = await open();
    if (again.statusCode !== 200) again.resume();
    return again.statusCode === 200;
  });
});

test('closing ends the streams, whether they read or not', async () => {
  const { events, open, close } = await start();
  const got = collect(await open());
  const deaf = await open();
  deaf.pause().on('error', () => undefined);
  for (let i = 0; i < 2000; i++) events.send({ text: 'x'.repeat(1000) });
  const started = performance.now();
  await close();
  assert.between(performance.now() - started, 0, 2000);
  await eventually(() => got.ended);
  assert.is(events.handlers.size, 0);
});

test.run();
