/** Who imports whom, and what pure files may do. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { includeViolations, readSources, type Source, violations } from '../../appliance/tools/boundaries.ts';
import { assert, suite } from '../kit/suite.ts';

const repository = resolve(dirname(fileURLToPath(import.meta.url)), '../../..');
const test = suite('boundaries');

/** What is said about one file. */
function judge(path: string, text: string): string[] {
  return violations([{ path, text }]);
}

test('the appliance keeps them', () => {
  const sources = readSources(repository);
  assert.ok(sources.length > 20);
  assert.equal(violations(sources), []);
});

test('the data path keeps them', () => {
  const sources: Source[] = readdirSync(join(repository, 'bpf'), { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.[ch]$/.test(name))
    .map((name) => ({ path: `bpf/${name}`, text: readFileSync(join(repository, 'bpf', name), 'utf8') }));
  assert.ok(sources.length > 10);
  assert.equal(includeViolations(sources), []);
});

const planted: readonly (readonly [string, string, string, RegExp])[] = [
  ['a room', 'appliance/model/a.ts', "import { x } from '../engine/b.ts';", /:1: model must not import engine/],
  ['a type', 'appliance/engine/a.ts', "import type { X } from '../api/b.ts';", /engine must not import api/],
  [
    'several lines',
    'appliance/engine/a.ts',
    "\nimport {\n  x,\n} from '../api/b.ts';",
    /:2: engine must not import api/,
  ],
  ['a re-export', 'appliance/model/a.ts', "export * from '../dataplane/b.ts';", /model must not import dataplane/],
  ['a late import', 'appliance/model/a.ts', "const x = await import('../dataplane/b.ts');", /model must not import/],
  ['a package', 'appliance/engine/a.ts', "import { x } from 'fastify';", /engine must not import the package fastify/],
  ['another feature', 'appliance/features/a/plan.ts', "import type { X } from '../b/plan.ts';", /know the feature b/],
  ['a feature in main', 'appliance/main.ts', "import { x } from './features/b/index.ts';", /know the feature b/],
  ['a new room', 'appliance/attic/a.ts', "import { x } from '../model/b.ts';", /does not know/],
  ['the tests', 'appliance/api/a.ts', "import { x } from '../../test/kit/lab.ts';", /no part of the appliance/],
  ['node in a pure file', 'appliance/contract/a.ts', "import { join } from 'node:path';", /must not import node:path/],
  ['a value in a plan', 'appliance/features/a/plan.ts', "import { x } from '../../dataplane/b.ts';", /pure file/],
  ['a clock', 'appliance/model/a.ts', 'export const now = () => Date.now();', /must not use Date.now/],
  ['the process', 'appliance/features/a/schema.ts', 'const x = process.env.X;', /must not use process/],
  ['native calls', 'appliance/dataplane/a.ts', "import koffi from 'koffi';", /belong into libbpf/],
  ['a wait', 'appliance/dataplane/a.ts', 'poll.async(1, done);', /only the poller/],
];

test.each(
  planted,
  ([name]) => `finds ${name}`,
  ([, path, text, sentence]) => {
    const found = judge(path, text);
    assert.is(found.length > 0, true);
    assert.match(found.join('\n'), sentence);
  },
);

test('leaves what is allowed alone', () => {
  assert.equal(judge('appliance/features/a/apply.ts', "import { x } from '../../dataplane/b.ts';\nDate.now();"), []);
  assert.equal(judge('appliance/features/a/plan.ts', "import type { X } from '../../dataplane/b.ts';"), []);
  assert.equal(judge('appliance/features/index.ts', "import { x } from './a/index.ts';"), []);
  assert.equal(judge('appliance/model/a.ts', "/* process.exit */ export const text = 'Date.now';"), []);
  assert.equal(judge('appliance/main.ts', "import { x } from './api/server.ts';\nimport y from 'pino';"), []);
});

test('finds a feature of the data path that sees another', () => {
  const see = (path: string, target: string) => includeViolations([{ path, text: `#include "${target}"\n` }]);
  assert.is(see('bpf/feature/a/x.bpf.c', 'feature/b/b.h').length, 1);
  assert.is(see('bpf/feature/a/x.bpf.c', 'feature/a/a.h').length, 0);
  assert.is(see('bpf/lib/x.h', 'stage/emit.h').length, 1);
});

test.run();
