import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DOCUMENT, fakeServices, TRACED_PACKET, WRONG_DOCUMENT } from '../../test/cli/fake-services.ts';
import { assert, seen, suite } from '../../test/kit/suite.ts';
import { apiRoutes } from '../contract/api.ts';
import { configSchema } from '../features/index.ts';
import { SixgateError } from '../model/errors.ts';
import { type ApiOptions, buildApi, startApi } from './server.ts';
import type { Services } from './services.ts';

const test = suite('api: server');
const directory = mkdtempSync(join(tmpdir(), 'sg-api-'));
test.after(() => rmSync(directory, { recursive: true }));

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly json: Record<string, unknown>;
}

async function ask(
  method: 'GET' | 'POST' | 'HEAD' | 'DELETE',
  url: string,
  more: { body?: unknown; services?: Partial<Services>; headers?: Record<string, string> } & ApiOptions = {},
): Promise<Answer> {
  const app = buildApi(fakeServices(more.services), { checkReplies: true, ...more });
  const reply = await app.inject({
    method,
    url,
    ...(more.headers === undefined ? {} : { headers: more.headers }),
    ...(more.body === undefined ? {} : { payload: more.body as string | object }),
  });
  await app.close();
  seen('route', `${method} ${url.replace(/\?.*/, '')}`);
  const json = reply.body === '' ? {} : (reply.json() as Record<string, unknown>);
  if (typeof json.code === 'string') seen('error', json.code);
  return { status: reply.statusCode, type: String(reply.headers['content-type']), json };
}

test.each(
  Object.values(apiRoutes).filter((route) => route.kind === undefined),
  ({ path }) => `${path} answers as its contract says`,
  async ({ method, path, body }) => {
    const given = path === apiRoutes.trace.path ? { in: 'lan', packet: TRACED_PACKET } : { text: DOCUMENT };
    const query = path === apiRoutes.explain.path ? '?source=10.8.3.7&destination=198.51.100.80' : '';
    const { status, type, json } = await ask(method, path + query, body === undefined ? {} : { body: given });
    assert.is(status, 200, JSON.stringify(json));
    assert.match(type, /^application\/json/);
  },
);

test('the schema is the one that was given', async () => {
  const { json } = await ask('GET', '/v1/schema');
  assert.equal(json, JSON.parse(JSON.stringify(configSchema)));
});

test('the query reaches the service as texts, with its defaults', async () => {
  const queries: unknown[] = [];
  const sessions = async (query: unknown) => {
    queries.push(query);
    return { sessions: [], total: 0 };
  };
  await ask('GET', '/v1/sessions', { services: { sessions } });
  await ask('GET', '/v1/sessions?limit=7&inside=2001:db8::/32&port=80-81&proto=tcp', { services: { sessions } });
  assert.equal(queries, [{ limit: '100' }, { limit: '7', inside: '2001:db8::/32', port: '80-81', proto: 'tcp' }]);
});

const refused: readonly (readonly [url: string, detail: string, hint?: string | RegExp])[] = [
  ['/v1/sessions?limit=0', 'limit must match', /Sessions a page/],
  ['/v1/sessions?limit=1001', 'limit must match'],
  ['/v1/sessions?lim=1', 'The query has an unknown key lim', /^Known: limit, after/],
  ['/v1/sessions?proto=sctp', 'proto: "sctp" is none of its values', 'Write tcp, udp, icmp'],
  ['/v1/sessions?inside=10.0.0.300', '300 is over 255', /Write a prefix/],
  ['/v1/sessions?port=70000', '70000 is over 65535'],
  ['/v1/status?x=1', 'The query has an unknown key x'],
];

test.each(
  refused,
  ([url]) => `${url} is refused with words`,
  async ([url, detail, hint]) => {
    const { status, type, json } = await ask('GET', url);
    assert.is(status, 400);
    assert.match(type, /^application\/problem\+json/);
    assert.is(json.code, 'API_BAD_REQUEST');
    assert.is(json.status, 400);
    assert.is(json.type, 'urn:sixgate:error:api-bad-request');
    assert.match(String(json.detail), detail);
    if (hint !== undefined) assert.match(String(json.hint), hint);
  },
);

