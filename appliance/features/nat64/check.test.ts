import { BASE, checkDocument, type RuleCase, ruleTests } from '../../../test/kit/rules.ts';
import { assert, seen, suite } from '../../../test/kit/suite.ts';
import type { Facts } from '../../contract/feature.ts';
import { nat64Errors } from './errors.ts';

const test = suite('nat64: rules');

const cases: readonly RuleCase[] = [
  [
    'an IPv4 prefix as pool6',
    'nat64:\n  main: {pool6: "10.0.0.0/8", pool4: [{addresses: 203.0.113.16}]}\n',
    'f:6:17  NAT64_POOL6_FAMILY  10.0.0.0/8 is an IPv4 prefix. Write an IPv6 prefix, such as 64:ff9b::/96.',
  ],
  [
    'a pool6 length that RFC 6052 does not have',
    'nat64:\n  main: {pool6: "2001:db8::/72", pool4: [{addresses: 203.0.113.16}]}\n',
    'f:6:17  NAT64_POOL6_LENGTH  2001:db8::/72 has length 72. A translation prefix has length 32, 40, 48, 56, 64 or 96.',
  ],
  [
    'host bits in pool6',
    'nat64:\n  main: {pool6: "64:ff9b::1/96", pool4: [{addresses: 203.0.113.16}]}\n',
    'f:6:17  NAT64_POOL6_HOST_BITS  64:ff9b::1/96 has bits set after its length. Write 64:ff9b::/96.',
  ],
  [
    'bits 64 to 71 in pool6',
    'nat64:\n  main: {pool6: "2001:db8:0:0:ff00::/96", pool4: [{addresses: 203.0.113.16}]}\n',
    'f:6:17  NAT64_POOL6_BITS_64_71  2001:db8:0:0:ff00::/96 has bits 64 to 71 set. RFC 6052 keeps them zero: write 2001:db8::/96.',
  ],
  [
    'a multicast pool6',
    'nat64:\n  main: {pool6: "ff00:db8::/32", pool4: [{addresses: 203.0.113.16}]}\n',
    'f:6:17  NAT64_POOL6_NOT_UNICAST  ff00:db8::/32 is multicast. Write 64:ff9b::/96 (RFC 6052), a part of 64:ff9b:1::/48 (RFC 8215) or a prefix of your own.',
  ],
  [
    'a link-local pool6',
    'nat64:\n  main: {pool6: "fe80::/64", pool4: [{addresses: 203.0.113.16}]}\n',
    'f:6:17  NAT64_POOL6_NOT_UNICAST  fe80::/64 is link-local. Write 64:ff9b::/96 (RFC 6052), a part of 64:ff9b:1::/48 (RFC 8215) or a prefix of your own.',
  ],
  [
    'pool6 over an address of an interface',
    'nat64:\n  main: {pool6: "2001:db8:1::/64", pool4: [{addresses: 203.0.113.16}]}\n',
    'f:6:17  NAT64_POOL6_LOCAL  2001:db8:1::1 is an address of this box, in interfaces.lan (line 3). Pool addresses stand below no interface: leave it out of one of them.',
  ],
  [
    'pool6 over pool6',
    'nat64:\n  main: {pool6: "2001:db8:64::/48", pool4: [{addresses: 203.0.113.16}]}\n  two: {pool6: "2001:db8:64:1::/64", pool4: [{addresses: 203.0.113.40}]}\n',
    'f:7:16  NAT64_POOL6_OVERLAP  2001:db8:64:1:: is also in nat64.main (line 6). One address belongs to one pool of one feature.',
  ],
  [
    'an IPv6 pool4',
    'nat64:\n  main:\n    pool6: 64:ff9b::/96\n    pool4: [{addresses: "2001:db8:5::/127"}]\n',
    'f:8:25  NAT64_POOL_FAMILY  2001:db8:5::/127 is IPv6. pool4 holds IPv4 addresses, such as 203.0.113.16/28.',
  ],
  [
    'host bits in pool4',
    'nat64:\n  main:\n    pool6: 64:ff9b::/96\n    pool4: [{addresses: 203.0.113.17/28}]\n',
    'f:8:25  NAT64_POOL_HOST_BITS  203.0.113.17/28 has bits set after its length. Write 203.0.113.16/28 for the whole prefix, or 203.0.113.17 for one address.',
  ],
  [
    'a multicast pool4',
    'nat64:\n  main:\n    pool6: 64:ff9b::/96\n    pool4: [{addresses: 223.255.255.254-224.0.0.3}]\n',
    'f:8:25  NAT64_POOL_NOT_UNICAST  224.0.0.0 is multicast. Write addresses that hosts can have, such as 203.0.113.16/28.',
  ],
  [
    'a loopback pool4',
    'nat64:\n  main:\n    pool6: 64:ff9b::/96\n    pool4: [{addresses: 127.0.0.5}]\n',
    'f:8:25  NAT64_POOL_NOT_UNICAST  127.0.0.5 is loopback. Write addresses that hosts can have, such as 203.0.113.16/28.',
  ],
  [
    'the broadcast address in pool4',
    'nat64:\n  main:\n    pool6: 64:ff9b::/96\n    pool4: [{addresses: 198.51.100.248-198.51.100.255}]\n',
    'f:8:25  NAT64_POOL_NETWORK  198.51.100.255 is the broadcast address of up (198.51.100.2/24). Leave it out of the range.',
  ],
  [
    'the network address in pool4',
    'nat64:\n  main:\n    pool6: 64:ff9b::/96\n    pool4: [{addresses: 198.51.100.0}]\n',
    'f:8:25  NAT64_POOL_NETWORK  198.51.100.0 is the network address of up (198.51.100.2/24). Take another address.',
  ],
  [
    'too many addresses at once',
    'nat64:\n  main:\n    pool6: 64:ff9b::/96\n    pool4: [{addresses: 10.0.0.0/8}]\n',
    'f:8:25  NAT64_POOL_TOO_LARGE  10.0.0.0/8 has 16777216 addresses. All pools together hold at most 256; one address carries 64,512 ports to every destination.',
  ],
  [
    'too many addresses together',
    'nat64:\n  main:\n    pool6: 64:ff9b::/96\n    pool4:\n      - addresses: 203.0.113.0/25\n      - addresses: 192.0.2.0/25\n      - addresses: 192.0.2.200\n',
    'f:11:20  NAT64_POOL_TOO_LARGE  192.0.2.200 brings the pools to 257 addresses. All pools together hold at most 256; one address carries 64,512 ports to every destination.',
  ],
  [
    'pool4 over pool4 in one instance',
    'nat64:\n  main:\n    pool6: 64:ff9b::/96\n    pool4:\n      - addresses: 203.0.113.16/28\n      - {addresses: 203.0.113.20-203.0.113.22, ports: 2048-4095}\n',
    'f:10:21  NAT64_POOL_OVERLAP  203.0.113.20 stands twice in nat64.main (line 9). One address belongs to one pool of one feature.',
  ],
  [
    'pool4 over pool4 of another instance',
    'nat64:\n  main:\n    pool6: 64:ff9b::/96\n    pool4: [{addresses: 203.0.113.40}]\n  two: {pool6: "2001:db8:64::/96", pool4: [{addresses: 203.0.113.40-203.0.113.43}]}\n',
    'f:9:56  NAT64_POOL_OVERLAP  203.0.113.40 is also in nat64.main (line 8). One address belongs to one pool of one feature.',
  ],
  [
    'an address of an interface in pool4',
    'nat64:\n  main:\n    pool6: 64:ff9b::/96\n    pool4: [{addresses: 198.51.100.1-198.51.100.4}]\n',
    'f:8:25  NAT64_POOL_LOCAL  198.51.100.2 is an address of this box, in interfaces.up (line 4). Pool addresses stand below no interface: leave it out of one of them.',
  ],
  [
    'an unknown inside interface',
    'nat64:\n  main:\n    pool6: 64:ff9b::/96\n    pool4: [{addresses: 203.0.113.16}]\n    inside: [lan, wlan]\n',
    'f:9:19  NAT64_INSIDE_UNKNOWN  No interface is named wlan. Interfaces with role inside: lan.',
  ],
  [
    'an inside interface without that role',
    'nat64:\n  main:\n    pool6: 64:ff9b::/96\n    pool4: [{addresses: 203.0.113.16}]\n    inside:\n      - up\n',
    'f:10:9  NAT64_INSIDE_ROLE  up has not role inside. Interfaces with role inside: lan.',
  ],
  [
    'an unknown tenant',
    'nat64:\n  main:\n    pool6: 64:ff9b::/96\n    pool4: [{addresses: 203.0.113.16}]\n    tenant: rot\ntenants: {red: {table: 110}}\n',
    'f:9:13  NAT64_TENANT_UNKNOWN  No tenant is named rot. Tenants: red.',
  ],
  [
    'an inside interface of another tenant',
    '  ce: {device: eth7, role: inside, tenant: red}\ntenants: {red: {table: 110}}\nnat64:\n  main:\n    pool6: 64:ff9b::/96\n    pool4: [{addresses: 203.0.113.16}]\n    inside: [lan, ce]\n  red:\n    pool6: 2001:db8:64::/96\n    tenant: red\n    pool4: [{addresses: 203.0.113.17}]\n    inside: [lan]\n',
    'f:11:19  NAT64_INSIDE_TENANT  ce is of tenant red. Write tenant: red, or leave it out.',
    'f:16:14  NAT64_INSIDE_TENANT  lan is of no tenant. Interfaces with role inside: ce.',
  ],
  [
    'timeouts out of range',
    'nat64:\n  main:\n    pool6: 64:ff9b::/96\n    pool4: [{addresses: 203.0.113.16}]\n    timeouts: {udp: 500ms, icmp: 8d}\n',
    'f:9:21  NAT64_TIMEOUT_RANGE  500ms is too short for udp. Write 1s to 7d.',
    'f:9:34  NAT64_TIMEOUT_RANGE  8d is too long for icmp. Write 1s to 7d.',
  ],
];

