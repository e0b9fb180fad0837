/** The documents of docs/examples as they stand: what they promise works on real traffic. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Lab } from '../kit/lab.ts';
import { assert, needs, suite } from '../kit/suite.ts';
import { ping } from '../kit/traffic.ts';
import { openHosts, problemCodes, server6 } from './scene.ts';

const examples = fileURLToPath(new URL('../../../docs/examples/', import.meta.url));
const text = (name: string): string =>
  readFileSync(`${examples}${name}`, 'utf8').replace('limits: {sessions: 262144}', 'limits: {sessions: 4096}');

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

test.run();
