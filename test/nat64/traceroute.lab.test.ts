import { Python } from '../kit/python.ts';
import { assert, suite } from '../kit/suite.ts';
import { Scene } from './scene.ts';

const test = suite('nat64: traceroute');

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
    scene.gateway.expectDrops({ lan: { hop_limit: 1 } });
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
    scene.gateway.expectDrops({ uplink: { hop_limit: 1 } });
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

test.run();
