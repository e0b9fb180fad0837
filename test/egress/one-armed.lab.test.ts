import { Lab } from '../kit/lab.ts';
import { assert, suite } from '../kit/suite.ts';
import { echo, exchange, ping } from '../kit/traffic.ts';
import { bodyDigest, download, web } from '../kit/web.ts';
import { arriving, blue4, blue6, client4, client6, server4, server6, sourcesOf } from './scene.ts';

const test = suite('egress: one-armed');

const text = `version: 1
interfaces:
  both: {device: eth0, role: [inside, outside], addresses: [10.20.0.1/16, "2001:db8:20::1/64", 198.51.100.2/24, "2001:db8:51::2/64"]}
egress:
  limits: {sessions: 4096}
  pools: {blue: {addresses: [${blue4}, "${blue6}"]}}
  policies: {vms: {sources: [10.20.0.0/16, "2001:db8:20::/48"], destinations: [0.0.0.0/0, "::/0"], pool: blue}}
  forwards:
    - {proto: tcp, outside: "${blue4}:22", inside: "${client4}:2222"}
    - {proto: tcp, outside: "[${blue6}]:22", inside: "[${client6}]:2222"}
`;

test('clients and servers on one device of both roles; policies tell them apart, forwards serve both', async () => {
  const lab = await Lab.open();
  const { client, gw, server } = lab.hosts('client', 'gw', 'server');
  await lab.segment(
    'lan',
    gw.port('eth0'),
    client.port('eth0', { addresses: [`${client4}/16`, `${client6}/64`] }),
    server.port('eth0', { addresses: [`${server4}/24`, `${server6}/64`] }),
  );
  await client.run('ip route add default via 10.20.0.1 && ip -6 route add default via 2001:db8:20::1');
  await server.run('ip route add default via 198.51.100.2 && ip -6 route add default via 2001:db8:51::2');
  await lab.gateway(gw, text);
  const capture = await arriving(server);
  for (const [address, pool, inside] of [
    [server4, blue4, client4],
    [server6, blue6, client6],
  ] as const) {
    for (const size of [56, 1400, 4000]) {
      const { received, output } = await ping(client, address, { size, count: 3 });
      assert.is(received, 3, `${size} bytes: ${output}`);
    }
    await echo(server, 'udp', address, 7);
    assert.is(await exchange(client, 'udp', address, 7), 'same');
    await web(server, address);
    assert.is(
      await download(client, address.includes(':') ? `[${address}]` : address, 1_000_000),
      bodyDigest(1_000_000),
    );
    await echo(client, 'tcp', inside, 2222);
    assert.is(await exchange(server, 'tcp', pool, 22), 'same', 'a forward from outside');
    assert.is(await exchange(client, 'tcp', pool, 22), 'same', 'a forward from inside');
  }
  assert.equal(await sourcesOf(capture, 'tcp || udp || icmp.type == 8 || icmpv6.type == 128'), [blue6, blue4].sort());
  await capture.checkClean();
  await lab.close();
});

test.run();
