import { BASE, checkDocument, type RuleCase, ruleTests } from '../../../test/kit/rules.ts';
import { assert, suite } from '../../../test/kit/suite.ts';
import type { Facts } from '../../contract/feature.ts';
import { routeErrors } from './errors.ts';

const test = suite('routes: rules');

const cases: readonly RuleCase[] = [
  [
    'no next hop',
    'routes:\n  - {to: 10.0.0.0/8}\n',
    'f:6:5  ROUTE_VIA_MISSING  The route to 10.0.0.0/8 has no next hop. Write via: ADDRESS, or type: blackhole.',
  ],
  [
    'a blackhole with a next hop',
    'routes:\n  - {to: 10.0.0.0/8, via: 198.51.100.1, type: blackhole}\n',
    'f:6:27  ROUTE_VIA_UNUSED  The blackhole route to 10.0.0.0/8 has a next hop. Leave out via, or type: blackhole.',
  ],
  [
    'a blackhole to default',
    'routes:\n  - {to: default, type: blackhole}\n',
    'f:6:10  ROUTE_FAMILY  A blackhole route to default can be IPv4 or IPv6. Write 0.0.0.0/0 or "::/0".',
  ],
  [
    'two families',
    'routes:\n  - {to: 10.0.0.0/8, via: 2001:db8:1::2}\n',
    'f:6:27  ROUTE_FAMILY  10.0.0.0/8 is IPv4, and its next hop 2001:db8:1::2 is not. Write an IPv4 address.',
  ],
  [
    'an unknown tenant',
    'routes:\n  - {to: 10.0.0.0/8, via: 198.51.100.1, tenant: rot}\n',
    'f:6:49  ROUTE_TENANT_UNKNOWN  No tenant is named rot. No tenants are named here: write tenants: {NAME: {table: 110}}.',
  ],
  [
    'a next hop that is in the network of another tenant',
    '  a: {device: eth7, role: inside, tenant: red, addresses: [10.1.0.1/24]}\ntenants: {red: {table: 110}}\nroutes:\n  - {to: 10.0.0.0/8, via: 198.51.100.1, tenant: red}\n  - {to: 10.0.0.0/8, via: 10.1.0.2, tenant: red}\n  - {to: 10.0.0.0/8, via: 198.51.100.1}\n',
    'f:8:27  ROUTE_VIA_UNREACHABLE  198.51.100.1 is in no network of an interface. The box is in: 10.1.0.0/24.',
    'f:9:10  ROUTE_DUPLICATE  There is already a route to 10.0.0.0/8 (line 8). Leave one of them out.',
  ],
  [
    'host bits',
    'routes:\n  - {to: 10.0.0.1/8, via: 198.51.100.1}\n',
    'f:6:10  ROUTE_HOST_BITS  10.0.0.1/8 has bits set after its length. Write 10.0.0.0/8.',
  ],
  [
    'an address of the box as next hop',
    'routes:\n  - {to: default, via: 198.51.100.2}\n',
    'f:6:24  ROUTE_VIA_LOCAL  198.51.100.2 is an address of this box. Write the address of the next router.',
  ],
  [
    'a link-local next hop',
    'routes:\n  - {to: default, via: fe80::1}\n',
    'f:6:24  ROUTE_VIA_NOT_UNICAST  fe80::1 is link-local, so it does not say on which interface. Write a global address of that router.',
  ],
  [
    'a multicast next hop',
    'routes:\n  - {to: default, via: 224.0.0.1}\n',
    'f:6:24  ROUTE_VIA_NOT_UNICAST  224.0.0.1 is no address of a router. Write an address of the next router.',
  ],
  [
    'an unreachable next hop',
    'routes:\n  - {to: default, via: 192.0.2.1}\n',
    'f:6:24  ROUTE_VIA_UNREACHABLE  192.0.2.1 is in no network of an interface. The box is in: 198.51.100.0/24.',
  ],
  [
    'the same destination twice',
    'routes:\n  - {to: default, via: 198.51.100.1}\n  - to: 0.0.0.0/0\n    via: 198.51.100.3\n',
    'f:7:9  ROUTE_DUPLICATE  There is already a route to 0.0.0.0/0 (line 6). Leave one of them out.',
  ],
];

ruleTests(test, cases, routeErrors);

const facts: Facts = {
  links: [
    { name: 'eth0', index: 2, mtu: 1500, addresses: ['192.0.2.7/24'] },
    { name: 'eth1', index: 3, mtu: 1500, addresses: [] },
  ],
  localAddresses: [],
};

test('networks that the kernel knows count as well', () => {
  assert.equal(checkDocument(`${BASE}routes: [{to: default, via: 192.0.2.1}]\n`, facts).errors, []);
});

test('an unreachable next hop is of the missing-interface kind while a device is missing', () => {
  const { errors } = checkDocument(`${BASE}routes: [{to: default, via: 192.0.2.1}]\n`, {
    links: [],
    localAddresses: [],
  });
  assert.equal(
    errors.map(({ code, kind }) => `${code} ${kind}`),
    [
      'INTERFACE_MISSING missing-interface',
      'INTERFACE_MISSING missing-interface',
      'ROUTE_VIA_UNREACHABLE missing-interface',
    ],
  );
});

test('without facts, an interface without addresses may have any network', () => {
  const text = 'version: 1\ninterfaces: {up: {role: outside}}\nroutes: [{to: default, via: 192.0.2.1}]\n';
  assert.equal(checkDocument(text).errors, []);
});

test.run();
