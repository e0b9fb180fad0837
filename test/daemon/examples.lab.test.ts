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

test.run();
