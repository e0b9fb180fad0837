/** The documents of docs/examples as they stand: what they promise works on real traffic. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { openScene as openChain } from '../chains/scene.ts';
import { openHosts as openEgressHosts, sourcesOf } from '../egress/scene.ts';
import { type Host, Lab } from '../kit/lab.ts';
import { assert, needs, suite } from '../kit/suite.ts';
import { echo, exchange, ping } from '../kit/traffic.ts';
import { batch, cart, openScene as openVxlan, other4, startPod } from '../vxlan/scene.ts';
import { openHosts, problemCodes, server6 } from './scene.ts';

const examples = fileURLToPath(new URL('../../../docs/examples/', import.meta.url));
const text = (name: string): string =>
  readFileSync(`${examples}${name}`, 'utf8').replaceAll('limits: {sessions: 262144}', 'limits: {sessions: 4096}');

const test = suite('examples');

test('nat64.yaml', async () => {
  const hosts = await openHosts();
  await hosts.server.run('ip route add 203.0.113.16/28 via 198.51.100.2');
  const gateway = await hosts.lab.gateway(hosts.gw, text('nat64.yaml'));
  assert.is((await ping(hosts.client, server6, { count: 3 })).received, 3);
  assert.equal(await problemCodes(gateway), ['INTERFACE_MISSING'], 'the laboratory has no eth2');
  await hosts.lab.close();
});

/** The router is client and server at once: both worlds are behind it. */
async function openOneArmed(lab: Lab) {
  const { gw, router, clients } = lab.hosts('gw', 'router', 'clients');
  await lab.link(router.port('eth0', { addresses: ['2001:db8:1::1/64', '198.51.100.1/24'] }), gw.port('eth0'));
  await lab.link(clients.port('eth0'), gw.port('eth1'));
  await router.run('ip -6 route add 64:ff9b::/96 via 2001:db8:1::2');
  await router.run('ip route add 203.0.113.0/24 via 198.51.100.2');
  return { gw, router, clients };
}

test('nat64-one-armed.yaml: one interface with both roles', async () => {
  const lab = await Lab.open();
  const { gw, router } = await openOneArmed(lab);
  await lab.gateway(gw, text('nat64-one-armed.yaml'));
  assert.is((await ping(router, server6, { count: 3 })).received, 3);
  await lab.close();
});

test('nat64-one-armed.yaml: clients and servers in two VLANs of one device', async () => {
  needs('vlan');
  const lab = await Lab.open();
  const { gw, clients } = await openOneArmed(lab);
  await clients.run('ip link add link eth0 name v101 type vlan id 101 && ip link set v101 up');
  await clients.run('ip link add link eth0 name v102 type vlan id 102 && ip link set v102 up');
  await clients.run('ip addr add 2001:db8:2::2/64 dev v101 nodad && ip addr add 192.0.2.1/24 dev v102');
  await clients.run('ip -6 route add 2001:db8:64::/56 via 2001:db8:2::1');
  await clients.run('ip route add 203.0.113.0/24 via 192.0.2.2');
  const gateway = await lab.gateway(gw, text('nat64-one-armed.yaml'));
  assert.is((await ping(clients, '2001:db8:64:c0:0:201::', { count: 3 })).received, 3);
  assert.equal(await problemCodes(gateway), []);
  await lab.close();
});

