import { eventually } from '../kit/eventually.ts';
import { assert, suite } from '../kit/suite.ts';
import { echo } from '../kit/traffic.ts';
import { openScene, pythons, server4, server6 } from './scene.ts';

const test = suite('daemon: frozen');

test('frozen, it does not keep sessions from ending nor ports from being used again', async () => {
  const scene = await openScene({
    pool4: '[{addresses: 198.51.100.10, ports: 5000-5000}]',
    timeouts: '{udp: 2s}',
  });
  const { c } = await pythons(scene);
  await echo(scene.server, 'udp', server4, 7);
  await c.do(`first = udp("::"); second = udp("::"); second.settimeout(0.05); to = ("${server6}", 7)`);
  // How often the second socket asks in vain depends on how fast the client runs.
  scene.gateway.expectDrops({ lan: { pool_exhausted: 'some' } });
  process.kill(scene.gateway.pid, 'SIGSTOP');
  // At one go: the first session must not have ended when the second is refused.
  await c.do('first.sendto(b"mine", to); mine = got(first)[2]; second.sendto(b"refused", to)');
  assert.is(await c.do('mine'), 'mine');
  // Tries until the port is free: nobody but the data path can have freed it.
  const text = await eventually(() => c.do<string>('second.sendto(b"yours", to) and got(second)[2]'));
  process.kill(scene.gateway.pid, 'SIGCONT');
  assert.is(text, 'yours');
  assert.ok((await scene.gateway.drops('lan', 'pool_exhausted')) >= 1);
  await eventually(async () => {
    const { total } = await scene.gateway.cli<{ total: number }>('sessions -o json');
    assert.is(total, 0);
  });
  await scene.lab.close();
});

test.run();
