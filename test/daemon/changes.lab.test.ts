import { assert, suite } from '../kit/suite.ts';
import { echo, exchange } from '../kit/traffic.ts';
import { configuration, openScene, pythons, server4, server6 } from './scene.ts';

const test = suite('daemon: changes');

interface SessionView {
  readonly outside: { readonly address: string };
  readonly state: string;
  readonly expiresMs: number;
}

test('the restarted daemon applies a changed file; established flows go on under the new timeouts', async () => {
  const scene = await openScene({ pool4: '[{addresses: 198.51.100.10}]' });
  const { c, s } = await pythons(scene);
  await s.do(`door = listen("${server4}", 80)`);
  await c.do(`a = tcp("${server6}", 80)`);
  await s.do('b, peer = door.accept()');
  await scene.gateway.stop('SIGKILL');
  scene.gateway.writeConfig(
    configuration({
      pool4: '[{addresses: 198.51.100.10}, {addresses: 203.0.113.0/28, ports: 2000-2999}]',
      timeouts: '{tcpEstablished: 3h}',
    }),
  );
  await scene.gateway.start();
  await c.do('a.send(b"still here")');
  assert.is(await s.do('b.recv(100).decode()'), 'still here');
  await s.do('b.send(b"yes")');
  assert.is(await c.do('a.recv(100).decode()'), 'yes');
  const { sessions } = await scene.gateway.cli<{ sessions: SessionView[] }>('sessions -o json');
  assert.is(sessions.length, 1);
  assert.is(sessions[0]?.state, 'established');
  assert.ok((sessions[0]?.expiresMs ?? 0) > 2.5 * 3_600_000, JSON.stringify(sessions[0]));
  await scene.lab.close();
});

test('apply changes the running gateway at once, and an address taken away ends its flows', async () => {
  const scene = await openScene({ pool4: '[{addresses: 198.51.100.10}]' });
  const { c, s } = await pythons(scene);
  await echo(scene.server, 'udp', server4, 7);
  await s.do(`one = udp("${server4}", 1001); two = udp("${server4}", 1002)`);
  await c.do('a = udp("::")');
  await c.do(`a.sendto(b"1", ("${server6}", 1001)); a.sendto(b"2", ("${server6}", 1002))`);
  const [, port] = await s.do<[string, number]>('got(one)');
  assert.equal(await s.do('got(two)[:2]'), ['198.51.100.10', port]);
  await s.do(`two.sendto(b"hello", ("198.51.100.10", ${port}))`);
  assert.is(await c.do('got(a)[2]'), 'hello');

  scene.gateway.writeConfig(configuration({ pool4: '[{addresses: 198.51.100.11}]' }));
  assert.match(await scene.gateway.cli<string>(`apply ${scene.gateway.configFile}`), /^r\d+ {2}applied after r\d+/);

  scene.gateway.expectDrops({ lan: { session_revoked: 1 }, uplink: { session_revoked: 1 } });
  // The first datagram ends the session, the second opens another one: never again from the old address, although
  // the BIB entry still has a session with the other server.
  await c.do(`a.sendto(b"ended", ("${server6}", 1001)); a.sendto(b"anew", ("${server6}", 1001))`);
  const [address, , text] = await s.do<[string, number, string]>('got(one)');
  assert.equal([address, text], ['198.51.100.11', 'anew']);
  assert.is(await scene.gateway.drops('lan', 'session_revoked'), 1);
  // The other session of the old binding ends on its own first datagram, here from the outside.
  await s.do(`two.sendto(b"late", ("198.51.100.10", ${port}))`);
  assert.is(await exchange(scene.client, 'udp', server6, 7), 'same');
  assert.is(await scene.gateway.drops('uplink', 'session_revoked'), 1);
  await scene.lab.close();
});

test('a port that is no longer in the range is not given to anybody', async () => {
  const scene = await openScene({ pool4: '[{addresses: 198.51.100.10, ports: 3000-3000}]' });
  const { c, s } = await pythons(scene);
  await s.do(`one = udp("${server4}", 1001); other = udp("${server4}", 1002)`);
  await c.do('a = udp("::")');
  await c.do(`a.sendto(b"1", ("${server6}", 1001))`);
  assert.equal(await s.do('got(one)[:2]'), ['198.51.100.10', 3000]);
  scene.gateway.writeConfig(configuration({ pool4: '[{addresses: 198.51.100.10, ports: 4000-4000}]' }));
  await scene.gateway.cli(`apply ${scene.gateway.configFile}`);
  scene.gateway.expectDrops({ uplink: { pool_no_session: 1 } });
  // Endpoint-independent filtering lets other servers into a binding, but not into one that is no longer allowed.
  await s.do('other.sendto(b"x", ("198.51.100.10", 3000))');
  await c.do(`a.sendto(b"2", ("${server6}", 1002))`);
  assert.equal(await s.do('got(other)[:2]'), ['198.51.100.10', 4000]);
  assert.is(await scene.gateway.drops('uplink', 'pool_no_session'), 1);
  await scene.lab.close();
});

test.run();
