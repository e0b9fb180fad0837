import { Python } from '../kit/python.ts';
import { assert, eventually, suite } from '../kit/suite.ts';
import { Scene } from './scene.ts';

const test = suite('nat64: an exhausted pool');

test('a pool of two ports serves two sockets; the third is counted, and served when a port is free', async () => {
  const scene = await Scene.open({
    pool4: '[{addresses: 198.51.100.10, ports: 2000-2001}]',
    timeouts: '{udp: 2s, icmp: 2s}',
  });
  // The third socket asks in vain once, and then until a port is free.
  scene.gateway.expectDrops({ lan: { pool_exhausted: 'some' } });
  const [client, server] = [await Python.start(scene.client), await Python.start(scene.server)];
  await server.do('s = udp("0.0.0.0", 7000)');
  await client.do('sockets = [udp("::") for i in range(3)]');
  await client.do(`to = ("${scene.server6}", 7000)`);
  // At one go: the first session must not have ended when the third is asked for.
  await client.do('for index in range(3): sockets[index].sendto(str(index).encode(), to)');
  const seen = [
    await server.do<[string, number, string]>('got(s)'),
    await server.do<[string, number, string]>('got(s)'),
  ];
  assert.equal(seen.map(([, port]) => port).sort(), [2000, 2001]);
  assert.equal(seen.map(([, , data]) => data).sort(), ['0', '1']);
  assert.is(await scene.drops('lan', 'pool_exhausted'), 1);
  // Other protocols have ports of their own.
  assert.match(await scene.client.run(`ping -c 1 -W 2 ${scene.server6}`), '1 received');
  await server.do('s.setblocking(0)');
  const [address, port] = await eventually(
    async () => {
      await client.do('sockets[2].sendto(b"2", to)');
      return await server.do<[string, number, string]>('got(s)');
    },
    { within: 30_000, every: 200 },
  );
  assert.is(address, '198.51.100.10');
  assert.ok(port === 2000 || port === 2001);
  await scene.close();
});

test.run();
