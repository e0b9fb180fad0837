import { readFileSync } from 'node:fs';
import { Lab } from '../kit/lab.ts';
import { suite } from '../kit/suite.ts';
import { ping } from '../kit/traffic.ts';
const test = suite('debug');
for (const round of [1, 2, 3, 4, 5, 6]) {
test('x'+round, async () => {
  const lab = await Lab.open();
  const { client, gw, far, server } = lab.hosts('client', 'gw', 'far', 'server');
  await lab.link(client.port('eth0', { addresses: ['10.1.0.2/24', '2001:db8:1::2/64'] }), gw.port('eth0'));
  await lab.link(server.port('eth0', { addresses: ['10.2.0.2/24', '2001:db8:2::2/64'] }), far.port('eth0'));
  await lab.link(gw.port('eth1', { mtu: 2000 }), far.port('eth1', { mtu: 2000 }));
  await client.run('ip route add default via 10.1.0.1 && ip -6 route add default via 2001:db8:1::1');
  await server.run('ip route add default via 10.2.0.1 && ip -6 route add default via 2001:db8:2::1');
  const document = readFileSync('/work/main/docs/examples/srv6-endpoint.yaml', 'utf8');
  const gateway = await lab.gateway(gw, document);
  const other = new Map([['10.1.0','10.2.0'],['2001:db8:1:','2001:db8:2:'],['fcbb:bb00:1:', 'fcbb:bb00:2:']].flatMap(([a, b]) => [[a, b] as const, [b, a] as const]));
  const pattern = new RegExp([...other.keys()].map((text) => text!.replaceAll('.', '\\.')).join('|'), 'g');
  const far2 = document
    .replace(pattern, (found) => other.get(found) as string)
    .replace(/c0::([12])(?!\d)/g, (_, node) => `c0::${node === '1' ? 2 : 1}`);
  const cap = await far.capture('eth1');
  const g2 = await lab.gateway(far, far2);
  const n1 = await gw.run('ip -6 neigh; echo; cat /proc/uptime');
  const nf = await far.run('ip -6 neigh; ip -6 addr show eth1; echo; cat /proc/uptime');
  const r = await ping(client, '10.2.0.2', { count: 3, size: 1400 });
  console.log(round, r.received);
  if (r.received < 3) {
    console.log(n1, nf, r.output);
  for (const g of [gateway, g2]) { console.log(await g.cli('status')); console.log(await g.cli('drops')); }
  console.log(await gw.run('ip -6 route; ip -s -6 neigh; ip -s link show eth1'));
  console.log(await far.run('ip -6 route; ip -s -6 neigh'));
  const path = await cap.stop();
  console.log(await client.run(`tcpdump -nvr ${path} | head -60`));
  }
});
}
test.run();
