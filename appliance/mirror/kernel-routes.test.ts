import type { Encap, Route } from 'netlink-ts';
import { assert, suite } from '../../test/kit/suite.ts';
import { SidBehavior, SidFlavor } from '../dataplane/layout.gen.ts';
import { formatAddress, parseAddress } from '../model/address.ts';
import { KernelRoutes } from './kernel-routes.ts';
import { translate } from './translate.ts';

const test = suite('mirror: routes of the kernel');

const seg6 = (mode: string, ...segments: readonly string[]): Encap =>
  ({ type: 'seg6', mode, segments }) as unknown as Encap;
const local = (action: string, more: object = {}): Encap =>
  ({ type: 'seg6local', action, ...more }) as unknown as Encap;

function route(destination: string, encap?: Encap, more: Partial<Route> = {}): Route {
  const family = destination.includes(':') ? 6 : 4;
  const fixed = {
    table: 254,
    type: 'unicast',
    protocol: 3,
    scope: 'global',
    priority: 1024,
    tos: 0,
    index: 2,
  } as const;
  return { ...fixed, family, destination, flags: {}, ...(encap && { encap }), ...more };
}

const outcome = (encap: Encap, more: Partial<Route> = {}): unknown => {
  const translated = translate(route('2001:db8:a::/48', encap, more));
  return translated?.kind === 'refused' ? translated.why : translated;
};
const segmentsOf = (encap: Encap): unknown => {
  const translated = translate(route('198.18.0.0/15', encap));
  return (
    translated?.kind === 'steer' && translated.ways.map((way) => [way.reduced, ...way.segments.map(formatAddress)])
  );
};

test('routes into tunnels', () => {
  assert.equal(segmentsOf(seg6('encap', 'fc00::1', 'fc00::2')), [[false, 'fc00::1', 'fc00::2']]);
  assert.equal(segmentsOf(seg6('encap.red', 'fc00::1')), [[true, 'fc00::1']]);
});

test('ways with weights', () => {
  const nextHops = [
    { weight: 3, flags: {}, encap: seg6('encap', 'fc00::1') },
    { weight: 1, flags: {}, encap: seg6('encap', 'fc00::2') },
  ];
  const translated = translate(route('198.18.0.0/15', undefined, { nextHops }));
  assert.equal(translated?.kind === 'steer' && translated.ways.map(({ weight }) => weight), [3, 1]);
  const [first] = nextHops;
  const mixed = translate(route('198.18.0.0/15', undefined, { nextHops: [first, { weight: 1, flags: {} }] as never }));
  assert.is(mixed?.kind === 'refused' && mixed.why, 'some of its ways have no segments');
});

const list = (count: number): string[] => Array.from({ length: count }, (_, at) => `fc00::${at + 1}`);
const refusals: readonly (readonly [string, Encap])[] = [
  ['its mode inline is none of encap and encap.red', seg6('inline', 'fc00::1', '::')],
  ['its mode l2encap is none of encap and encap.red', seg6('l2encap', 'fc00::1')],
  ['it has more than 16 segments', seg6('encap', ...list(17))],
  [
    'its segment routing header carries an HMAC',
    { ...seg6('encap', 'fc00::1'), extra: { flags: 8, bytes: new Uint8Array(40) } } as Encap,
  ],
  ['its first segment is looked up in the table 77', { ...seg6('encap', 'fc00::1'), table: 77 } as Encap],
  ['its behaviour End.T is not supported', local('End.T', { table: 254 })],
  ['its behaviour End.B6.Encaps is not supported', local('End.B6.Encaps', { segments: ['fc00::1'] })],
  ['compressed SIDs (NEXT-CSID) are not supported', local('End', { flavors: { nextCsid: true } })],
  ['the table 255 is none that packets can have', local('End.DT6', { table: 255 })],
  ['it has no next hop', local('End.X', { nh6: '::' })],
];
test.each(
  refusals,
  ([why]) => `refused: ${why}`,
  ([why, encap]) => assert.is(outcome(encap), why),
);

