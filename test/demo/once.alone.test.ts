import { assert, suite } from '../kit/suite.ts';
import { Demo, demoCommand } from './demo.ts';

const test = suite('npm start -- --once');

test('two at once, without a terminal: all of it works in all scenes, and nothing is left', async () => {
  const demos = [new Demo([...demoCommand, '--once']), new Demo([...demoCommand, '--once'])];
  for (const demo of demos) {
    assert.is(await demo.exit, 0, demo.output);
    assert.match(demo.output, /All 20 steps worked, as seen at the far end/);
    for (const scene of ['two ports', 'one-armed', 'egress', 'srv6']) {
      for (const step of ['ping', 'iperf3 TCP', 'iperf3 UDP'])
        assert.match(demo.output, new RegExp(`${scene} +${step} +ok`));
      assert.match(demo.output, new RegExp(`${scene} +curl +ok .* same `));
    }
    await demo.vanishes();
  }
});

test('refuses what it does not know with status 2', async () => {
  for (const args of [['--twice'], ['word'], ['--break', 'everything']]) {
    const demo = new Demo([...demoCommand, ...args]);
    assert.is(await demo.exit, 2);
    assert.match(demo.output, /usage: npm start/);
  }
});

test('a machine without the programs cannot', async () => {
  const demo = new Demo([...demoCommand, '--once'], { PATH: '/nowhere' });
  assert.is(await demo.exit, 77);
  assert.match(demo.output, /^This machine cannot, because these programs are missing: .*iperf3/);
});

test.run();
