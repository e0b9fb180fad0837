import { Python } from '../kit/python.ts';
import { assert, suite } from '../kit/suite.ts';
import { ping } from '../kit/traffic.ts';
import { Scene } from './scene.ts';

const test = suite('nat64: traceroute and hop limit');

/** Errors quote what was sent: a checksum that is left to hardware would be seen in them as it is, unfinished. */
const scenery = { routers: true, txChecksum: false } as const;

/** The addresses that traceroute printed, hop by hop. */
function hops(output: string): string[] {
  return [...output.matchAll(/^ *\d+ +(\S+)/gm)].map(([, address]) => address as string);
}

test.each(
  [
    { kind: 'UDP', options: '' },
    { kind: 'ICMP', options: '-I' },
    { kind: 'TCP', options: '-T -p 80' },
  ],
  ({ kind }) => `the client sees the gateway, and the routers behind it embedded in pool6, by ${kind}`,
  async ({ options }) => {
    const scene = await Scene.open(scenery);
    const output = await scene.client.run(`traceroute -6 -n -q 1 -N 1 -w 2 -m 8 ${options} ${scene.server6}`);
    assert.equal(hops(output), ['2001:db8:2::1', '2001:db8:1::1', '64:ff9b::c633:6401', '64:ff9b::cb00:7102']);
    await scene.close();
  },
);

test.each(
  [
    { kind: 'udp', options: '-U' },
    { kind: 'tcp', options: '-T' },
  ],
  ({ kind }) => `the server sees the gateway, and what is behind it as the pool address, by ${kind} to a mapped port`,
  async ({ kind, options }) => {
    const scene = await Scene.open(scenery);
    const [client, server] = [await Python.start(scene.client), await Python.start(scene.server)];
    await server.do('s = udp("0.0.0.0", 80); l = listen("0.0.0.0", 80)');
    if (kind === 'udp') await client.do(`s = udp("::"); s.sendto(b"hello", ("${scene.server6}", 80)); s.close()`);
    else await client.do(`s = tcp("${scene.server6}", 80); abort(s)`);
    const [session] = await scene.sessions(`--proto ${kind}`);
    const { address, port } = session?.outside ?? { address: '', port: 0 };
    const output = await scene.server.run(`traceroute -4 -n -q 1 -N 1 -w 2 -m 8 ${options} -p ${port} ${address}`);
    // The inner router's own address is no translated IPv4 one: its errors come from the address of the mapping.
    assert.equal(hops(output), ['203.0.113.1', '198.51.100.2', address, address]);
    await scene.close();
  },
);

test('a hop limit that ends at the gateway is told to the sender, of either family, and counted', async () => {
  const scene = await Scene.open();
  assert.match(
    (await ping(scene.client, scene.server6, { ttl: 1 })).output,
    'From 2001:db8:1::1 icmp_seq=1 Time exceeded',
  );
  assert.is(await scene.drops('lan', 'hop_limit'), 1);
  assert.is((await ping(scene.client, scene.server6, { ttl: 2 })).received, 1);
  const [session] = await scene.sessions('--proto icmp');
  const back = `-n -c 1 -W 1 -e ${session?.outside.port} ${session?.outside.address}`;
  assert.match(
    (await scene.server.try(`ping -t 1 ${back}`)).stdout,
    'From 198.51.100.2 icmp_seq=1 Time to live exceeded',
  );
  assert.is(await scene.drops('uplink', 'hop_limit'), 1);
  assert.match(await scene.server.run(`ping -t 2 ${back}`), 'ttl=63');
  await scene.close();
});

test('a protocol that has no translation is refused, told to the client and counted', async () => {
  const scene = await Scene.open({ capture: false });
  const client = await Python.start(scene.client);
  const errors = await scene.capture(scene.client, 'eth0', 'icmp6 and ip6[40] == 1');
  // A minimal encapsulation that no IPv6-IPv4 translation knows (GRE).
  await client.do(`socket(AF_INET6, SOCK_RAW, 47).sendto(b"\\0" * 16, ("${scene.server6}", 0))`);
  await errors.waitForFrames(1);
  assert.is(await scene.drops('lan', 'nat64_proto'), 1);
  const server = await Python.start(scene.server);
  await server.do(`socket(AF_INET, SOCK_RAW, 47).sendto(b"\\0" * 16, ("198.51.100.10", 0))`);
  await scene.server.run('ping -c 1 -W 1 198.51.100.2');
  assert.is(await scene.drops('uplink', 'nat64_proto'), 1);
  await scene.close();
});

test.run();
