import { ApiClient } from '../../appliance/cli/client.ts';
import { instancePaths } from '../../appliance/system/instance.ts';
import { Random } from '../fuzz/random.ts';
import { assert, suite } from '../kit/suite.ts';
import { Flows } from './flows.ts';
import { blue4, blue6, configuration, openScene, server4, server6, vms } from './scene.ts';

const test = suite('egress: changes');
/** Policies that are made, changed or taken away while the flows run; each document brings about twenty. */
const changes = 500;

/** A document whose policy `vms` and pool `blue` are always the same, and the rest is not. */
function anyDocument(random: Random): { readonly text: string; readonly others: number } {
  const byte = (): number => random.below(256);
  const clients = (): string => random.pick([`10.99.${byte()}.0/24`, `10.98.0.0/16`, `172.16.${byte()}.${byte()}/32`]);
  const clients6 = (): string => `"2001:db8:99:${byte().toString(16)}::/64"`;
  const targets = (): string => random.pick(['0.0.0.0/0', `${server4}/32`, `192.0.${byte()}.0/24`]);
  const policy = (): string => {
    const priority = `priority: ${random.below(2001) - 1000}`;
    const excluded = random.oneIn(2) ? `, excluded: [10.0.0.0/8, ${server4}/32]` : '';
    return random.oneIn(4)
      ? `{sources: [${clients6()}], destinations: ["::/0"], pool: blue, ${priority}}`
      : `{sources: [${clients()}], destinations: [${targets()}]${excluded}, pool: ${random.pick(['blue', 'red'])}, ${priority}}`;
  };
  // Names in front of `vms` and behind it: the numbers of policies and pools must not follow their order.
  const others = Array.from({ length: 16 + random.below(9) }, (_, i) => `${random.pick(['a', 'x'])}${i}: ${policy()}`);
  const red = `red: {addresses: [203.0.113.${110 + random.below(8)}], ports: ${1024 + byte()}-${30_000 + byte()}}`;
  const forward = random.oneIn(2) ? '' : `{proto: tcp, outside: "${blue4}:22", inside: "10.99.0.1:${1 + byte()}"}`;
  const text = configuration({
    pools: `{${[red, `blue: {addresses: [${blue4}, "${blue6}"]}`].sort(() => random.below(3) - 1).join(', ')}}`,
    policies: `{${[...others, `vms: ${vms}`].sort(() => random.below(3) - 1).join(', ')}}`,
    egress: [`forwards: [${forward}]`],
    more: `firewall: {forward: ${random.pick(['allow', 'deny'])}}`,
  });
  return { text, others: others.length };
}

test('1,200 flows do not notice 500 changes of what is not theirs, and the kernel tracks none of them', async () => {
  const { client, gateway, gw, lab, server } = await openScene();
  const flows = await Flows.start(client, server, [server4, server6]);
  const before = (await gateway.cli<{ total: number }>('sessions -o json')).total;
  assert.is(before, 1200);
  const api = new ApiClient(instancePaths('gw').socket, 'gw', new AbortController().signal);
  const random = new Random(20_260_601);
  const problems: unknown[] = [];
  for (let changed = 0; changed < changes; ) {
    const { others, text } = anyDocument(random);
    const reply = await api.call('apply', { body: { text, file: `after ${changed} changes` } });
    assert.ok(reply.changed);
    changed += others;
    problems.push(...reply.problems);
  }
  const result = await flows.result();
  assert.equal(problems, []);
  assert.equal(
    { flows: result.flows, missing: result.missing, resets: result.resets, wrong: result.wrong },
    { flows: 1200, missing: 0, resets: 0, wrong: 0 },
  );
  assert.is(result.answered, 1200 * result.rounds);
  assert.ok(result.rounds > 1);
  assert.is((await gateway.cli<{ total: number }>('sessions -o json')).total, before, 'the same sessions all the time');
  assert.is(await gateway.drops('lan', 'session_revoked'), 0);
  assert.is(await gw.run('cat /proc/net/nf_conntrack 2>/dev/null || true'), '');
  assert.is(await gw.run('nft list ruleset'), '');
  await lab.close();
});

test.run();
