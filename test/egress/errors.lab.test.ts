import { Python } from '../kit/python.ts';
import { assert, suite } from '../kit/suite.ts';
import { farServer4, farServer6, openRouted } from './routers.ts';
import { blue4, blue6 } from './scene.ts';

const test = suite('egress: ICMP errors');

/** The addresses that traceroute printed, hop by hop. */
function hops(output: string): string[] {
  return [...output.matchAll(/^ *\d+ +(\S+)/gm)].map(([, address]) => address as string);
}

const families = [
  {
    family: 'IPv4',
    server: farServer4,
    pool: blue4,
    out: ['10.20.2.1', '10.20.0.1', '198.51.100.1', farServer4],
    back: ['192.0.2.1', '198.51.100.2', blue4, blue4],
  },
  {
    family: 'IPv6',
    server: farServer6,
    pool: blue6,
    out: ['2001:db8:22::1', '2001:db8:20::1', '2001:db8:51::1', farServer6],
    back: ['2001:db8:52::1', '2001:db8:51::2', blue6, blue6],
  },
] as const;

test.each(
  families,
  ({ family }) => `traceroute and closed ports, out and back (${family})`,
  async ({ server: address, pool, out, back }) => {
    const { lab, gateway, client, server } = await openRouted();
    gateway.expectDrops({ lan: { hop_limit: 3 }, uplink: { hop_limit: 1 } }); // one of each traceroute
    const trace = 'traceroute -n -q 1 -N 1 -w 2 -m 8';
    for (const options of ['', '-I', '-T -p 80']) {
      assert.equal(hops(await client.run(`${trace} ${options} ${address}`)), [...out], options);
    }
    const [c, s] = [await Python.start(client), await Python.start(server)];
    // A closed port outside.
    await c.do(`a = udp("${address.includes(':') ? '::' : '0.0.0.0'}"); a.connect(("${address}", 9)); a.send(b"who")`);
    assert.match((await c.do<string>('error(lambda: a.recv(100))')) ?? '', 'Connection refused');
    // A closed port inside: the client's socket is gone when the answer comes.
    await s.do(`b = udp("${address}", 9000)`);
    await c.do(
      `a.close(); a = udp("${address.includes(':') ? '::' : '0.0.0.0'}"); a.sendto(b"who", ("${address}", 9000))`,
    );
    const [from, port] = await s.do<[string, number]>('got(b)');
    assert.is(from, pool);
    await c.do('a.close()');
    await s.do(`b.connect(("${pool}", ${port})); b.send(b"late")`);
    assert.match((await s.do<string>('error(lambda: b.recv(100))')) ?? '', 'Connection refused');
    // Only the port that the client spoke to can see the way to it: filtering is address and port dependent.
    await s.do('b.close()');
    assert.equal(hops(await server.run(`${trace} -U -p ${port} --sport=9000 ${pool}`)), [...back]);
    await lab.close();
  },
);

test.run();
