import { assert, suite } from '../../../test/kit/suite.ts';
import type { Config, Facts } from '../../contract/feature.ts';
import { formatAddress, formatPrefix } from '../../model/address.ts';
import { planSrv6, type Srv6Desired } from './plan.ts';

const test = suite('srv6: plan');

const config = {
  version: 1,
  tenants: { red: { table: 110 } },
  interfaces: {
    core: { device: 'eth1', role: 'core', addresses: ['fe80::7/64', '2001:db8:c0::1/64'] },
    ce: { device: 'eth2', role: 'inside', tenant: 'red', addresses: ['10.1.0.1/24'] },
  },
  srv6: {
    locators: { own: { prefix: 'fcbb:bb00:1::/48' } },
    sids: [
      { sid: 'fcbb:bb00:1:1::', behavior: 'End.DT46', tenant: 'red' },
      { sid: 'fcbb:bb00:1:2::', behavior: 'End.DX4', via: '10.1.0.2' },
      { sid: 'fcbb:bb00:1:3::', behavior: 'End', flavors: ['psp'] },
    ],
    policies: {
      dc2: {
        segmentLists: [{ weight: 3, segments: ['fcbb:bb00:9::', 'fcbb:bb00:2::'] }, { segments: ['fcbb:bb00:2::'] }],
      },
      full: { encapsulation: 'H.Encaps', segmentLists: [{ segments: ['fcbb:bb00:2::'] }] },
    },
    steering: [
      { to: '10.2.0.0/16', tenant: 'red', policy: 'dc2' },
      { to: '2001:db8:2::/48', policy: 'full' },
    ],
  },
} as const satisfies Config;

const facts: Facts = { links: [], localAddresses: [] };
const plan = (document: unknown, more: Partial<Facts> = {}) => planSrv6(document as never, { ...facts, ...more });

test('SIDs: table of the tenant or of the interface, next hop with its device', () => {
  const { sids } = plan(config).own as Srv6Desired;
  assert.equal(
    sids.map(({ number, sid, table, tenant, next }) => [
      number,
      formatAddress(sid),
      table,
      tenant,
      next && `${next.interface} ${next.device} ${formatAddress(next.via)}`,
    ]),
    [
      [0, 'fcbb:bb00:1:1::', 110, 'red', undefined],
      [1, 'fcbb:bb00:1:2::', 110, 'red', 'ce eth2 10.1.0.2'],
      [2, 'fcbb:bb00:1:3::', 0, undefined, undefined],
    ],
  );
});

test('a SID keeps its number when others go', () => {
  const { ids } = plan(config);
  const fewer = { ...config, srv6: { ...config.srv6, sids: config.srv6.sids.slice(1) } };
  const { sids } = plan(fewer, { ids: ids ?? new Map() }).own as Srv6Desired;
  assert.equal(
    sids.map(({ number }) => number),
    [1, 2],
  );
});

test('policies, and the outer header: the first address of the core that is not link-local', () => {
  const { policies, outer } = plan(config).own as Srv6Desired;
  assert.equal(
    policies.map(({ name, reduced, lists }) => [
      name,
      reduced,
      ...lists.map(({ weight, segments }) => [weight, segments.length]),
    ]),
    [
      ['dc2', true, [3, 2], [1, 1]],
      ['full', false, [1, 1]],
    ],
  );
  assert.equal(
    { ...outer, source: formatAddress(outer?.source as Uint8Array) },
    {
      source: '2001:db8:c0::1',
      hopLimit: 64,
      dscp: 'copy',
    },
  );
});

test('blackholes below locators and steered prefixes, each in its table', () => {
  assert.equal(
    plan(config).routes?.map(({ to, type, table, owner }) => [to, type, table, owner]),
    [
      ['fcbb:bb00:1::/48', 'blackhole', undefined, 'srv6.locators.own'],
      ['10.2.0.0/16', 'blackhole', 110, 'srv6.steering[0]'],
      ['2001:db8:2::/48', 'blackhole', undefined, 'srv6.steering[1]'],
    ],
  );
  assert.equal(
    (plan(config).own as Srv6Desired).steering.map(({ to }) => formatPrefix(to)),
    ['10.2.0.0/16', '2001:db8:2::/48'],
  );
});

test('a document without the key wants nothing', () => {
  assert.equal(plan({ version: 1 }), {});
});

test.run();