const sid = { kind: 'sid', flavors: 0, table: 0 };
const hop = (text: string, more: object = {}): object => ({
  nextHop: { family: text.includes(':') ? 6 : 4, bytes: parseAddress(text), ...more },
});
const sids: readonly (readonly [string, Encap, object])[] = [
  ['End', local('End'), { behavior: SidBehavior.SID_END }],
  [
    'End psp,usp,usd',
    local('End', { flavors: { psp: true, usp: true, usd: true } }),
    { behavior: SidBehavior.SID_END, flavors: SidFlavor.SID_PSP | SidFlavor.SID_USP | SidFlavor.SID_USD },
  ],
  ['End.X', local('End.X', { nh6: 'fc00::9' }), { behavior: SidBehavior.SID_END_X, ...hop('fc00::9') }],
  [
    'End.X oif',
    local('End.X', { nh6: 'fe80::9', oif: 7 }),
    { behavior: SidBehavior.SID_END_X, ...hop('fe80::9', { index: 7 }) },
  ],
  ['End.DX4', local('End.DX4', { nh4: '192.0.2.9' }), { behavior: SidBehavior.SID_END_DX4, ...hop('192.0.2.9') }],
  ['End.DX6', local('End.DX6', { nh6: 'fc00::9' }), { behavior: SidBehavior.SID_END_DX6, ...hop('fc00::9') }],
  ['End.DX4 without next hop', local('End.DX4', { nh4: '0.0.0.0' }), { behavior: SidBehavior.SID_END_DT4 }],
  ['End.DX6 without next hop', local('End.DX6', { nh6: '::' }), { behavior: SidBehavior.SID_END_DT6 }],
  ['End.DT6 main', local('End.DT6', { table: 254 }), { behavior: SidBehavior.SID_END_DT6 }],
  ['End.DT6', local('End.DT6', { table: 77 }), { behavior: SidBehavior.SID_END_DT6, table: 77 }],
  ['End.DT4', local('End.DT4', { vrfTable: 1000 }), { behavior: SidBehavior.SID_END_DT4, table: 1000 }],
  ['End.DT46', local('End.DT46', { vrfTable: 77 }), { behavior: SidBehavior.SID_END_DT46, table: 77 }],
];
test.each(
  sids,
  ([name]) => name,
  ([, encap, expected]) => assert.equal(outcome(encap), { ...sid, ...expected }),
);

test('SIDs of other tables, plain routes and other tunnels are not the mirror’s', () => {
  assert.is(outcome(local('End'), { table: 77 }), undefined);
  assert.is(translate(route('2001:db8::/32')), undefined);
  assert.is(outcome({ type: 1, attributes: new Uint8Array(4) }), undefined);
  assert.is(outcome(seg6('encap', 'fc00::1'), { type: 'blackhole' }), undefined);
});

const a = route('2001:db8:a::/48', seg6('encap', 'fc00::1'));
const key = '0 2001:db8:a::/48';
const firstOf = (routes: KernelRoutes): unknown => {
  const best = routes.best(key)?.route;
  return best?.kind === 'steer' && best.ways[0] && formatAddress(best.ways[0].segments[0] as Uint8Array);
};

test('the least metric counts, and what is left when it goes', () => {
  const routes = new KernelRoutes(86);
  routes.replace([a]);
  assert.equal(routes.apply('new', { ...a, priority: 5, encap: seg6('encap', 'fc00::5') }).keys, [key]);
  assert.is(firstOf(routes), 'fc00::5');
  routes.apply('del', { ...a, priority: 5 });
  assert.is(firstOf(routes), 'fc00::1');
  routes.apply('del', a);
  assert.is(routes.best(key), undefined);
  assert.equal([...routes.keys()], []);
});

test('a plain route in the place of a route into a tunnel takes it away', () => {
  const routes = new KernelRoutes(86);
  routes.replace([a]);
  assert.equal(routes.apply('new', route('2001:db8:a::/48', undefined, { via: 'fe80::1' })).keys, [key]);
  assert.is(routes.best(key), undefined);
});

test('our own routes, and those of a source or a type of service, are not looked at', () => {
  const routes = new KernelRoutes(86);
  for (const other of [{ protocol: 86 }, { source: '2001:db8::/64' }, { tos: 4 }, { table: 255 }]) {
    assert.is(routes.concerns({ ...a, ...other }), false);
    assert.equal(routes.apply('new', { ...a, ...other }).keys, []);
  }
});

test('one way of several that goes: what is left is not told', () => {
  const routes = new KernelRoutes(86);
  const nextHops = [a, a].map(({ encap }) => ({ weight: 1, flags: {}, encap: encap as Encap }));
  routes.replace([route('2001:db8:a::/48', undefined, { nextHops })]);
  assert.is(routes.apply('del', a).unclear, true);
});

test('next hops are on the link of the longest connected prefix', () => {
  const routes = new KernelRoutes(86);
  const address = parseAddress('192.0.2.9') as Uint8Array;
  routes.replace([route('192.0.2.0/24'), route('0.0.0.0/0', undefined, { via: '192.0.2.1' }), route('fe80::/64')]);
  assert.is(routes.linkOf(address), 2);
  assert.is(routes.apply('new', route('192.0.2.8/29', undefined, { index: 3 })).links, true);
  assert.is(routes.linkOf(address), 3);
  routes.apply('del', route('192.0.2.8/29', undefined, { index: 3 }));
  assert.is(routes.linkOf(address), 2);
  assert.is(routes.linkOf(parseAddress('fe80::9') as Uint8Array), undefined);
});

test.run();
