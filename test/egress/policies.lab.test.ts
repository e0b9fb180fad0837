import { Python } from '../kit/python.ts';
import { assert, suite } from '../kit/suite.ts';
import { ping } from '../kit/traffic.ts';
import { addClient, arriving, blue4, blue6, configuration, lanTwo, openHosts, server4, server6, vms } from './scene.ts';

const test = suite('egress: policies');

const pools = `{blue: {addresses: [${blue4}, "${blue6}"]}, red: {addresses: [203.0.113.101]}, green: {addresses: [203.0.113.102]}}`;

/** Which of the pools a destination is reached with, and why. */
const choices = [
  ['192.0.2.1', '203.0.113.102', 'the highest priority, although a longer destination is there'],
  ['192.0.2.65', '203.0.113.102', 'the same where the longer destination begins'],
  ['192.0.3.1', '203.0.113.101', 'of equal priorities the longest destination'],
  ['192.0.4.1', '203.0.113.102', 'of equal destinations the longest source'],
  ['192.0.5.1', '203.0.113.101', 'of equal policies the first by name'],
  ['192.0.6.1', blue4, 'what the longer one excludes falls to the shorter one'],
  ['192.0.7.1', blue4, 'no other policy'],
] as const;

const policies = `
    vms: {sources: [10.20.0.0/16], destinations: [0.0.0.0/0], pool: blue}
    first: {sources: [10.20.0.0/16], destinations: [192.0.2.0/24], pool: green, priority: 7}
    long: {sources: [10.20.0.0/16], destinations: [192.0.2.64/26, 192.0.3.0/24], pool: red}
    wide: {sources: [10.0.0.0/8], destinations: [192.0.4.0/24], pool: red}
    narrow: {sources: [10.20.0.0/24], destinations: [192.0.4.0/24], pool: green}
    a: {sources: [10.20.0.0/16], destinations: [192.0.5.0/24], pool: red}
    b: {sources: [10.20.0.0/16], destinations: [192.0.5.0/24], pool: green}
    hole: {sources: [10.20.0.0/16], destinations: [192.0.6.0/24], excluded: [192.0.6.0/25], pool: red}`;

test('the address that a server sees is that of the policy that wins', async () => {
  const { client, gw, lab, server } = await openHosts();
  for (const [address] of choices) await server.run(`ip addr add ${address}/32 dev lo`);
  await lab.gateway(gw, configuration({ pools, policies, more: 'routes: [{to: default, via: 198.51.100.1}]' }));
  const capture = await arriving(server);
  for (const [address, , why] of choices) assert.is((await ping(client, address)).received, 1, why);
  const seen = await capture.packets(['ip.dst', 'ip.src'], 'icmp.type == 8');
  assert.equal(
    seen.map((packet) => [packet['ip.dst'], packet['ip.src']]),
    choices.map(([address, source]) => [address, source]),
  );
  await lab.close();
});

test('an excluded destination is plain traffic: denied, or routed as it is', async () => {
  const { client, gw, lab, server } = await openHosts();
  const excluded = `{vms: ${vms.replace('pool:', `excluded: [${server4}/32, "${server6}/128"], pool:`)}}`;
  const gateway = await lab.gateway(gw, configuration({ policies: excluded }));
  for (const address of [server4, server6]) {
    assert.is((await ping(client, address, { waitSeconds: 0.3 })).received, 0);
  }
  assert.is(await gateway.drops('lan', 'forward_denied'), 2);
  gateway.writeConfig(configuration({ policies: excluded, more: 'firewall: {forward: allow}' }));
  await gateway.cli(`apply ${gateway.configFile}`);
  const capture = await arriving(server);
  for (const address of [server4, server6]) assert.is((await ping(client, address)).received, 1);
  const seen = await capture.packets(['ip.src', 'ipv6.src'], 'icmp.type == 8 || icmpv6.type == 128');
  assert.equal(
    seen.map((packet) => packet['ip.src'] || packet['ipv6.src']),
    ['10.20.0.5', '2001:db8:20::5'],
  );
  await lab.close();
});

test('clients of a port in `only` need a policy, whatever the firewall allows; others do not', async () => {
  const hosts = await openHosts();
  const { client, gw, lab } = hosts;
  const other = await addClient(hosts, 'other');
  const text = configuration({
    interfaces: [lanTwo],
    policies: '{nobody: {sources: [10.99.0.0/16], destinations: [0.0.0.0/0], pool: blue}}',
    egress: ['only: [lan]'],
    more: 'firewall: {forward: allow}',
  });
  const gateway = await lab.gateway(gw, text);
  for (const address of [server4, server6]) {
    assert.is((await ping(client, address, { waitSeconds: 0.3 })).received, 0);
    assert.is((await ping(other, address)).received, 1);
  }
  assert.is(await gateway.drops('lan', 'egress_no_policy'), 2);
  await lab.close();
});

test.each(
  [server4, server6],
  (address) => `SCTP and GRE have no ports that could be translated, and are dropped (${address})`,
  async (address) => {
    const { client, gw, lab, server } = await openHosts();
    const gateway = await lab.gateway(gw, configuration());
    const capture = await server.capture('eth0', 'proto 132 or proto 47 or ip6 proto 132 or ip6 proto 47');
    const python = await Python.start(client);
    for (const proto of [132, 47]) {
      await python.do(
        `socket(family("${address}"), SOCK_RAW, ${proto}).sendto(bytes.fromhex("13881389000000000a0b0c0d"), ("${address}", 0))`,
      );
    }
    assert.is(await gateway.drops('lan', 'egress_proto'), 2);
    assert.is((await ping(client, address)).received, 1);
    assert.equal(capture.frames(), []);
    await lab.close();
  },
);

test.run();
