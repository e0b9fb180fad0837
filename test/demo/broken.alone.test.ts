import { assert, suite } from '../kit/suite.ts';
import { Demo, demoCommand } from './demo.ts';

const test = suite('npm start -- --once with something broken during the round');

const cases = [
  ['detach', /the gateway does not answer/],
  ['route', /; (\d+) packets? got lost on the way; \1 dropped: no_route/],
  ['server', /unable to connect to server/],
] as const;

test.each(
  cases,
  ([name]) => `${name} makes it exit 1 and name the step`,
  async ([name, reason]) => {
    const demo = new Demo([...demoCommand, '--once', '--break', name]);
    assert.is(await demo.exit, 1, demo.output);
    assert.match(demo.output, /two ports +ping +ok/);
    assert.match(demo.output, /^iperf3 TCP \(two ports\) failed: /m);
    assert.match(demo.output, /^iperf3 TCP \(one-armed\) failed: /m);
    assert.match(demo.output, reason);
    await demo.vanishes();
  },
);

test.run();
