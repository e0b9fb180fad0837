/** Static forwards lead from outside into tunnels, and answers come back out of them. */
import { assert, suite } from '../kit/suite.ts';
import { echo, exchange, ping } from '../kit/traffic.ts';
import { blue4, blue6, branch4, branch6, openScene, pod4, pod6, red4, red6, server4 } from './scene.ts';

const test = suite('chains: static forwards');
const data = 'x'.repeat(20_000);

test('to a host behind SRv6, and to a pod that has been heard from', async () => {
  const { branch, lab, pod, server } = await openScene();
  for (const address of [server4, '2001:db8:51::1']) assert.is((await ping(pod, address)).received, 1);
  for (const [host, inside, outside] of [
    [branch, branch4, red4],
    [branch, branch6, red6],
    [pod, pod4, blue4],
    [pod, pod6, blue6],
  ] as const) {
    const service = await echo(host, 'tcp', inside, 8443);
    assert.is(await exchange(server, 'tcp', outside, 443, { data }), 'same', outside);
    await service.waitFor(/^from (198\.51\.100\.1|2001:db8:51::1) /);
  }
  await lab.close();
});

test('out of VXLAN, by a forward of the pool, into SRv6', async () => {
  const { branch, gateway, lab, pod } = await openScene();
  const service = await echo(branch, 'tcp', branch4, 8443);
  assert.is(await exchange(pod, 'tcp', red4, 443, { data }), 'same');
  await service.waitFor(/^from 203\.0\.113\.10[01] /);
  assert.equal((await gateway.port('under')).dropped, {});
  await lab.close();
});

test.run();
