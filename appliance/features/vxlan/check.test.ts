import { BASE, checkDocument, type RuleCase, ruleTests } from '../../../test/kit/rules.ts';
import { assert, seen, suite } from '../../../test/kit/suite.ts';
import type { Facts } from '../../contract/feature.ts';
import { vxlanErrors } from './errors.ts';

const test = suite('vxlan: rules');

/** A slot with the IPv4 endpoint of BASE and these nodes. */
const nodes = (list: string): string => `vxlan: {a: {address: 198.51.100.2, nodes: [${list}]}}\n`;

const cases: readonly RuleCase[] = [
  [
    'an endpoint that the box does not have',
    'vxlan: {a: {address: 10.1.0.1, nodes: [10.1.7.2]}}\n',
    'f:5:22  VXLAN_ADDRESS_UNKNOWN  10.1.0.1 is no address of this box. Addresses of the box: 2001:db8:1::1, 198.51.100.2.',
  ],
  [
    'an endpoint of IPv6 that the box does not have',
    'vxlan: {a: {address: "2001:db8:1::2", nodes: ["2001:db8:a::7:2"]}}\n',
    'f:5:22  VXLAN_ADDRESS_UNKNOWN  2001:db8:1::2 is no address of this box. Addresses of the box: 2001:db8:1::1, 198.51.100.2.',
  ],
  [
    'one endpoint for two slots, however it is written',
    'vxlan:\n  a: {address: "2001:db8:1::1", nodes: ["2001:db8:a::7:2"]}\n  b: {address: "2001:DB8:1:0::1", nodes: ["2001:db8:a::7:3"]}\n',
    "f:7:16  VXLAN_ADDRESS_DUPLICATE  2001:db8:1::1 is also a's (line 6). Give each slot an address of its own.",
  ],
  [
    'nodes of the other family',
    nodes('10.1.7.2, "2001:db8:a::/126"'),
    'f:5:54  VXLAN_NODE_FAMILY  2001:db8:a::/126 is IPv6, and the tunnel endpoint 198.51.100.2 is not. Write IPv4 addresses.',
  ],
  [
    'host bits',
    nodes('10.1.7.2/30'),
    'f:5:44  VXLAN_NODE_HOST_BITS  10.1.7.2/30 has bits set after its length. Write 10.1.7.0/30 for the whole prefix, or 10.1.7.2 for one address.',
  ],
  ...(
    [
      ['0.0.0.5', '"this network"'],
      ['127.0.0.2', 'loopback'],
      ['169.254.0.0/28', 'link-local'],
      ['223.255.255.254-224.0.0.1', 'multicast or reserved'],
      ['255.255.255.255', 'multicast or reserved'],
    ] as const
  ).map(
    ([text, what]): RuleCase => [
      `nodes ${text}`,
      nodes(text),
      `f:5:44  VXLAN_NODE_NOT_UNICAST  ${text} has addresses that are ${what}. Write addresses that hosts can have, such as 10.1.7.2.`,
    ],
  ),
  ...(
    [
      ['::1', 'loopback or unspecified'],
      ['fe80::7:2', 'link-local'],
      ['ff02::1', 'multicast'],
    ] as const
  ).map(
    ([text, what]): RuleCase => [
      `nodes ${text}`,
      `vxlan: {a: {address: "2001:db8:1::1", nodes: ["${text}"]}}\n`,
      `f:5:47  VXLAN_NODE_NOT_UNICAST  ${text} has addresses that are ${what}. Write addresses that hosts can have, such as 10.1.7.2.`,
    ],
  ),
  [
    'the gateway as a node of itself',
    nodes('198.51.100.2'),
    'f:5:44  VXLAN_NODE_LOCAL  198.51.100.2 is an address of this box. Leave it out.',
  ],
  [
    'the gateway among its nodes',
    nodes('198.51.100.0/29'),
    'f:5:44  VXLAN_NODE_LOCAL  198.51.100.2 in 198.51.100.0/29 is an address of this box. Leave it out.',
  ],
  [
    'a node twice',
    nodes('10.1.8.0/28, 10.1.7.2, 10.1.7.0-10.1.8.0'),
    'f:5:67  VXLAN_NODE_DUPLICATE  10.1.7.2 stands twice in a (line 5). Leave one of them out.',
    'f:5:67  VXLAN_NODE_DUPLICATE  10.1.8.0 stands twice in a (line 5). Leave one of them out.',
  ],
  [
    'nodes that go over the limit, in whichever slot',
    'vxlan:\n  a: {address: 198.51.100.2, nodes: [10.1.0.0/22]}\n  b: {address: "2001:db8:1::1", nodes: ["2001:db8:a::/64"]}\n',
    'f:7:41  VXLAN_TOO_MANY_NODES  2001:db8:a::/64 makes 18446744073709552640 nodes. All slots together have at most 1024; write the addresses that nodes have.',
  ],
];

ruleTests(test, cases, vxlanErrors, ['VXLAN_SLOTS']);

const said = (text: string, facts?: Facts): string[] => checkDocument(text, facts).errors.map(String);

test('a slot too many', () => {
  const addresses = Array.from({ length: 65 }, (_, i) => `10.1.0.${i + 1}`);
  const slots = addresses.map((address, i) => `  s${i}: {address: ${address}, nodes: [10.1.7.2]}\n`);
  const text = (count: number): string =>
    `version: 1\ninterfaces: {lan: {device: eth0, role: inside, addresses: [${addresses.map((a) => `${a}/16`).join(', ')}]}}\nvxlan:\n${slots.slice(0, count).join('')}`;
  assert.equal(said(text(64)), []);
  seen('error', 'VXLAN_SLOTS');
  assert.equal(said(text(65)), ['f:68:8  VXLAN_SLOTS  There are 65 slots. One gateway has at most 64.']);
});

test('1,024 nodes, slots of both families that share nodes, and odd ports are fine', () => {
  const text = `${BASE}vxlan:
  a: {address: 198.51.100.2, port: 4789, ttl: 1, nodes: [10.1.0.0/23, 10.2.0.0-10.2.0.255]}
  b: {address: "2001:db8:1::1", port: 1, ttl: 255, nodes: ["2001:db8:a::/120"]}
`;
  assert.equal(said(text), []);
});

test('an interface without addresses may have any, until its gateway is asked', () => {
  const text = `version: 1
interfaces: {lan: {device: eth0, role: inside}}
vxlan: {a: {address: 10.1.0.1, nodes: [10.1.7.2]}}
`;
  const facts = (localAddresses: string[]): Facts => ({ ...({ links: [] } as unknown as Facts), localAddresses });
  assert.equal(said(text), []);
  assert.equal(
    said(text, facts(['10.1.0.1'])).filter((line) => line.includes('VXLAN')),
    [],
  );
  assert.equal(
    said(text, facts([])).filter((line) => line.includes('VXLAN')),
    ['f:3:22  VXLAN_ADDRESS_UNKNOWN  10.1.0.1 is no address of this box. Give an interface this address.'],
  );
});

test.run();
