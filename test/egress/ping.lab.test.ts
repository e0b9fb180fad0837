import { assert, suite } from '../kit/suite.ts';
import { ping } from '../kit/traffic.ts';
import { arriving, blue4, blue6, openScene, server4, server6, sourcesOf } from './scene.ts';

const test = suite('egress: ping');
const sizes = [1, 8, 56, 1452, 1453, 1472, 1473, 2960, 9000, 20_000];

test('echoes of every size, whole and in fragments, in both families', async () => {
  const { lab, client, server } = await openScene();
  const capture = await arriving(server);
  for (const address of [server4, server6]) {
    for (const size of sizes) {
      const { received, output } = await ping(client, address, { size, count: 2 });
      assert.is(received, 2, `${size} bytes to ${address}: ${output}`);
    }
  }
  // Later fragments have no ICMP header: all that is no neighbour discovery counts.
  assert.equal(await sourcesOf(capture, 'ip || (ipv6 && !(icmpv6.type in {133..143}))'), [blue6, blue4].sort());
  await capture.checkClean();
  await lab.close();
});

test.run();
