import { writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { seen } from '../kit/report.ts';
import { assert, suite } from '../kit/suite.ts';
import { ping } from '../kit/traffic.ts';
import { configuration, openScene, server6 } from './scene.ts';

const test = suite('daemon: refusals');
const right = configuration();

/** Replaces one part of the right document. */
function wrong(part: string, by: string): string {
  const text = right.replace(part, by);
  if (text === right) throw new Error(`the document does not hold "${part}"`);
  return text;
}

interface Refusal {
  readonly what: string;
  readonly text: string | Uint8Array;
  readonly code: string;
  /** Text at the place that the error points to. */
  readonly at?: string;
  /** What the sentence or the hint must say. */
  readonly says: readonly (string | RegExp)[];
}

const refusals: readonly Refusal[] = [
  {
    what: 'an unknown key',
    text: wrong('limits: {sessions', 'limits: {sesions'),
    code: 'CONFIG_UNKNOWN_KEY',
    at: 'sesions',
    says: ['sesions', /sessions\b/],
  },
  {
    what: 'a wrong type',
    text: wrong('sessions: 4096', 'sessions: many'),
    code: 'CONFIG_',
    at: 'many',
    says: ['many', /number/],
  },
  {
    what: 'overlapping pools',
    text: wrong('198.51.100.10-198.51.100.11}', '198.51.100.10-198.51.100.11}, {addresses: 198.51.100.11}'),
    code: 'NAT64_POOL_OVERLAP',
    at: '198.51.100.11}]',
    says: ['198.51.100.11'],
  },
  {
    what: 'a translation prefix with bits 64 to 71 set',
    text: wrong('64:ff9b::/96', '2001:db8:0:0:ff00::/96'),
    code: 'NAT64_POOL6_BITS_64_71',
    at: '2001:db8:0:0:ff00::/96',
    says: ['64 to 71'],
  },
  {
    what: 'a pool address that the box has by this document',
    text: wrong('198.51.100.10-198.51.100.11', '198.51.100.2'),
    code: 'NAT64_POOL_LOCAL',
    at: '198.51.100.2}]',
    says: ['198.51.100.2'],
  },
  {
    what: 'a pool address that the box has otherwise',
    text: wrong('198.51.100.10-198.51.100.11', '203.0.113.1-203.0.113.9'),
    code: 'NAT64_POOL_LOCAL',
    at: '203.0.113.1-203.0.113.9',
    says: ['203.0.113.7'],
  },
  {
    what: 'an interface that is missing',
    text: wrong('device: eth1', 'device: eth7'),
    code: 'INTERFACE_MISSING',
    at: 'eth7',
    says: ['eth7', 'eth0'],
  },
  { what: 'no YAML', text: 'version: [1\n', code: 'CONFIG_', says: [] },
  {
    what: 'ten megabytes of nonsense',
    text: Uint8Array.from({ length: 10 << 20 }, (_, i) => (i * 7_919) % 251),
    code: 'CONFIG_TOO_LARGE',
    says: ['10.0 MiB'],
  },
  {
    what: 'a megabyte of nonsense',
    text: Uint8Array.from({ length: 1 << 20 }, (_, i) => (i * 7_919) % 251),
    code: 'CONFIG_',
    says: [],
  },
  { what: 'a megabyte of brackets', text: '['.repeat(1 << 20), code: 'CONFIG_', says: [] },
];

test('what is wrong is refused with its place and what would be right; what runs goes on', async () => {
  const scene = await openScene();
  await scene.gw.run('ip addr add 203.0.113.7/32 dev lo');
  const { revision } = (await scene.gateway.status()) as unknown as { revision: number };
  for (const { what, text, code, at, says } of refusals) {
    const file = join(tmpdir(), 'wrong.yaml');
    writeFileSync(file, text);
    const [line, column] = at === undefined ? [] : placeOf(text as string, at);
    for (const verb of code === 'INTERFACE_MISSING' ? ['validate', 'diff', 'apply'] : ['apply']) {
      const { code: status, stderr } = await scene.gateway.tryCli(`${verb} ${file}`);
      const told = `${verb}, ${what}: ${stderr.slice(0, 1_000)}`;
      assert.is(status, 3, told);
      const [, l, col, its = ''] = /^\S*wrong\.yaml:(\d+):(\d+) {2}(\w+) {2}\S/m.exec(stderr) ?? [];
      assert.ok(its.startsWith(code), told);
      if (at !== undefined) assert.is(`${l}:${col}`, `${line}:${column}`, told);
      for (const word of says) assert.match(stderr, word, told);
      assert.ok(stderr.length < 4_000, `${what}: an error of ${stderr.length} characters`);
      seen('error', its);
    }
    assert.is((await ping(scene.client, server6)).received, 1, what);
  }
  const unreadable = await scene.gateway.tryCli('apply /nowhere/gateway.yaml');
  assert.is(unreadable.code, 3, unreadable.stderr);
  assert.match(unreadable.stderr, /^\/nowhere\/gateway\.yaml:1:1 {2}CONFIG_UNREADABLE {2}There is no such file/);
  const directory = await scene.gateway.tryCli(`apply ${tmpdir()}`);
  assert.is(directory.code, 3, directory.stderr);
  assert.is(((await scene.gateway.status()) as unknown as { revision: number }).revision, revision);
  await scene.lab.close();
});

/** Line and column, from 1, of the last place where a text stands. */
function placeOf(text: string, part: string): [line: number, column: number] {
  const before = text.slice(0, text.lastIndexOf(part)).split('\n');
  return [before.length, (before.at(-1) ?? '').length + 1];
}

test.run();
