import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { assert, seen, suite } from '../../test/kit/suite.ts';
import { featuresModule } from '../features/index.ts';
import { ConfigLoader } from './load.ts';
import { MAX_DOCUMENT_BYTES, readDocument } from './text.ts';

const test = suite('config: loading');
const loader = new ConfigLoader({ featuresModule });
const directory = mkdtempSync(join(tmpdir(), 'sixgate-load-'));
test.after(() => rmSync(directory, { recursive: true }));

/** The one line that is said about a source, or `ok`. */
async function said(source: string | Uint8Array, of = loader): Promise<string> {
  const result = await of.load(source, { file: 'f' });
  if (result.ok) return 'ok';
  for (const { code } of result.error.errors) seen('error', code);
  return result.error.toString();
}

function readSaid(path: string): string {
  const result = readDocument(path);
  return result.ok ? 'ok' : result.error.toString().replace(directory, 'DIR');
}

test('the result is the document as data, as canonical JSON, and a hash', async () => {
  const one = await loader.load('# comment\nversion: 1\nsystem: {name: edge-a}\nfirewall: {forward: deny}\n', {
    file: 'a.yaml',
  });
  const two = await loader.load('firewall:\n  forward: "deny"\nversion: 1\nsystem: {name: edge-a}\n');
  assert.ok(one.ok && two.ok);
  assert.equal(one.value.config, { version: 1, system: { name: 'edge-a' }, firewall: { forward: 'deny' } });
  assert.is(one.value.canonical, '{"firewall":{"forward":"deny"},"system":{"name":"edge-a"},"version":1}');
  assert.is(one.value.hash, two.value.hash);
  assert.match(one.value.hash, /^[0-9a-f]{64}$/);
  assert.match(one.value.text, '# comment');
  assert.is(one.value.file, 'a.yaml');
});

test('a byte order mark and CR LF are fine', async () => {
  assert.is(await said(Buffer.from('\ufeffversion: 1\r\nsystem:\r\n  name: edge\r\n')), 'ok');
});

test('positions count from the first character after the mark, and in characters', async () => {
  const text = '\ufeffversion: 2\nsystem: {nämé: 1}\n';
  assert.equal(
    (await said(Buffer.from(text))).split('\n').map((line) => line.split('  ')[0]),
    ['f:1:10', 'f:2:10'],
  );
});

test('a missing device refuses a document, unless that is tolerated', async () => {
  const text = 'version: 1\ninterfaces: {eth9: {role: inside}}\n';
  const facts = { links: [], localAddresses: [], ids: new Map([['a', 1]]) };
  const refused = await loader.load(text, { facts });
  assert.not.ok(refused.ok);
  const tolerated = await loader.load(text, { facts, tolerate: 'missing-interface' });
  assert.ok(tolerated.ok);
  assert.equal(
    tolerated.value.tolerated.map(({ code }) => code),
    ['INTERFACE_MISSING'],
  );
  const broken = await loader.load(`${text}firewall: {forward: x}\n`, { facts, tolerate: 'missing-interface' });
  assert.not.ok(broken.ok);
});

test('several documents at once are read one after the other', async () => {
  const results = await Promise.all(['version: 1\n', 'version: 2\n', 'version: 1\n'].map((text) => said(text)));
  assert.equal(results, ['ok', 'f:1:10  CONFIG_VALUE  2 is no value of version. Write 1.', 'ok']);
});

test.each(
  [
    [
      'nothing of text',
      Buffer.from('a: 1\nb\0c'),
      'f:2:2  CONFIG_BINARY  Here stands a NUL byte. A configuration is a text: is this the right file?',
    ],
    [
      'a control character',
      'a: \u001b[1m',
      'f:1:4  CONFIG_BINARY  Here stands the control character 0x1b. A configuration is a text: is this the right file?',
    ],
    [
      'Latin-1',
      Buffer.from([0x61, 0x0a, 0x62, 0x63, 0xe9, 0x0a]),
      'f:2:3  CONFIG_NOT_UTF8  This character is not UTF-8. Save the file as UTF-8.',
    ],
    ['UTF-16', Buffer.from([0xff, 0xfe, 0x61, 0]), 'f:1:1  CONFIG_NOT_UTF8  The document is UTF-16. Save it as UTF-8.'],
  ] as const,
  ([name]) => name,
  async ([, source, expected]) => assert.is(await said(source), expected),
);

