import { assert, suite } from '../kit/suite.ts';
import { echo } from '../kit/traffic.ts';
import { Numbered } from './numbered.ts';
import { pinnedIds } from './pins.ts';
import { openScene, pythons, server4, server6 } from './scene.ts';

const test = suite('daemon: absence');
const perSecond = 5_000;

/** Kills the daemon in the midst of traffic both ways, opens flows while it is away, and starts it again. */
async function survives(signal: NodeJS.Signals, seconds: number, killAt: number, startAt: number): Promise<void> {
  const scene = await openScene();
  const { c } = await pythons(scene);
  await echo(scene.server, 'udp', server4, 7);
  const count = perSecond * seconds;
  const before = await pinnedIds(scene.gw, 'gw');
  const there = await Numbered.listen(scene.server, server4, 5000, perSecond, count);
  const here = Numbered.connect(scene.client, server6, 5000, perSecond, count);

  await here.hasSent(perSecond * killAt);
  await scene.gateway.stop(signal);
  await c.do('flows = [udp("::") for i in range(200)]');
  // One after the other: the echo server's buffer does not hold two hundred frames.
  const exchanges = `[s.sendto(b"new %d" % i, ("${server6}", 7)) and got(s)[2] for i, s in enumerate(flows)]`;
  const answers = await c.do<string[]>(exchanges);
  assert.equal(
    answers,
    Array.from({ length: 200 }, (_, i) => `new ${i}`),
  );
  await here.hasSent(perSecond * startAt);
  await scene.gateway.start();

  const all = { sent: count, expected: count, once: count, again: 0 };
  assert.equal(await here.result(), all, 'to the client');
  assert.equal(await there.result(), all, 'to the server');
  assert.equal(await pinnedIds(scene.gw, 'gw'), before, 'nothing was made anew');
  assert.ok(scene.gateway.log.includes('"origin":"adopted"'));
  await scene.lab.close();
}

test('killed with -9, absent for seven seconds, restarted: every datagram arrives exactly once', () =>
  survives('SIGKILL', 20, 3, 10));

test('ended by a memory fault and restarted: every datagram arrives exactly once', () => survives('SIGSEGV', 8, 1, 4));

test.run();
