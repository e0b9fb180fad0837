import { SkipSignal } from '../../kit/probes.ts';
import { suite } from '../../kit/suite.ts';

const test = suite('all skipped');
test('skips', () => {
  throw new SkipSignal('no-such-probe', 'nothing has it');
});
test.run();
