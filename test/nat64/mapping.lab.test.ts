import { Python } from '../kit/python.ts';
import { assert, suite } from '../kit/suite.ts';
import { ping } from '../kit/traffic.ts';
import { Scene } from './scene.ts';

const test = suite('nat64: mapping, filtering, hairpin');

type Datagram = readonly [address: string, port: number, data: string | number];

test('UDP: one socket has the same outside address and port for every server, and anyone may answer', async () => {
  const scene = await Scene.open({ servers: ['second', 'third'] });
  const client = await Python.start(scene.client);
  const servers = [];
  for (const host of [scene.server, scene.host('second'), scene.host('third')]) {
    const server = await Python.start(host);
    await server.do('s = udp("0.0.0.0", 7000)');
    servers.push(server);
  }
  const [first, second, third] = servers as [Python, Python, Python];
  await client.do('s = udp("::")');
  await client.do('s.sendto(b"one", ("64:ff9b::198.51.100.1", 7000))');
  await client.do('s.sendto(b"two", ("64:ff9b::198.51.100.3", 7000))');
  const [address, port, one] = await first.do<Datagram>('got(s)');
  assert.is(one, 'one');
  assert.equal(await second.do('got(s)'), [address, port, 'two']);
  await third.do(`s.sendto(b"three", ("${address}", ${port}))`);
  assert.equal(await client.do('got(s)'), ['64:ff9b::c633:6404', 7000, 'three']);
  await client.do('s.sendto(b"four", ("64:ff9b::198.51.100.4", 7000))');
  assert.equal(await third.do('got(s)'), [address, port, 'four']);
  // Another port of the same outside host is another session of the same mapping.
  await third.do(`t = udp("0.0.0.0", 7001); t.sendto(b"five", ("${address}", ${port}))`);
  assert.equal(await client.do('got(s)'), ['64:ff9b::c633:6404', 7001, 'five']);
  assert.is((await scene.sessions('--proto udp')).length, 4);
  await scene.close();
});

test('TCP: two connections of one socket address share a mapping, and a SYN from outside enters it', async () => {
  const scene = await Scene.open({ servers: ['second'] });
  const client = await Python.start(scene.client);
  const [first, second] = [await Python.start(scene.server), await Python.start(scene.host('second'))];
  for (const server of [first, second]) await server.do('l = listen("0.0.0.0", 80)');
  await client.do('a = tcp("64:ff9b::198.51.100.1", 80, 40000); b = tcp("64:ff9b::198.51.100.3", 80, 40000)');
  const peer = await first.do<readonly [string, number]>('l.accept()[1]');
  assert.equal(await second.do('l.accept()[1]'), peer);
  // A reset leaves nothing behind in the client's kernel that would keep the port.
  await client.do('abort(a); abort(b); l = listen("::", 40000)');
  await second.do(`c = tcp("${peer[0]}", ${peer[1]}, 50000); c.sendall(b"hello")`);
  await client.do('c, who = l.accept()');
  assert.equal(await client.do('[who[0], who[1], c.recv(100).decode()]'), ['64:ff9b::c633:6403', 50_000, 'hello']);
  await scene.close();
});

test('hairpin: two inside clients meet at their outside addresses by UDP, TCP and ping', async () => {
  const scene = await Scene.open({ clients: ['friend'], capture: false });
  const arriving = [];
  for (const host of [scene.client, scene.host('friend')])
    arriving.push(await scene.capture(host, 'eth0', 'src net 64:ff9b::/96'));
  const [client, friend] = [await Python.start(scene.client), await Python.start(scene.host('friend'))];
  const server = await Python.start(scene.server);
  await server.do('s = udp("0.0.0.0", 7000); l = listen("0.0.0.0", 80)');

  await friend.do('s = udp("::", 7100); s.sendto(b"who am I", ("64:ff9b::198.51.100.1", 7000))');
  const [address, port] = await server.do<Datagram>('got(s)');
  await client.do(`s = udp("::", 7200); s.sendto(b"hello", ("64:ff9b::${address}", ${port}))`);
  const [asSeen, seenPort, hello] = await friend.do<Datagram>('got(s)');
  assert.is(hello, 'hello');
  assert.match(asSeen, /^64:ff9b::c633:640[ab]$/);
  // Its partner knows the client by its own outside address: the answer comes back the same way.
  await friend.do(`s.sendto(b"welcome", ("${asSeen}", ${seenPort}))`);
  assert.is((await client.do<Datagram>('got(s)'))[2], 'welcome');
  // A datagram of several fragments is turned round, too.
  await client.do(`s.sendto(b"x" * 4000, ("64:ff9b::${address}", ${port}))`);
  assert.is((await friend.do<Datagram>('got(s)'))[2], 4000);

  await friend.do('a = tcp("64:ff9b::198.51.100.1", 80, 40000)');
  const outside = await server.do<readonly [string, number]>('l.accept()[1]');
  await friend.do('a.close(); l = listen("::", 40000)');
  await client.do(`c = tcp("64:ff9b::${outside[0]}", ${outside[1]}); c.sendall(b"x" * 100000); c.shutdown(SHUT_WR)`);
  await friend.do('c, who = l.accept(); n = 0');
  await friend.do('while part := c.recv(65536): n += len(part)');
  assert.is(await friend.do('n'), 100_000);

  assert.is((await ping(scene.host('friend'), scene.server6)).received, 1);
  const echo = (await scene.sessions('--proto icmp')).find((session) => session.inside.address === '2001:db8:1::3');
  for (const size of [56, 1400]) {
    const line = `ping -n -c 1 -W 2 -s ${size} -e ${echo?.outside.port} 64:ff9b::${echo?.outside.address}`;
    assert.match(await scene.client.run(line), /1 received/);
  }
  for (const capture of arriving) await capture.checkClean();
  await scene.close();
});

test('hairpin: an error of the partner comes back translated twice', async () => {
  const scene = await Scene.open({ clients: ['friend'], capture: false });
  const [client, friend] = [await Python.start(scene.client), await Python.start(scene.host('friend'))];
  const server = await Python.start(scene.server);
  await server.do('s = udp("0.0.0.0", 7000)');
  await friend.do('s = udp("::", 7100); s.sendto(b"who am I", ("64:ff9b::198.51.100.1", 7000))');
  const [address, port] = await server.do<Datagram>('got(s)');
  await friend.do('s.close()');
  const errors = await scene.capture(scene.client, 'eth0', 'icmp6 and ip6[40] == 1');
  await client.do(`s = udp("::"); s.connect(("64:ff9b::${address}", ${port})); s.send(b"hello")`);
  await errors.waitForFrames(1);
  assert.match((await client.do<string>('error(lambda: s.recv(100))')) ?? '', 'Connection refused');
  await scene.close();
});

test.run();
