import { assert, suite } from '../../../test/kit/suite.ts';
import { contains, formatPrefix, type Prefix, parseAddress, parsePrefix } from '../../model/address.ts';
import { type CompiledPolicies, compile } from './compile.ts';
import { type EgressQuestion, explainEgress } from './explain.ts';
import type { EgressPolicy } from './order.ts';

const test = suite('egress: which policy wins');

const prefix = (text: string): Prefix => parsePrefix(text) as Prefix;
const address = (text: string): Uint8Array => parseAddress(text) as Uint8Array;
let number = 0;

function policy(
  name: string,
  sources: string,
  destinations: string,
  more: Partial<EgressPolicy> & { not?: string } = {},
) {
  const list = (text: string): Prefix[] => text.split(' ').filter(Boolean).map(prefix);
  number += 1;
  const base = { name, number, table: 0, priority: 0, pool: 'blue', poolNumber: 0, identities: [] };
  return { ...base, sources: list(sources), destinations: list(destinations), excluded: list(more.not ?? ''), ...more };
}

/** The two look-ups of the data path (bpf/feature/egress/policy.h), by a walk over the compiled entries. */
function lookUp(compiled: CompiledPolicies, { source, destination, table, identity }: EgressQuestion) {
  const longest = <T extends { prefix: Prefix }>(entries: readonly T[], of: Uint8Array): T | undefined =>
    entries.filter((entry) => contains(entry.prefix, of)).sort((a, b) => b.prefix.length - a.prefix.length)[0];
  const own = compiled.identities.find((entry) => entry.table === table && entry.identity === identity);
  const set = (
    own ??
    longest(
      compiled.sources.filter((entry) => entry.table === table),
      source,
    )
  )?.set;
  return longest(
    compiled.destinations.filter((entry) => entry.set === set),
    destination,
  )?.policy?.name;
}

const asked = (source: string, destination: string, more: Partial<EgressQuestion> = {}): EgressQuestion => ({
  source: address(source),
  destination: address(destination),
  table: 0,
  ...more,
});

function winner(policies: readonly EgressPolicy[], question: EgressQuestion): string | undefined {
  const chosen = explainEgress(policies, question).chosen?.name;
  assert.is(lookUp(compile(policies), question), chosen, 'the tables and the explanation');
  return chosen;
}

const all = policy('all', '10.0.0.0/8', '0.0.0.0/0');
const net = policy('net', '10.0.0.0/8', '198.51.100.0/24');
const team = policy('team', '10.20.0.0/16', '0.0.0.0/0');

test('the longer destination, then the longer source, then the name; priority goes before all', () => {
  assert.is(winner([all, net, team], asked('10.20.0.5', '198.51.100.1')), 'net');
  assert.is(winner([all, net, team], asked('10.20.0.5', '192.0.2.1')), 'team');
  assert.is(winner([all, net, team], asked('10.30.0.5', '192.0.2.1')), 'all');
  const twin = policy('alike', '10.0.0.0/8', '0.0.0.0/0');
  assert.is(winner([twin, all], asked('10.30.0.5', '192.0.2.1')), 'alike');
  assert.is(winner([net, { ...all, priority: 1 }], asked('10.20.0.5', '198.51.100.1')), 'all');
  assert.is(winner([net, { ...all, priority: -1 }], asked('10.20.0.5', '192.0.2.1')), 'all');
});

test('an excluded destination falls to the next policy, or to none', () => {
  const most = policy('most', '10.20.0.0/16', '0.0.0.0/0', { not: '10.0.0.0/8 198.51.100.0/25' });
  assert.is(winner([all, most], asked('10.20.0.5', '198.51.100.1')), 'all');
  assert.is(winner([most], asked('10.20.0.5', '198.51.100.1')), undefined);
  assert.is(winner([most], asked('10.20.0.5', '198.51.100.129')), 'most');
});

test('who has the longer source may differ between clients of the same policies', () => {
  const a = policy('a', '10.0.0.0/8 10.1.0.0/16', '0.0.0.0/0');
  const b = policy('b', '10.0.0.0/8 10.2.0.0/16', '0.0.0.0/0');
  assert.is(winner([a, b], asked('10.1.0.1', '192.0.2.1')), 'a');
  assert.is(winner([a, b], asked('10.2.0.1', '192.0.2.1')), 'b');
});