test('egress.yaml', async () => {
  const { client, gw, lab, server } = await openEgressHosts();
  await client.run('ip addr add 10.20.7.5/16 dev eth0');
  const gateway = await lab.gateway(gw, text('egress.yaml'));
  for (const [source, address, seenAs] of [
    ['10.20.0.5', '198.51.100.1', /^203\.0\.113\.10[0-7]$/],
    ['10.20.7.5', '198.51.100.1', /^203\.0\.113\.120$/],
    ['2001:db8:20::5', '2001:db8:51::1', /^2001:db8:e::10.$/],
  ] as const) {
    const capture = await server.capture('eth0', `dst host ${address} and (icmp or icmp6)`);
    assert.is((await ping(client, address, { count: 3, source })).received, 3, source);
    const echoes = await capture.packets(['ip.src', 'ipv6.src'], 'icmp.type == 8 || icmpv6.type == 128');
    assert.is(echoes.length, 3, source);
    for (const packet of echoes) assert.match(packet['ip.src'] || packet['ipv6.src'], seenAs);
  }
  await echo(client, 'tcp', '10.20.0.5', 8443);
  assert.is(await exchange(server, 'tcp', '203.0.113.100', 443), 'same');
  await echo(client, 'tcp', '2001:db8:20::5', 8443);
  assert.is(await exchange(server, 'tcp', '2001:db8:e::100', 443), 'same');
  const { features } = (await gateway.status()) as unknown as { features: { name: string; detail: string }[] };
  const [line] = features.filter(({ name }) => name === 'egress');
  assert.match(
    line?.detail ?? '',
    /^\d+ sessions, \d+ BIB entries \| 2 policies, 2 forwards \| audit 1 IPv4, 0 IPv6 addresses \| blue 8 IPv4, 16 IPv6 addresses$/,
  );
  await lab.close();
});

/** Addresses that the server saw echo requests from, each once. */
async function seenBy(server: Host, work: () => Promise<void>): Promise<string[]> {
  const capture = await server.capture('eth0', 'icmp or icmp6');
  await work();
  return sourcesOf(capture, 'icmp.type == 8 || icmpv6.type == 128');
}

test('vxlan.yaml: an address for each cluster, and one for a service of one of them', async () => {
  const { lab, one, two, server } = await openVxlan({ document: text('vxlan.yaml') });
  await two.run('ip addr flush dev eth0 && ip addr add 10.1.9.2/16 dev eth0');
  const pods = [
    [await startPod(lab, one, 'payments', cart), '203.0.113.110'],
    [await startPod(lab, one, 'batch', batch), '203.0.113.10[01]'],
    [await startPod(lab, two, 'twin', { ...cart, end: other4 }), '203.0.113.102'],
  ] as const;
  for (const [pod, outside] of pods) {
    const seen = await seenBy(server, async () => {
      assert.is((await ping(pod, '198.51.100.1', { count: 3 })).received, 3);
    });
    assert.match(seen.join(), new RegExp(`^${outside}$`));
  }
  await lab.close();
});

test('chain.yaml: a branch and a cluster, out and to each other', async () => {
  const { branch, lab, pod, server } = await openChain(text('chain.yaml'));
  for (const [host, address, outside] of [
    [branch, '64:ff9b::198.51.100.1', '203.0.113.16'],
    [branch, '198.51.100.1', '203.0.113.101'],
    [pod, '64:ff9b::198.51.100.1', '203.0.113.16'],
    [pod, '198.51.100.1', '203.0.113.100'],
  ] as const) {
    const seen = await seenBy(server, async () => {
      assert.is((await ping(host, address, { count: 3 })).received, 3, address);
    });
    assert.equal(seen, [outside]);
  }
  assert.is((await ping(pod, '10.3.0.2', { count: 3 })).received, 3);
  await lab.close();
});

/** Core addresses before anybody asks for them: a neighbour that did not answer is asked again seconds later only. */
async function answerAtOnce(...hosts: readonly Host[]): Promise<void> {
  for (const [i, host] of hosts.entries()) await host.run(`ip addr add 2001:db8:c0::${i + 1}/64 dev eth1 nodad`);
}

/** The same document for the other end: sites, nodes and locators change places. */
function mirrored(document: string, ...pairs: readonly (readonly [string, string])[]): string {
  const all = [...pairs, ['10.1.0', '10.2.0'], ['2001:db8:1:', '2001:db8:2:']] as const;
  const other = new Map(all.flatMap(([a, b]) => [[a, b] as const, [b, a] as const]));
  const pattern = new RegExp([...other.keys()].map((text) => text.replaceAll('.', '\\.')).join('|'), 'g');
  return document
    .replace(pattern, (found) => other.get(found) as string)
    .replace(/c0::([12])(?!\d)/g, (_, node) => `c0::${node === '1' ? 2 : 1}`);
}

