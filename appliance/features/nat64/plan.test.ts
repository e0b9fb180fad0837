import { assert, suite } from '../../../test/kit/suite.ts';
import { planConfig } from '../../config/check.ts';
import type { Config, Facts } from '../../contract/feature.ts';
import { formatAddress, formatPrefix } from '../../model/address.ts';
import { features } from '../index.ts';
import type { Nat64Desired } from './plan.ts';

const test = suite('nat64: plan');

const config = {
  version: 1,
  interfaces: {
    lan: { device: 'eth0', role: 'inside' },
    both: { role: ['inside', 'outside'], addresses: ['2001:DB8:0::2/64'] },
    trunk: { device: 'eth9' },
    v7: { link: 'trunk', vlan: 7, role: 'outside' },
    mgmt: { role: 'management' },
  },
  routes: [
    { to: 'default', via: '2001:db8::1' },
    { to: '203.0.113.16/31', via: '198.51.100.1' },
    { to: '10.0.0.0/8', type: 'blackhole' },
  ],
  nat64: {
    main: {
      pool6: '64:FF9B:0::/96',
      pool4: [{ addresses: '203.0.113.16-203.0.113.18', ports: '2000-2999' }, { addresses: '192.0.2.1' }],
    },
    red: {
      pool6: '2001:db8:64::/48',
      pool4: [{ addresses: '203.0.113.40' }],
      inside: ['lan'],
      limits: { sessions: 7 },
      timeouts: { udp: '2m' },
    },
  },
} as const satisfies Config;

const facts: Facts = { links: [], localAddresses: [] };

test('instances: numbers, addresses with ports, interfaces, times, limits', () => {
  const shown = (planConfig(features, config, facts).features.get('nat64') as Nat64Desired).instances.map(
    (instance) => ({
      ...instance,
      pool6: formatPrefix(instance.pool6),
      pool4: instance.pool4.map(
        ({ index, address, portMin, portMax }) => `${index} ${formatAddress(address)} ${portMin}-${portMax}`,
      ),
    }),
  );
  const timeouts = {
    udpMs: 300_000,
    tcpEstablishedMs: 7_440_000,
    tcpTransitoryMs: 240_000,
    tcpIncomingSynMs: 6000,
    icmpMs: 60_000,
  };
  assert.equal(shown, [
    {
      name: 'main',
      id: 0,
      pool6: '64:ff9b::/96',
      pool4: [
        '0 203.0.113.16 2000-2999',
        '1 203.0.113.17 2000-2999',
        '2 203.0.113.18 2000-2999',
        '3 192.0.2.1 1024-65535',
      ],
      inside: ['lan', 'both', '<vxlan>', '<srv6>'],
      table: 0,
      timeouts,
      limits: { sessions: 262_144 },
    },
    {
      name: 'red',
      id: 1,
      pool6: '2001:db8:64::/48',
      pool4: ['4 203.0.113.40 1024-65535'],
      inside: ['lan'],
      table: 0,
      timeouts: { ...timeouts, udpMs: 120_000 },
      limits: { sessions: 7 },
    },
  ]);
});

test('whose address is this', () => {
  const { classes } = planConfig(features, config, facts);
  assert.equal(
    classes.map(
      (entry) => `${entry.family} ${formatPrefix(entry.prefix)} ${entry.class} ${entry.instance} ${entry.poolIndex}`,
    ),
    [
      '6 64:ff9b::/96 pool6 0 0',
      '4 203.0.113.16/32 pool4 0 0',
      '4 203.0.113.17/32 pool4 0 1',
      '4 203.0.113.18/32 pool4 0 2',
      '4 192.0.2.1/32 pool4 0 3',
      '6 2001:db8:64::/48 pool6 1 0',
      '4 203.0.113.40/32 pool4 1 4',
    ],
  );
});

test('routes: one a destination, and a blackhole below every pool goes before others', () => {
  const { routes } = planConfig(features, config, facts);
  assert.equal(
    routes.map(({ to, type, via, owner }) => `${to} ${type} ${via ?? '-'} ${owner}`),
    [
      '::/0 unicast 2001:db8::1 routes',
      '203.0.113.16/31 blackhole - nat64.main',
      '10.0.0.0/8 blackhole - routes',
      '64:ff9b::/96 blackhole - nat64.main',
      '203.0.113.18/32 blackhole - nat64.main',
      '192.0.2.1/32 blackhole - nat64.main',
      '2001:db8:64::/48 blackhole - nat64.red',
      '203.0.113.40/32 blackhole - nat64.red',
    ],
  );
});

test('ports', () => {
  const { ports } = planConfig(features, config, facts);
  assert.equal(ports, [
    { name: 'lan', device: 'eth0', lowerDevice: 'eth0', roles: ['inside'], addresses: [], xdp: 'auto', table: 0 },
    {
      name: 'both',
      device: 'both',
      lowerDevice: 'both',
      roles: ['inside', 'outside'],
      addresses: ['2001:db8::2/64'],
      xdp: 'auto',
      table: 0,
    },
    { name: 'trunk', device: 'eth9', lowerDevice: 'eth9', roles: [], addresses: [], xdp: 'auto', table: 0 },
    {
      name: 'v7',
      device: 'v7',
      lowerDevice: 'eth9',
      link: 'trunk',
      vlan: 7,
      roles: ['outside'],
      addresses: [],
      xdp: 'none',
      table: 0,
    },
    { name: 'mgmt', device: 'mgmt', lowerDevice: 'mgmt', roles: ['management'], addresses: [], xdp: 'none', table: 0 },
  ]);
});

test('numbers stay with their names when the document changes', () => {
  const { ids } = planConfig(features, config, facts);
  const { main: _main, ...rest } = config.nat64;
  const blue = { pool6: '2001:db8:65::/48', pool4: [{ addresses: '203.0.113.99' }, { addresses: '203.0.113.18' }] };
  const next = planConfig(features, { ...config, nat64: { blue, ...rest } }, { ...facts, ids });
  const { instances } = next.features.get('nat64') as Nat64Desired;
  assert.equal(
    instances.map(({ name, id }) => `${name} ${id}`),
    ['blue 2', 'red 1'],
  );
  assert.equal(
    instances.map(({ pool4 }) => pool4.map(({ index }) => index)),
    [[5, 2], [4]],
  );
});

test('the same input gives the same output, and an empty document wants nothing but its firewall', () => {
  const show = (value: unknown): string =>
    JSON.stringify(value, (_key, child: unknown) => (child instanceof Map ? [...child] : child));
  assert.is(show(planConfig(features, config, facts)), show(planConfig(features, config, facts)));
  const empty = planConfig(features, { version: 1 }, facts);
  assert.is(
    show(empty),
    '{"ports":[],"routes":[],"classes":[],"ids":[],"features":[["tenants",{"tables":[]}],["firewall",{"forward":"deny"}],["nat64",{"instances":[]}]]}',
  );
});

test.run();