test('bodies are not bent into shape', async () => {
  const path = '/v1/config/validate';
  const code = async (body: unknown, headers?: Record<string, string>): Promise<unknown> =>
    (await ask('POST', path, { body, ...(headers === undefined ? {} : { headers }) })).json.code;
  assert.is(await code({ text: 1 }), 'API_BAD_REQUEST');
  assert.is(await code({ text: DOCUMENT, more: 1 }), 'API_BAD_REQUEST');
  assert.is(await code({}), 'API_BAD_REQUEST');
  assert.is(await code('{"text":', { 'content-type': 'application/json' }), 'API_BAD_REQUEST');
  assert.is(await code('text: 1', { 'content-type': 'application/yaml' }), 'API_MEDIA_TYPE');
  assert.is(await code({ text: 'x'.repeat(9 * 1024 * 1024) }), 'API_TOO_LARGE');
  assert.is((await ask('POST', path)).json.code, 'API_BAD_REQUEST');
});

test('what is not there is said to be not there', async () => {
  assert.equal(
    await Promise.all(
      [ask('GET', '/v1/nothing'), ask('DELETE', '/v1/status?x'), ask('GET', '/v1/config/apply')].map(async (asked) => {
        const { status, json } = await asked;
        return [status, json.code, json.detail, json.hint];
      }),
    ),
    [
      [404, 'API_NOT_FOUND', 'There is nothing at /v1/nothing', undefined],
      [405, 'API_METHOD', 'DELETE is not possible at /v1/status', 'Use GET'],
      [405, 'API_METHOD', 'GET is not possible at /v1/config/apply', 'Use POST'],
    ],
  );
});

test('errors of a document are 422 with every place', async () => {
  for (const path of ['/v1/config/validate', '/v1/config/diff', '/v1/config/apply']) {
    const { status, type, json } = await ask('POST', path, { body: { text: WRONG_DOCUMENT, file: 'w.yaml' } });
    assert.is(status, 422);
    assert.match(type, /problem\+json/);
    const again = SixgateError.fromProblem(json as never);
    assert.match(
      again.toString(),
      /^w\.yaml:3:3 {2}CONFIG_UNKNOWN_KEY {2}Unknown key forword .*Did you mean forward\?$/,
    );
  }
});

test('who applies, and from which file, reaches the service', async () => {
  let given: unknown;
  const apply = async (document: unknown) => {
    given = document;
    return {
      revision: 2,
      previous: 1,
      changed: true,
      differences: [],
      lines: [],
      effects: [],
      tookMs: 1,
      problems: [],
    };
  };
  const body = { text: DOCUMENT, file: 'a.yaml', by: 'ops' };
  await ask('POST', '/v1/config/apply', { body, services: { apply } });
  assert.equal(given, body);
});

test('a fault is a 500 and goes to the log; a refusal does not', async () => {
  const faults: string[] = [];
  const onFault = (thrown: unknown, line: string): void => void faults.push(`${line}: ${(thrown as Error).message}`);
  const status = async () => {
    throw new TypeError('boom');
  };
  const reply = await ask('GET', '/v1/status', { services: { status }, onFault });
  assert.equal([reply.status, reply.json.code], [500, 'API_INTERNAL']);
  await ask('GET', '/v1/nothing', { onFault });
  assert.equal(faults, ['GET /v1/status: boom']);
});

test('a reply that breaks its contract is found when replies are checked', async () => {
  const drops = async () => ({ received: 1, dropped: 1, drops: [], more: 1 }) as never;
  assert.is((await ask('GET', '/v1/drops', { services: { drops } })).status, 500);
  assert.is((await ask('GET', '/v1/drops', { services: { drops }, checkReplies: false })).status, 200);
});

test('the socket is for root only, a dead one is replaced, a living one is not', async () => {
  const path = join(directory, 'api.sock');
  writeFileSync(path, '');
  const api = await startApi(path, 'main', fakeServices());
  assert.is(statSync(path).mode & 0o777, 0o600);
  await assert.rejects(
    startApi(path, 'main', fakeServices()),
    (error) => (error as SixgateError).code === 'INSTANCE_RUNNING',
  );
  const status = await new Promise<number | undefined>((resolve, reject) => {
    const outgoing = request({ socketPath: path, path: '/v1/status' }, (response) => {
      response.resume().once('end', () => resolve(response.statusCode));
    });
    outgoing.once('error', reject).end();
  });
  assert.is(status, 200);
  await api.close();
  assert.not.ok(existsSync(path));
  const nowhere = startApi(join(directory, 'no', 'api.sock'), 'main', fakeServices());
  await assert.rejects(nowhere, (error) => (error as SixgateError).code === 'API_SOCKET');
  seen('error', 'API_SOCKET');
});

test.run();