test('families, tables and identities are apart', () => {
  const six = policy('six', '2001:db8::/32', '::/0');
  const red = policy('red', '10.0.0.0/8', '0.0.0.0/0', { table: 110 });
  const cart = policy('cart', '', '0.0.0.0/0', { table: 0xf000, identities: [7] });
  const pods = policy('pods', '10.0.0.0/8', '0.0.0.0/0 192.0.2.0/24', { table: 0xf000, priority: 9 });
  const policies = [all, six, red, cart, pods];
  assert.is(winner(policies, asked('2001:db8::1', '2001:db8:1::1')), 'six');
  assert.is(winner(policies, asked('10.1.1.1', '192.0.2.1', { table: 110 })), 'red');
  assert.is(winner(policies, asked('10.1.1.1', '192.0.2.1', { table: 0xf000, identity: 7 })), 'cart');
  assert.is(winner(policies, asked('10.1.1.1', '192.0.2.1', { table: 0xf000, identity: 8 })), 'pods');
  assert.is(winner(policies, asked('10.1.1.1', '192.0.2.1', { table: 0xf001, identity: 7 })), undefined);
});

test('equal policy sets share their destinations', () => {
  const wide = policy('wide', '10.1.0.0/16 10.2.0.0/16 10.3.0.0/16', '0.0.0.0/0');
  const { sources, destinations } = compile([wide]);
  assert.equal([sources.length, destinations.length, new Set(sources.map(({ set }) => set)).size], [3, 1, 1]);
});

/** Numbers that are the same in every run (Numerical Recipes' generator). */
function random(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

/** The rule as the guide words it, without tables: all policies are looked at. */
function naive(policies: readonly EgressPolicy[], { source, destination, table, identity }: EgressQuestion) {
  const longest = (prefixes: readonly Prefix[], of: Uint8Array): number =>
    Math.max(-1, ...prefixes.filter((one) => contains(one, of)).map(({ length }) => length));
  const own = policies.filter((one) => one.table === table);
  const named = own.filter((one) => identity !== undefined && one.identities.includes(identity));
  const clients = named.length > 0 ? named : own.filter((one) => longest(one.sources, source) >= 0);
  const rows = clients
    .filter((one) => longest(one.destinations, destination) >= 0 && longest(one.excluded, destination) < 0)
    .map(
      (one) =>
        [-one.priority, -longest(one.destinations, destination), -longest(one.sources, source), one.name] as const,
    );
  const better = (a: (typeof rows)[number], b: (typeof rows)[number]): number => {
    for (const i of [0, 1, 2] as const) if (a[i] !== b[i]) return a[i] - b[i];
    return a[3] < b[3] ? -1 : 1;
  };
  return rows.sort(better)[0]?.[3];
}

test('random policies: the tables, the explanation and the rule agree', () => {
  const below = random(20_260);
  const some = (most: number, make: () => string): string =>
    [...new Set(Array.from({ length: below(most + 1) }, make))].join(' ');
  const net4 = (): string => `10.${below(2)}.${below(2) * 128}.0/${[0, 8, 15, 16, 17, 24][below(6)]}`;
  const net6 = (): string => `2001:db8:${below(2)}:${below(2)}::/${[0, 32, 47, 48, 64][below(5)]}`;
  const masked = (text: string): string =>
    text
      .split(' ')
      .filter(Boolean)
      .map((one) => formatPrefix(prefix(one)))
      .join(' ');
  for (let round = 0; round < 300; round += 1) {
    const policies = Array.from({ length: 1 + below(8) }, (_, i) => {
      const net = below(3) === 0 ? net6 : net4;
      const byIdentity = below(4) === 0;
      return policy(
        `p${below(2)}${i}`,
        byIdentity ? '' : masked(some(3, net) || net()),
        masked(some(4, net) || net()),
        {
          not: masked(some(2, net)),
          priority: below(3) - 1,
          table: below(2) * 0xf000,
          identities: byIdentity ? [1 + below(2)] : [],
        },
      );
    });
    const tables = compile(policies);
    for (let i = 0; i < 40; i += 1) {
      const four = below(3) > 0;
      const host = (): string =>
        four ? `10.${below(3)}.${below(2) * 128}.${below(3)}` : `2001:db8:${below(2)}:${below(3)}::${below(3)}`;
      const question = asked(host(), host(), { table: below(2) * 0xf000, ...(below(2) ? { identity: below(4) } : {}) });
      const expected = naive(policies, question);
      assert.is(explainEgress(policies, question).chosen?.name, expected);
      assert.is(lookUp(tables, question), expected);
    }
  }
});

test('why one wins and the others do not', () => {
  const most = policy('most', '10.0.0.0/8', '0.0.0.0/0', { not: '198.51.100.0/24', priority: 5 });
  const { verdicts } = explainEgress([all, net, team, most], asked('10.20.0.5', '198.51.100.1'));
  assert.equal(
    verdicts.map(({ policy: { name }, verdict, reason }) => `${name} ${verdict}: ${reason}`),
    [
      'net chosen: longest destination (24 bits)',
      'team loses: shorter destination (0 bits) than net',
      'all loses: shorter destination (0 bits) than net',
      'most does-not-apply: excluded: 198.51.100.0/24',
    ],
  );
});

test.run();
