import { BASE, checkDocument, type RuleCase, ruleTests } from '../../../test/kit/rules.ts';
import { assert, suite } from '../../../test/kit/suite.ts';
import type { Facts } from '../../contract/feature.ts';
import { srv6Errors } from './errors.ts';
import { MAX_LISTS } from './schema.ts';

const test = suite('srv6: rules');

/** Lines 5 to 8; what a case adds begins on line 9. */
const CORE = `  core: {device: eth2, role: core, addresses: ["2001:db8:c0::1/64"]}
tenants: {red: {table: 110}}
srv6:
  locators: {own: {prefix: "fcbb:bb00:1::/48"}}
`;
const policies = '  policies: {dc2: {segmentLists: [{segments: ["fcbb:bb00:2:1::"]}]}}\n';
const inCore = (text: string): string => CORE + text;
const sids = (text: string): string => inCore(`  sids: [{sid: "fcbb:bb00:1:1::", ${text}}]\n`);
const segments = (text: string): string => inCore(`  policies: {p: {segmentLists: [{segments: ["${text}"]}]}}\n`);

const cases: readonly RuleCase[] = [
  [
    'everything right',
    inCore(`  sids:
    - {sid: "fcbb:bb00:1:1::", behavior: End.DT46, tenant: red}
    - {sid: "fcbb:bb00:1:2::", behavior: End.X, via: "2001:db8:c0::2", flavors: [psp, usp, usd]}
    - {sid: "fcbb:bb00:1:3::", behavior: End.DX4, via: 198.51.100.9}
    - {sid: "fcbb:bb00:1:4::", behavior: End.DX6, interface: lan, via: "fe80::1"}
${policies}  steering: [{to: 10.2.0.0/16, policy: dc2}, {to: 10.2.0.0/16, tenant: red, policy: dc2}]
  filter: {domain: ["fcbb:bb00::/32"], sources: ["2001:db8:c0::/64"]}
  outer: {hopLimit: 255, dscp: 46}
`),
  ],
  [
    'no core',
    'srv6:\n  locators: {own: {prefix: "fcbb:bb00:1::/48"}}\n  sids: [{sid: "fcbb:bb00:1::", behavior: End}]\n',
    'f:5:1  SRV6_CORE_MISSING  No interface has role core. Give an interface role: core.',
  ],
  [
    'a locator of IPv4',
    'srv6: {locators: {own: {prefix: 10.0.0.0/8}}}\n',
    'f:5:33  SRV6_PREFIX_FAMILY  10.0.0.0/8 is IPv4. Write an IPv6 prefix, such as fcbb:bb00:a1::/48.',
  ],
  [
    'host bits',
    'srv6: {filter: {domain: ["fcbb:bb00::1/32"]}}\n',
    'f:5:26  SRV6_PREFIX_HOST_BITS  fcbb:bb00::1/32 has bits set after its length. Write fcbb:bb00::/32.',
  ],
  [
    'locators that overlap',
    'srv6:\n  locators:\n    a: {prefix: "fcbb:bb00:1::/48"}\n    b: {prefix: "fcbb:bb00:1:1::/64"}\n',
    'f:8:17  SRV6_LOCATOR_OVERLAP  fcbb:bb00:1:1:: is also in srv6.locators.a (line 7). One address belongs to one pool of one feature.',
  ],
  [
    'an address of the box in a locator',
    'srv6: {locators: {a: {prefix: "2001:db8:1::/48"}}}\n',
    'f:5:31  SRV6_LOCATOR_LOCAL  2001:db8:1::1 is an address of this box, in interfaces.lan (line 3). Pool addresses stand below no interface: leave it out of one of them.',
  ],
  [
    'a SID that lies in no locator',
    inCore('  sids: [{sid: "fcbb:bb00:2::", behavior: End}]\n'),
    'f:9:16  SRV6_SID_OUTSIDE  fcbb:bb00:2:: lies in no locator. Locators: fcbb:bb00:1::/48.',
  ],
  [
    'a SID twice',
    inCore('  sids:\n    - {sid: "fcbb:bb00:1::", behavior: End}\n    - {sid: "FCBB:bb00:1:0::", behavior: End.DT6}\n'),
    'f:11:13  SRV6_SID_DUPLICATE  FCBB:bb00:1:0:: is there already (line 10). One SID has one behaviour.',
  ],
  ['no next hop', sids('behavior: End.X'), 'f:9:10  SRV6_SID_VIA  End.X needs a next hop. Write via: an IPv6 address.'],
  [
    'a next hop of the wrong family',
    sids('behavior: End.DX4, via: "2001:db8:1::2"'),
    'f:9:59  SRV6_SID_VIA  2001:db8:1::2 is not IPv4, as next hops of End.DX4 are. Write an IPv4 address.',
  ],
  [
    'a next hop that is the box itself',
    sids('behavior: End.DX6, via: "2001:db8:1::1"'),
    'f:9:59  SRV6_SID_VIA  2001:db8:1::1 is no other node. Write the address of the next hop.',
  ],
  [
    'a next hop without use',
    sids('behavior: End.DT6, via: "2001:db8:1::2"'),
    'f:9:59  SRV6_SID_VIA  End.DT6 has no next hop of its own. Leave out via; it stands with End.X, End.DX4, End.DX6.',
  ],
  [
    'an interface without use',
    sids('behavior: End, interface: lan'),
    'f:9:61  SRV6_SID_INTERFACE  End has no next hop of its own. Leave out interface; it stands with End.X, End.DX4, End.DX6.',
  ],
  [
    'a next hop in no network',
    sids('behavior: End.X, via: "2001:db8:99::1"'),
    'f:9:57  SRV6_SID_INTERFACE  2001:db8:99::1 is in no network of an interface. Write interface: NAME. Interfaces: lan, up, core.',
  ],
  [
    'a link-local next hop without an interface',
    sids('behavior: End.X, via: "fe80::1"'),
    'f:9:57  SRV6_SID_INTERFACE  fe80::1 is link-local, so it does not say on which interface. Write interface: NAME. Interfaces: lan, up, core.',
  ],
  [
    'an interface that is not there',
    sids('behavior: End.X, interface: lam, via: "fe80::1"'),
    'f:9:63  SRV6_SID_INTERFACE  No interface is named lam. Interfaces: lan, up, core.',
  ],
  [
    'a tenant without use',
    sids('behavior: End, tenant: red'),
    'f:9:58  SRV6_SID_TENANT  End looks nothing up in a table. Leave out tenant; it stands with End.DT4, End.DT6, End.DT46.',
  ],
  [
    'an unknown tenant of a SID',
    sids('behavior: End.DT4, tenant: rot'),
    'f:9:62  SRV6_TENANT_UNKNOWN  No tenant is named rot. Tenants: red.',
  ],
  [
    'flavors without use',
    sids('behavior: End.DT4, flavors: [psp]'),
    'f:9:63  SRV6_SID_FLAVORS  End.DT4 has no flavors. Leave out flavors; they stand with End, End.X.',
  ],
  [
    'a segment of IPv4',
    segments('10.0.0.1'),
    'f:9:45  SRV6_SEGMENT  10.0.0.1 is IPv4, and a SID is an IPv6 address. Write a SID of another node.',
  ],
  [
    'a first segment that is here',
    segments('fcbb:bb00:1:7::'),
    'f:9:45  SRV6_SEGMENT  fcbb:bb00:1:7:: is in a locator of this gateway. Write a SID of another node.',
  ],
  [
    'a segment that is multicast',
    segments('ff02::1'),
    'f:9:45  SRV6_SEGMENT  ff02::1 is a multicast address. Write a SID of another node.',
  ],
  [
    'too many segments',
    inCore(
      `  policies: {p: {segmentLists: [{segments: [${Array.from({ length: 17 }, (_, i) => `"fcbb::${i + 1}"`).join(', ')}]}]}}\n`,
    ),
    'f:9:44  CONFIG_VALUE  segments has 17 items. Write at most 16.',
  ],
  [
    'a core that is too small for the list',
    `  core: {device: eth2, role: core, mtu: 1300, addresses: ["2001:db8:c0::1/64"]}\nsrv6:\n${policies}`,
    'f:7:46  SRV6_MTU  With 40 bytes in front, an IPv6 packet of 1280 bytes does not fit into 1300. Give core an MTU of 1320 or more, or take fewer segments.',
  ],
  [
    'an unknown policy',
    inCore(`${policies}  steering: [{to: 10.2.0.0/16, policy: dc3}]\n`),
    'f:10:40  SRV6_POLICY_UNKNOWN  No policy is named dc3. Policies: dc2.',
  ],
  [
    'a destination twice',
    inCore(`${policies}  steering:\n    - {to: 10.2.0.0/16, policy: dc2}\n    - {to: 10.2.0.0/16, policy: dc2}\n`),
    'f:12:12  SRV6_STEERING_DUPLICATE  10.2.0.0/16 is steered already (line 11). Leave one of them out; a policy shares flows among its lists.',
  ],
  [
    'a source of IPv4',
    inCore('  source: 198.51.100.2\n'),
    'f:9:11  SRV6_SOURCE  198.51.100.2 is IPv4. Write an IPv6 address of this gateway.',
  ],
  [
    'no address for a source',
    `  core: {device: eth2, role: core}\nsrv6:\n${policies}  steering: [{to: 10.2.0.0/16, policy: dc2}]\n`,
    'f:8:13  SRV6_SOURCE  No IPv6 address of core can be the outer source. Give it an address of the domain, or write source: ADDRESS.',
  ],
  [
    'more segment lists than the data path has',
    inCore(
      `  policies:\n${Array.from({ length: 128 }, (_, i) => `    p${i}: {segmentLists: [${Array.from({ length: MAX_LISTS }, () => '{segments: ["fcbb::1"]}').join(', ')}]}\n`).join('')}`,
    ),
    'f:137:11  SRV6_TUNNELS  With p127 there are 2048 segment lists. One gateway has at most 2047.',
  ],
];

ruleTests(test, cases, { ...srv6Errors, CONFIG_VALUE: '' });

test('a source that the box does not have, once it is known what it has', () => {
  const facts: Facts = {
    links: ['eth0', 'eth1', 'eth2'].map((name, index) => ({ name, index, mtu: 1500, addresses: [] })),
    localAddresses: ['2001:db8:ffff::1'],
  };
  const errors = (source: string) => checkDocument(`${BASE}${CORE}  source: "${source}"\n`, facts).errors.map(String);
  assert.equal(errors('2001:db8:ffff::1'), []);
  assert.equal(errors('2001:db8:ffff::2'), [
    'f:9:11  SRV6_SOURCE  2001:db8:ffff::2 is no address of this box. Write an IPv6 address of an interface, or give it to one.',
  ]);
});

test.run();
