import { assert, suite } from '../../test/kit/suite.ts';
import { diffConfigs, formatDifferences } from './diff.ts';

const test = suite('config: differences');

const lines = (before: unknown, after: unknown): string[] => formatDifferences(diffConfigs(before, after));

test('as the manual shows it', () => {
  const before = {
    egress: { pools: { audit: { addresses: ['203.0.113.120'] } } },
    nat64: { main: {}, red: { pool6: '2001:db8::/96' } },
  };
  const after = { nat64: { main: {} }, egress: { pools: { audit: { addresses: ['203.0.113.120-203.0.113.121'] } } } };
  assert.equal(lines(before, after), [
    '~ egress.pools.audit.addresses  [203.0.113.120] -> [203.0.113.120-203.0.113.121]',
    '- nat64.red                     removed',
  ]);
});

test('the order of keys is no difference', () => {
  assert.equal(diffConfigs({ a: 1, b: { c: 2, d: 3 } }, { b: { d: 3, c: 2 }, a: 1 }), []);
});

test('added keys show their value as YAML', () => {
  assert.equal(lines({}, { nat64: { main: { pool6: '64:ff9b::/96', inside: ['lan'], ports: '443' } } }), [
    '+ nat64  {main: {pool6: 64:ff9b::/96, inside: [lan], ports: "443"}}',
  ]);
});

test('an item in the middle of a list moves nothing else', () => {
  const [a, b, c] = [
    { to: 'default', via: '192.0.2.1' },
    { to: '10.0.0.0/8', via: '192.0.2.9' },
    { to: '10.1.0.0/16', via: '192.0.2.9' },
  ];
  assert.equal(lines({ routes: [a, c] }, { routes: [a, b, c] }), ['+ routes[1]  {to: 10.0.0.0/8, via: 192.0.2.9}']);
  assert.equal(lines({ routes: [a, b, c] }, { routes: [a, c] }), ['- routes[1]  removed']);
  assert.equal(lines({ routes: [a, b] }, { routes: [a, { ...b, via: '192.0.2.8' }] }), [
    '~ routes[1].via  192.0.2.9 -> 192.0.2.8',
  ]);
  assert.equal(lines({ routes: [a, a] }, { routes: [a] }), ['- routes[1]  removed']);
});

test('a value that changes its kind is one change', () => {
  assert.equal(lines({ role: 'inside' }, { role: ['inside', 'outside'] }), ['~ role  inside -> [inside, outside]']);
});

test.run();
