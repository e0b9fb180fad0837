import { writeSync } from 'node:fs';
import { assert, suite } from '../../kit/suite.ts';

const end = {
  type: 'end',
  suitesMade: 1,
  suitesFinished: 1,
  registered: 1,
  passed: 1,
  failed: 0,
  skipped: 0,
  assertions: 1,
  problems: [],
};
const test = suite('forged');
test('writes a result itself', () => {
  assert.ok(true);
  writeSync(3, `${JSON.stringify(end)}\n`);
});
test.run();
