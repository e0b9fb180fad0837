import { suite } from '../../kit/suite.ts';

const test = suite('throws no error');
test('throws a text', () => {
  throw 'a text';
});
test.run();
