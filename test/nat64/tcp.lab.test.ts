import { Python } from '../kit/python.ts';
import { assert, eventually, suite } from '../kit/suite.ts';
import { Scene } from './scene.ts';

const test = suite('nat64: TCP states');
const transitoryMs = 240_000;

async function talking(scene: Scene): Promise<readonly [Python, Python]> {
  const [client, server] = [await Python.start(scene.client), await Python.start(scene.server)];
  await server.do('l = listen("0.0.0.0", 80)');
  await client.do(`c = tcp("${scene.server6}", 80)`);
  await server.do('s = l.accept()[0]');
  return [client, server];
}

/** Waits until the only session has a state. */
async function state(scene: Scene, wanted: string): Promise<void> {
  await eventually(async () => {
    const sessions = await scene.sessions('--proto tcp');
    assert.equal(
      sessions.map((session) => session.state),
      [wanted],
    );
    const left = sessions[0]?.expiresMs ?? 0;
    const long = ['established', 'v6-fin', 'v4-fin'].includes(wanted);
    assert.ok(long ? left > transitoryMs : left <= transitoryMs, `${wanted}: ${left} ms left`);
  });
}

test('a connection is established, closed by the client, then by the server', async () => {
  const scene = await Scene.open();
  const [client, server] = await talking(scene);
  await state(scene, 'established');
  await client.do('c.shutdown(SHUT_WR)');
  await state(scene, 'v6-fin');
  await server.do('s.sendall(b"x" * 100000); s.close()');
  await client.do('n = 0');
  await client.do('while part := c.recv(65536): n += len(part)');
  assert.is(await client.do('n'), 100_000);
  await state(scene, 'closed');
  await scene.close();
});

test('a connection is closed by the server, then reset by the client', async () => {
  const scene = await Scene.open();
  const [client, server] = await talking(scene);
  await server.do('s.shutdown(SHUT_WR)');
  await state(scene, 'v4-fin');
  await client.do('abort(c)');
  await state(scene, 'transitory');
  await scene.close();
});

test('a connection goes on when a reset was not for it: the next segment makes it established again', async () => {
  const scene = await Scene.open({ capture: false });
  const [client, server] = await talking(scene);
  const [session] = await scene.sessions('--proto tcp');
  const { address, port } = session?.inside ?? { address: '', port: 0 };
  // A reset far outside of the window: the server ignores it, the gateway cannot know.
  const reset = `IPv6(src="${address}",dst="${scene.server6}")/TCP(sport=${port},dport=80,flags="R",seq=1)`;
  await scene.client.run(`/usr/bin/python3 -c 'from scapy.all import *; send(${reset}, verbose=False)'`);
  await state(scene, 'transitory');
  await client.do('c.sendall(b"still here")');
  assert.is(await server.do('s.recv(100).decode()'), 'still here');
  await state(scene, 'established');
  await scene.close();
});

test('a SYN without answer leaves v6-init, and one from outside into a mapping v4-init', async () => {
  const scene = await Scene.open({ capture: false });
  const [client, server] = [await Python.start(scene.client), await Python.start(scene.server)];
  // Nothing to the pool: neither an answer nor a reset can leave the server.
  await scene.server.run('ip route add blackhole 198.51.100.8/29');
  await client.do(`c = socket(AF_INET6, SOCK_STREAM); c.bind(("::", 40000)); c.setblocking(0)`);
  await client.do(`c.connect_ex(("${scene.server6}", 80))`);
  await state(scene, 'v6-init');
  const [session] = await scene.sessions('--proto tcp');
  await client.do('abort(c)');
  await scene.server.run('ip route del blackhole 198.51.100.8/29');
  await scene.client.run('ip -6 route add blackhole 64:ff9b::/96');
  const target = `("${session?.outside.address}", ${session?.outside.port})`;
  await server.do(
    `c = socket(AF_INET, SOCK_STREAM); c.bind(("0.0.0.0", 50000)); c.setblocking(0); c.connect_ex(${target})`,
  );
  await eventually(async () => {
    assert.equal((await scene.sessions('--proto tcp')).map((one) => one.state).sort(), ['v4-init', 'v6-init']);
  });
  await scene.close();
});

test('a segment that opens nothing is dropped and counted', async () => {
  const scene = await Scene.open({ capture: false });
  scene.gateway.expectDrops({ lan: { tcp_not_open: 1 } });
  const stray = `IPv6(src="2001:db8:1::2",dst="${scene.server6}")/TCP(sport=40000,dport=80,flags="A",seq=1)`;
  await scene.client.run(`/usr/bin/python3 -c 'from scapy.all import *; send(${stray}, verbose=False)'`);
  await eventually(async () => assert.is(await scene.drops('lan', 'tcp_not_open'), 1));
  assert.equal(await scene.sessions(), []);
  await scene.close();
});

test.run();
