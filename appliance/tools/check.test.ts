import { assert, suite } from '../../test/kit/suite.ts';
import { dependencyErrors } from './check.ts';
import { countsOf } from './test-all.ts';

const test = suite('check');

test('a dependency that nobody imports, and an import that is no dependency', () => {
  const manifest = { dependencies: { ajv: '1', yaml: '1', koffi: '1' }, devDependencies: { typescript: '1' } };
  const texts = [
    "import { join } from 'node:path';\nimport { x } from './x.ts';\nimport Ajv from 'ajv/dist/2020.js';",
    "import {\n  a,\n} from '@scope/name/deep';\nawait import('koffi');",
  ];
  assert.equal(dependencyErrors(manifest, texts), [
    'yaml is a dependency that nobody imports',
    '@scope/name is imported but no dependency',
  ]);
});

test('the counts of a stage are those of its last line', () => {
  assert.equal(countsOf('1 passed, 9 failed\n5 passed, 0 failed, 2 skipped\n', 0), {
    passed: 5,
    failed: 0,
    skipped: 2,
  });
  assert.equal(countsOf('5 passed, 1 failed\n', 1), { passed: 5, failed: 1, skipped: 0 });
});

test('a stage that says nothing, or lies, has failed', () => {
  assert.equal(countsOf('all is well\n', 0), { passed: 0, failed: 1, skipped: 0 });
  assert.equal(countsOf('5 passed, 0 failed\nand more\n', 0), { passed: 0, failed: 1, skipped: 0 });
  assert.equal(countsOf('5 passed, 0 failed\n', 1), { passed: 5, failed: 1, skipped: 0 });
  assert.equal(countsOf('', null), { passed: 0, failed: 1, skipped: 0 });
});

test.run();