test('ten megabytes of nonsense are refused at once', async () => {
  const started = performance.now();
  const expected =
    'f:1:1  CONFIG_TOO_LARGE  The document has 9.5 MiB. A document has at most 4.0 MiB: is this the right file?';
  assert.is(await said('x'.repeat(10_000_000)), expected);
  assert.between(performance.now() - started, 0, 500);
});

test('an aliases bomb is refused at once', async () => {
  const level = (name: string, of: string): string => `${name}: &${name} [${Array(9).fill(`*${of}`).join(', ')}]\n`;
  const bomb = `a: &a [x, x]\n${level('b', 'a')}${level('c', 'b')}${level('d', 'c')}${level('e', 'd')}${level('f', 'e')}`;
  assert.match(await said(bomb), 'CONFIG_ALIASES');
});

test('a document that takes too long or too much is given up', async () => {
  const slow = new ConfigLoader({ featuresModule, timeLimitMs: 5 });
  assert.is(
    await said('version: 1\n', slow),
    'f:1:1  CONFIG_TOO_SLOW  The document could not be read within 0.005 seconds. Make the document smaller or less nested.',
  );
  const small = new ConfigLoader({ featuresModule, memoryLimitMb: 32 });
  assert.is(
    await said('- a\n: b\n'.repeat(100_000), small),
    'f:1:1  CONFIG_TOO_LARGE  The document takes more than 32 MB to read. Make the document smaller or less nested.',
  );
});

test('a module without features is an error, not a silence', async () => {
  assert.match(await said('version: 1\n', new ConfigLoader({ featuresModule: 'node:path' })), 'CONFIG_UNREADABLE');
});

test('files', () => {
  const path = join(directory, 'gateway.yaml');
  writeFileSync(path, 'version: 1\n');
  assert.is(readSaid(path), 'ok');
  assert.is(
    readSaid(join(directory, 'none.yaml')),
    'DIR/none.yaml:1:1  CONFIG_UNREADABLE  There is no such file (ENOENT). Look at the path.',
  );
  assert.is(readSaid(directory), 'DIR:1:1  CONFIG_UNREADABLE  This is a directory (EISDIR). Name a file in it.');
  assert.is(
    readSaid(join(path, 'x')),
    'DIR/gateway.yaml/x:1:1  CONFIG_UNREADABLE  A part of the path is a file, not a directory (ENOTDIR). Look at the path.',
  );
  symlinkSync('loop', join(directory, 'loop'));
  assert.match(readSaid(join(directory, 'loop')), 'The symbolic links lead in a circle (ELOOP)');
  writeFileSync(path, Buffer.alloc(MAX_DOCUMENT_BYTES + 1));
  assert.is(
    readSaid(path),
    'DIR/gateway.yaml:1:1  CONFIG_TOO_LARGE  The document has 4.0 MiB. A document has at most 4.0 MiB: is this the right file?',
  );
  // A device has no size: reading it ends at the limit.
  assert.is(
    readSaid('/dev/zero'),
    '/dev/zero:1:1  CONFIG_TOO_LARGE  The document has more than 4.0 MiB. A document has at most 4.0 MiB: is this the right file?',
  );
});

test('a file that one may not read', () => {
  // Not even root may read this one; process.seteuid is no way, libuv refuses it where it may use io_uring.
  const line = readSaid('/proc/sys/vm/compact_memory');
  assert.match(line, /You may not read this file \(EACCES\)\. Run it as root, or change the mode of the file/);
});

test.run();