test('srv6-endpoint.yaml', async () => {
  const lab = await Lab.open();
  const { client, gw, far, server } = lab.hosts('client', 'gw', 'far', 'server');
  await lab.link(client.port('eth0', { addresses: ['10.1.0.2/24', '2001:db8:1::2/64'] }), gw.port('eth0'));
  await lab.link(server.port('eth0', { addresses: ['10.2.0.2/24', '2001:db8:2::2/64'] }), far.port('eth0'));
  await lab.link(gw.port('eth1', { mtu: 2000 }), far.port('eth1', { mtu: 2000 }));
  await client.run('ip route add default via 10.1.0.1 && ip -6 route add default via 2001:db8:1::1');
  await server.run('ip route add default via 10.2.0.1 && ip -6 route add default via 2001:db8:2::1');
  await answerAtOnce(gw, far);
  const document = text('srv6-endpoint.yaml');
  const gateway = await lab.gateway(gw, document);
  await lab.gateway(far, mirrored(document, ['fcbb:bb00:1:', 'fcbb:bb00:2:']));
  for (const address of ['10.2.0.2', '2001:db8:2::2'])
    assert.is((await ping(client, address, { count: 3, size: 1400 })).received, 3, address);
  assert.equal(await problemCodes(gateway), []);
  await lab.close();
});

test('srv6-pe.yaml', async () => {
  const lab = await Lab.open();
  const hosts = lab.hosts('red1', 'blue1', 'gw', 'far', 'c1', 'red2', 'blue2');
  const { gw, far, c1 } = hosts;
  for (const [name, node, device] of [
    ['red1', gw, 'eth0'],
    ['blue1', gw, 'eth2'],
    ['red2', far, 'eth0'],
    ['blue2', far, 'eth2'],
  ] as const) {
    const n = node === gw ? 1 : 2;
    const addresses = [`10.${n}.0.2/24`, `2001:db8:${n}::2/64`];
    await lab.link(hosts[name].port('eth0', { addresses }), node.port(device));
    await hosts[name].run(`ip route add default via 10.${n}.0.1 && ip -6 route add default via 2001:db8:${n}::1`);
  }
  await lab.segment('core', ...[gw, far, c1].map((host) => host.port('eth1', { mtu: 2000 })));
  await c1.run(
    'sysctl -qw net.ipv6.conf.all.forwarding=1 net.ipv6.conf.all.seg6_enabled=1 net.ipv6.conf.eth1.seg6_enabled=1',
  );
  await c1.run(
    'ip addr add 2001:db8:c0::11/64 dev eth1 nodad && ip -6 route add fcbb:bb00:c1:e:: encap seg6local action End dev eth1',
  );
  await c1.run(
    'ip -6 route add fcbb:bb00:a1::/48 via 2001:db8:c0::1 && ip -6 route add fcbb:bb00:d2::/48 via 2001:db8:c0::2',
  );
  await answerAtOnce(gw, far);
  const document = text('srv6-pe.yaml');
  const gateway = await lab.gateway(gw, document);
  await lab.gateway(far, mirrored(document, ['fcbb:bb00:a1:', 'fcbb:bb00:d2:']));
  for (const client of [hosts.red1, hosts.blue1])
    for (const address of ['10.2.0.2', '2001:db8:2::2'])
      assert.is((await ping(client, address, { count: 3, size: 1400 })).received, 3, `${client.name} ${address}`);
  const { sids } = await gateway.cli<{ sids: { packets: number }[] }>('srv6 sids -o json');
  assert.equal(
    sids.map(({ packets }) => packets),
    [6, 6, 0],
  );
  assert.equal(await problemCodes(gateway), []);
  await lab.close();
});

test.run();
