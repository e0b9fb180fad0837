import { assert, suite } from '../../kit/suite.ts';

const test = suite('never ends');
test('waits for ever', () => new Promise(() => {}));
test('fails', () => assert.ok(false));
test.run();
