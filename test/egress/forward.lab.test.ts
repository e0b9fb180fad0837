import { assert, suite } from '../kit/suite.ts';
import { echo, exchange } from '../kit/traffic.ts';
import {
  addClient,
  blue4,
  blue6,
  client4,
  client6,
  configuration,
  lanTwo,
  openHosts,
  server4,
  server6,
} from './scene.ts';

const test = suite('egress: static forwards');

const families = [
  { family: 'IPv4', pool: blue4, outside: blue4, inside: client4, server: server4 },
  { family: 'IPv6', pool: blue6, outside: `[${blue6}]`, inside: client6, server: server6 },
] as const;

const forwards = families.flatMap(({ inside, outside }) =>
  (['tcp', 'udp'] as const).map(
    (proto) =>
      `{proto: ${proto}, outside: "${outside}:22", inside: "${inside.includes(':') ? `[${inside}]` : inside}:2222"}`,
  ),
);
const text = configuration({
  interfaces: [lanTwo],
  policies: `{all: {sources: [10.0.0.0/8, "2001:db8::/32"], destinations: [0.0.0.0/0, "::/0"], pool: blue}}`,
  egress: [`forwards: [${forwards.join(', ')}]`],
});

const literal = (address: string): string => address.replaceAll('.', '\\.');

test.each(
  families,
  ({ family }) => `the outside, a neighbour inside and the host itself reach a forward (${family})`,
  async ({ pool, inside, server: serverAddress }) => {
    const hosts = await openHosts();
    const { client, gw, lab, server } = hosts;
    const neighbour = await addClient(hosts, 'neighbour');
    const gateway = await lab.gateway(gw, text);
    for (const kind of ['tcp', 'udp'] as const) {
      const host = await echo(client, kind, inside, 2222);
      assert.is(await exchange(server, kind, pool, 22), 'same', `${kind} from outside`);
      // The outside peer is seen as it is; inside ones as the pool address (RFC 4787 REQ-9, RFC 5382 REQ-8).
      await host.waitFor(new RegExp(`^from ${literal(serverAddress)} `));
      assert.is(await exchange(neighbour, kind, pool, 22), 'same', `${kind} from inside`);
      await host.waitFor(new RegExp(`^from ${literal(pool)} `));
      assert.is(await exchange(client, kind, pool, 22), 'same', `${kind} from the host itself`);
    }
    assert.is(await gateway.drops('lan', 'pool_no_session'), 0);
    await lab.close();
  },
);

test('a forward answers on its port and for its protocol only, and ends with the document that has it', async () => {
  const { client, gw, lab, server } = await openHosts();
  const policies = '{vms: {sources: [10.20.0.0/16], destinations: [0.0.0.0/0], pool: blue}}';
  const forward = `forwards: [{proto: udp, outside: "${blue4}:53", inside: "${client4}:5353"}]`;
  const gateway = await lab.gateway(gw, configuration({ policies, egress: [forward] }));
  await echo(client, 'udp', client4, 5353);
  assert.is(await exchange(server, 'udp', blue4, 53, { sourcePort: 6000 }), 'same');
  assert.match(await exchange(server, 'udp', blue4, 54, { waitSeconds: 0.3 }), /timed out/);
  assert.match(await exchange(server, 'tcp', blue4, 53, { waitSeconds: 0.3 }), /timed out/);
  assert.ok((await gateway.drops('uplink', 'pool_no_session')) >= 2);

  gateway.writeConfig(configuration({ policies }));
  await gateway.cli(`apply ${gateway.configFile}`);
  assert.match(await exchange(server, 'udp', blue4, 53, { sourcePort: 6000, waitSeconds: 0.3 }), /timed out/);
  assert.is(await gateway.drops('uplink', 'session_revoked'), 1);
  await lab.close();
});

test.run();
