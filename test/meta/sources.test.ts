/** Habits that no running test can notice, looked for in the sources. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { probeNames } from '../kit/probes.ts';
import { readSkips } from '../kit/skips.ts';
import { assert, suite } from '../kit/suite.ts';

const repository = resolve(dirname(fileURLToPath(import.meta.url)), '../../..');

interface Source {
  readonly path: string;
  readonly text: string;
}

function sourcesOf(...folders: readonly string[]): Source[] {
  return folders.flatMap((folder) =>
    readdirSync(join(repository, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts') && !/(^|\/)(node_modules|dist)\//.test(name))
      .map((name) => ({ path: join(folder, name), text: readFileSync(join(repository, folder, name), 'utf8') })),
  );
}

const all = sourcesOf('appliance', 'test').filter(({ path }) => path !== 'test/meta/sources.test.ts');
const tests = all.filter(({ path }) => path.endsWith('.test.ts'));

/** Files of the list in which the pattern occurs, with the line. */
function hits(sources: readonly Source[], pattern: RegExp): string[] {
  return sources.flatMap(({ path, text }) => {
    const match = pattern.exec(text);
    return match === null ? [] : [`${path}:${text.slice(0, match.index).split('\n').length}`];
  });
}

const test = suite('the sources of the tests');

test('there are some', () => {
  assert.ok(tests.length >= 5);
});

test('only the kit uses uvu', () => {
  const others = all.filter(({ path }) => !path.startsWith('test/kit/'));
  assert.equal(hits(others, /from '(uvu|node:test)/), []);
  assert.equal(
    all
      .filter(({ text }) => /from 'uvu/.test(text))
      .map(({ path }) => path)
      .sort(),
    ['test/kit/assert.ts', 'test/kit/suite.ts'],
  );
});

test('a loop over cases uses test.each, which refuses an empty list', () => {
  assert.equal(hits(tests, /^\s*for \(.*\)( \{)?\s*(\n\s*const .*)*\n?\s*test(\.only)?\(/m), []);
  assert.equal(hits(tests, /\.(forEach|map)\([^\n]*=>\s*\{?\s*test(\.only)?\(/), []);
});

test('nobody sleeps', () => {
  assert.equal(hits(tests, /timers\/promises/), []);
  assert.equal(hits(tests, /\.(run|try)\([`'"]\s*sleep /), []);
});

test('no test is marked only', () => {
  assert.equal(hits(tests, /^\s*test\.only\(/m), []);
});

test('nobody enters a host by "ip netns exec", which hides bpffs', () => {
  assert.equal(hits(tests, /^(?!\s*(\/\/|\*|\/\*)).*ip netns exec/m), []);
});

test('the known skips name probes that exist', () => {
  assert.equal(
    readSkips(repository)
      .map((skip) => skip.probe)
      .filter((name) => !probeNames().includes(name)),
    [],
  );
});

test.run();