ruleTests(test, cases, nat64Errors, ['NAT64_INSIDE_MISSING', 'NAT64_OUTSIDE_MISSING', 'NAT64_INSTANCES']);

const facts: Facts = {
  links: [
    { name: 'eth0', index: 2, mtu: 1500, addresses: [] },
    { name: 'eth1', index: 3, mtu: 1500, addresses: [] },
  ],
  localAddresses: ['198.51.100.2', '203.0.113.9', '2001:db8:64::9'],
};

test('addresses that only the kernel knows are local too', () => {
  const text = `${BASE}nat64:\n  main: {pool6: "2001:db8:64::/96", pool4: [{addresses: 203.0.113.8/30}]}\n`;
  assert.equal(checkDocument(text, facts).errors.map(String), [
    'f:6:17  NAT64_POOL6_LOCAL  2001:db8:64::9 is an address of this box. Pool addresses stand below no interface: leave it out of one of them.',
    'f:6:57  NAT64_POOL_LOCAL  203.0.113.9 is an address of this box. Pool addresses stand below no interface: leave it out of one of them.',
  ]);
});

test('no inside and no outside interface', () => {
  const text = 'version: 1\nnat64:\n  main:\n    pool6: 64:ff9b::/96\n    pool4: [{addresses: 203.0.113.16}]\n';
  const { errors } = checkDocument(text);
  for (const { code } of errors) seen('error', code);
  assert.equal(errors.map(String), [
    'f:3:3  NAT64_INSIDE_MISSING  No interface has role inside. Give an interface role: inside.',
    'f:3:3  NAT64_OUTSIDE_MISSING  No interface has role outside. Give an interface role: outside.',
  ]);
});

test('the well-known prefix, a local prefix and private pools are fine', () => {
  const text = `${BASE}nat64:
  a: {pool6: 64:ff9b::/96, pool4: [{addresses: 10.0.0.0/26}]}
  b: {pool6: 64:ff9b:1::/48, pool4: [{addresses: 192.168.1.1-192.168.1.9, ports: "443"}]}
  c: {pool6: 2001:db8::/40, pool4: [{addresses: 198.51.100.254}]}
`;
  assert.equal(checkDocument(text.replace('2001:db8:1::1/64', '2001:db9:1::1/64')).errors, []);
});

test('too many instances', () => {
  const instances = Array.from(
    { length: 17 },
    (_, i) => `  i${i}: {pool6: "2001:db8:64:${i}::/96", pool4: [{addresses: 203.0.113.${i}}]}\n`,
  );
  const { errors } = checkDocument(`${BASE}nat64:\n${instances.join('')}`);
  for (const { code } of errors) seen('error', code);
  assert.equal(errors.map(String), ['f:22:8  NAT64_INSTANCES  There are 17 instances. One gateway has at most 16.']);
});

test.run();
