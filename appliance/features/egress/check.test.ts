import { BASE, checkDocument, type RuleCase, ruleTests } from '../../../test/kit/rules.ts';
import { assert, seen, suite } from '../../../test/kit/suite.ts';
import { egressErrors } from './errors.ts';

const test = suite('egress: rules');

const cases: readonly RuleCase[] = [
  [
    'host bits in a pool',
    'egress:\n  pools: {blue: {addresses: [203.0.113.101/30]}}\n',
    'f:6:30  EGRESS_POOL_HOST_BITS  203.0.113.101/30 has bits set after its length. Write 203.0.113.100/30 for the whole prefix, or 203.0.113.101 for one address.',
  ],
  [
    'a multicast pool',
    'egress:\n  pools: {blue: {addresses: [223.255.255.254-224.0.0.3]}}\n',
    'f:6:30  EGRESS_POOL_NOT_UNICAST  224.0.0.0 is multicast. Write addresses that hosts can have, such as 203.0.113.100.',
  ],
  [
    'a link-local pool',
    'egress:\n  pools: {blue: {addresses: ["fe80::1"]}}\n',
    'f:6:30  EGRESS_POOL_NOT_UNICAST  fe80::1 is link-local. Write addresses that hosts can have, such as 203.0.113.100.',
  ],
  [
    'the broadcast address in a pool',
    'egress:\n  pools: {blue: {addresses: [198.51.100.248-198.51.100.255]}}\n',
    'f:6:30  EGRESS_POOL_NETWORK  198.51.100.255 is the broadcast address of up (198.51.100.2/24). Leave it out of the range.',
  ],
  [
    'the network address in a pool',
    'egress:\n  pools: {blue: {addresses: [198.51.100.0]}}\n',
    'f:6:30  EGRESS_POOL_NETWORK  198.51.100.0 is the network address of up (198.51.100.2/24). Take another address.',
  ],
  [
    'too many addresses',
    'egress:\n  pools: {blue: {addresses: ["2001:db8:e::/64"]}}\n',
    'f:6:30  EGRESS_POOL_TOO_LARGE  2001:db8:e::/64 has 18446744073709551616 addresses. All pools together hold at most 256; one address carries 64,512 ports to every destination.',
  ],
  [
    'a pool over a pool',
    'egress:\n  pools:\n    blue: {addresses: [203.0.113.100-203.0.113.107]}\n    red: {addresses: [203.0.113.104/30]}\n',
    'f:8:23  EGRESS_POOL_OVERLAP  203.0.113.104 is also in egress.pools.blue (line 7). One address belongs to one pool of one feature.',
  ],
  [
    'a pool over the pool of another feature',
    'nat64: {main: {pool6: 64:ff9b::/96, pool4: [{addresses: 203.0.113.100}]}}\negress:\n  pools: {blue: {addresses: [203.0.113.100]}}\n',
    'f:7:30  EGRESS_POOL_OVERLAP  203.0.113.100 is also in nat64.main (line 5). One address belongs to one pool of one feature.',
  ],
  [
    'an address of an interface in a pool',
    'egress:\n  pools: {blue: {addresses: [198.51.100.1-198.51.100.4]}}\n',
    'f:6:30  EGRESS_POOL_LOCAL  198.51.100.2 is an address of this box, in interfaces.up (line 4). Pool addresses stand below no interface: leave it out of one of them.',
  ],
  [
    'an address of an interface in a pool, IPv6',
    'egress:\n  pools: {blue: {addresses: ["2001:db8:1::/124"]}}\n',
    'f:6:30  EGRESS_POOL_LOCAL  2001:db8:1::1 is an address of this box, in interfaces.lan (line 3). Pool addresses stand below no interface: leave it out of one of them.',
  ],
  [
    'timeouts out of range',
    'egress:\n  pools:\n    blue:\n      addresses: [203.0.113.100]\n      timeouts: {udp: 500ms, icmp: 8d}\n',
    'f:9:23  EGRESS_TIMEOUT_RANGE  500ms is too short for udp. Write 1s to 7d.',
    'f:9:36  EGRESS_TIMEOUT_RANGE  8d is too long for icmp. Write 1s to 7d.',
  ],
  [
    'an unknown pool',
    'egress:\n  pools: {blue: {addresses: [203.0.113.100]}}\n  policies:\n    vms: {sources: [10.20.0.0/16], destinations: [0.0.0.0/0], pool: green}\n',
    'f:8:69  EGRESS_POOL_UNKNOWN  No pool is named green. Pools: blue.',
  ],
  [
    'no pools at all',
    'egress:\n  pools: {}\n  policies:\n    vms: {sources: [10.20.0.0/16], destinations: [0.0.0.0/0], pool: green}\n',
    'f:8:69  EGRESS_POOL_UNKNOWN  No pool is named green. Write pools: {NAME: {addresses: [203.0.113.100]}}.',
  ],
  [
    'destinations that the pool has no address for',
    'egress:\n  pools: {blue: {addresses: [203.0.113.100]}}\n  policies:\n    vms: {sources: [10.20.0.0/16, "2001:db8:20::/48"], destinations: [0.0.0.0/0, "::/0"], pool: blue}\n',
    'f:8:70  EGRESS_POOL_FAMILY  vms has IPv6 destinations, but pool blue has no IPv6 address. Give the pool one, or leave these destinations out.',
  ],
  [
    'destinations that no source has the family of',
    'egress:\n  pools: {blue: {addresses: [203.0.113.100]}}\n  policies:\n    vms: {sources: [10.20.0.0/16], destinations: [0.0.0.0/0, "::/0"], pool: blue}\n',
    'f:8:50  EGRESS_FAMILY  vms has IPv6 destinations, but no IPv6 sources. Packets keep their family: leave these destinations out.',
  ],
  [
    'host bits in the prefixes of a policy',
    'egress:\n  pools: {blue: {addresses: [203.0.113.100]}}\n  policies:\n    vms: {sources: [10.20.0.1/16], destinations: [192.0.2.1/24], excluded: [10.1.0.0/8], pool: blue}\n',
    'f:8:21  EGRESS_HOST_BITS  10.20.0.1/16 has bits set after its length. Write 10.20.0.0/16.',
    'f:8:51  EGRESS_HOST_BITS  192.0.2.1/24 has bits set after its length. Write 192.0.2.0/24.',
    'f:8:77  EGRESS_HOST_BITS  10.1.0.0/8 has bits set after its length. Write 10.0.0.0/8.',
  ],
  [
    'a policy without clients',
    'egress:\n  pools: {blue: {addresses: [203.0.113.100]}}\n  policies:\n    vms: {destinations: [0.0.0.0/0], pool: blue}\n',
    'f:8:10  EGRESS_CLIENTS  vms names no clients. Write sources: [PREFIX], or slot and identities: [NUMBER].',
  ],
  [
    'a policy with sources and identities',
    'egress:\n  pools: {blue: {addresses: [203.0.113.100]}}\n  policies:\n    vms: {sources: [10.20.0.0/16], identities: [7], slot: prod, destinations: [0.0.0.0/0], pool: blue}\nvxlan: {prod: {address: 198.51.100.2, nodes: [198.51.100.3]}}\n',
    'f:8:10  EGRESS_CLIENTS  vms has both sources and identities. Write sources: [PREFIX], or slot and identities: [NUMBER].',
  ],
  [
    'identities of no slot',
    'egress:\n  pools: {blue: {addresses: [203.0.113.100]}}\n  policies:\n    vms: {identities: [7], destinations: [0.0.0.0/0], pool: blue}\n',
    'f:8:23  EGRESS_IDENTITIES_SLOT  vms names no slot. Write slot: NAME. No slots are named here: write vxlan: {NAME: {address: 10.1.0.1, nodes: [10.1.7.2]}}.',
  ],
  [
    'an unknown slot',
    'egress:\n  pools: {blue: {addresses: [203.0.113.100]}}\n  policies:\n    vms: {identities: [7], slot: prod, destinations: [0.0.0.0/0], pool: blue}\n',
    'f:8:34  EGRESS_SLOT_UNKNOWN  No slot is named prod. No slots are named here: write vxlan: {NAME: {address: 10.1.0.1, nodes: [10.1.7.2]}}.',
  ],
  [
    'an unknown tenant',
    'egress:\n  pools: {blue: {addresses: [203.0.113.100]}}\n  policies:\n    vms: {sources: [10.20.0.0/16], tenant: red, destinations: [0.0.0.0/0], pool: blue}\n',
    'f:8:44  EGRESS_TENANT_UNKNOWN  No tenant is named red. No tenants are named here: write tenants: {NAME: {table: 110}}.',
  ],
  [
    'tenant and slot',
    'egress:\n  pools: {blue: {addresses: [203.0.113.100]}}\n  policies:\n    vms: {sources: [10.20.0.0/16], tenant: red, slot: prod, destinations: [0.0.0.0/0], pool: blue}\n',
    'f:8:44  EGRESS_TENANT_UNKNOWN  No tenant is named red. No tenants are named here: write tenants: {NAME: {table: 110}}.',
    'f:8:44  EGRESS_TENANT_AND_SLOT  Both tenant and slot are named. Pods of a slot are no tenant: leave one of them out.',
    'f:8:55  EGRESS_SLOT_UNKNOWN  No slot is named prod. No slots are named here: write vxlan: {NAME: {address: 10.1.0.1, nodes: [10.1.7.2]}}.',
  ],
  [
    'unknown interfaces',
    'egress:\n  pools: {blue: {addresses: [203.0.113.100]}}\n  inside: [lan, wlan]\n  only: [lam]\n',
    'f:7:17  EGRESS_INTERFACE_UNKNOWN  No interface is named wlan. Interfaces with role inside: lan.',
    'f:8:10  EGRESS_INTERFACE_UNKNOWN  No interface is named lam. Interfaces with role inside: lan.',
  ],
  [
    'an interface without role inside',
    'egress:\n  pools: {blue: {addresses: [203.0.113.100]}}\n  only:\n    - up\n',
    'f:8:7  EGRESS_INTERFACE_ROLE  up has not role inside. Interfaces with role inside: lan.',
  ],
  [
    'a forward of an address in no pool',
    'egress:\n  pools: {blue: {addresses: [203.0.113.100]}}\n  forwards:\n    - {proto: tcp, outside: "203.0.113.99:22", inside: "10.20.0.5:22"}\n',
    'f:8:29  EGRESS_FORWARD_ADDRESS  203.0.113.99:22 is in no pool of egress. Add the address to a pool, which then has it for its sessions too.',
  ],
  [
    'a forward of a port that sessions get',
    'egress:\n  pools: {blue: {addresses: [203.0.113.100]}}\n  forwards:\n    - {proto: tcp, outside: "203.0.113.100:2222", inside: "10.20.0.5:22"}\n',
    'f:8:29  EGRESS_FORWARD_PORT  203.0.113.100:2222 may be taken by a session. Sessions get 1024-65535 of pool blue: take another port, or give the pool fewer ports.',
  ],
  [
    'a forward from one family to the other',
    'egress:\n  pools: {blue: {addresses: [203.0.113.100]}}\n  forwards:\n    - {proto: tcp, outside: "203.0.113.100:22", inside: "[2001:db8:20::5]:22"}\n',
    'f:8:57  EGRESS_FORWARD_FAMILY  203.0.113.100:22 and [2001:db8:20::5]:22 are of two families. A forward keeps the family.',
  ],
  [
    'a forward to no host',
    'egress:\n  pools: {blue: {addresses: [203.0.113.100]}}\n  forwards:\n    - {proto: udp, outside: "203.0.113.100:53", inside: "224.0.0.251:53"}\n',
    'f:8:57  EGRESS_FORWARD_INSIDE  224.0.0.251:53 is no address that a host can have. Write the address of the inside host.',
  ],
  [
    'the same forward twice',
    'egress:\n  pools: {blue: {addresses: [203.0.113.100]}}\n  forwards:\n    - {proto: tcp, outside: "203.0.113.100:22", inside: "10.20.0.5:22"}\n    - {proto: udp, outside: "203.0.113.100:22", inside: "10.20.0.5:22"}\n    - {proto: tcp, outside: "203.0.113.100:22", inside: "10.20.0.6:22"}\n',
    'f:10:29  EGRESS_FORWARD_DUPLICATE  tcp 203.0.113.100:22 is forwarded already (line 8). Leave one of them out.',
  ],
  [
    'a forward into an unknown tenant and an unknown slot',
    'egress:\n  pools: {blue: {addresses: [203.0.113.100]}}\n  forwards:\n    - {proto: tcp, outside: "203.0.113.100:22", inside: "10.20.0.5:22", tenant: red}\n    - {proto: tcp, outside: "203.0.113.100:23", inside: "10.20.0.5:22", slot: prod}\n',
    'f:8:81  EGRESS_TENANT_UNKNOWN  No tenant is named red. No tenants are named here: write tenants: {NAME: {table: 110}}.',
    'f:9:79  EGRESS_SLOT_UNKNOWN  No slot is named prod. No slots are named here: write vxlan: {NAME: {address: 10.1.0.1, nodes: [10.1.7.2]}}.',
  ],
];

ruleTests(test, cases, egressErrors, [
  'EGRESS_POOLS',
  'EGRESS_POLICIES',
  'EGRESS_FORWARDS',
  'EGRESS_TOO_LARGE',
  'EGRESS_ONLY_NOT_INSIDE',
  'EGRESS_INSIDE_MISSING',
  'EGRESS_OUTSIDE_MISSING',
]);

/** What is said about a whole document. */
function said(text: string): string[] {
  const { errors } = checkDocument(text);
  for (const { code } of errors) seen('error', code);
  return errors.map(String);
}

const pools = 'pools: {blue: {addresses: [203.0.113.100]}}';

test('no inside and no outside interface', () => {
  assert.equal(said(`version: 1\negress:\n  ${pools}\n`), [
    'f:2:1  EGRESS_INSIDE_MISSING  No interface has role inside, and there is no VXLAN slot. Give an interface role: inside.',
    'f:2:1  EGRESS_OUTSIDE_MISSING  No interface has role outside. Give an interface role: outside.',
  ]);
});

test('clients that need a policy which can never be theirs', () => {
  const text = `version: 1
interfaces:
  lan: {device: eth0, role: inside}
  lab: {device: eth1, role: inside}
  up: {device: eth2, role: outside}
egress:
  ${pools}
  inside: [lan]
  only: [lab]
`;
  assert.equal(said(text), [
    'f:9:10  EGRESS_ONLY_NOT_INSIDE  Clients of lab need a policy, but inside leaves lab out. Name it in inside too.',
  ]);
});

/** A list of so many, made of what `each` gives for 0, 1 and so on. */
const many = (count: number, each: (i: number) => string): string =>
  Array.from({ length: count }, (_, i) => each(i)).join(', ');

test('more pools, policies and forwards than one gateway can have', () => {
  const one = '{sources: [10.20.0.0/16], destinations: [0.0.0.0/0], pool: blue}';
  const forward = (i: number): string => `{proto: udp, outside: "203.0.113.100:9", inside: "10.20.0.5:${i + 1}"}`;
  const errors = [
    `${BASE}egress:\n  pools: {${many(65, (i) => `p${i}: {addresses: [203.0.113.${i}]}`)}}\n`,
    `${BASE}egress:\n  ${pools}\n  policies: {${many(16_385, (i) => `p${i}: ${one}`)}}\n`,
    `${BASE}egress:\n  ${pools}\n  forwards: [${many(4097, forward)}]\n`,
  ].flatMap((text) => said(text).map((line) => line.replace(/^f:\S+ {2}/, '')));
  assert.equal(errors, [
    'EGRESS_POOLS  There are 65 pools. One gateway has at most 64.',
    'EGRESS_POLICIES  There are 16385 policies. One gateway has at most 16384.',
    'EGRESS_FORWARDS  There are 4097 forwards. One gateway has at most 4096.',
  ]);
});

test('policies that need more entries than the tables have', () => {
  const sources = many(32_769, (i) => `10.${i >> 16}.${(i >> 8) & 255}.${i & 255}/32`);
  const policy = `vms: {sources: [${sources}], destinations: [0.0.0.0/0], pool: blue}`;
  assert.equal(said(`${BASE}egress:\n  ${pools}\n  policies: {${policy}}\n`), [
    'f:7:13  EGRESS_TOO_LARGE  The policies come to 32769 sources. One gateway holds at most 32768: fewer overlaps of sources need fewer.',
  ]);
});

test('pools of both families, private pools, and a forward beside the ports of its pool are fine', () => {
  const text = `${BASE}egress:
  pools:
    blue: {addresses: [203.0.113.100-203.0.113.107, "2001:db8:e::100/124"], ports: 2048-65535}
    red: {addresses: [10.99.0.1, "fd00::1"], timeouts: {udp: 1s, icmp: 7d}}
  policies:
    vms: {sources: [10.20.0.0/16, "2001:db8:20::/48"], destinations: [0.0.0.0/0, "::/0"], excluded: [10.0.0.0/8], pool: blue}
    lab: {sources: [10.30.0.0/16], destinations: [0.0.0.0/0], pool: red, priority: -1000000}
  inside: [lan]
  only: [lan]
  forwards:
    - {proto: tcp, outside: "203.0.113.100:2047", inside: "10.20.0.5:22"}
    - {proto: udp, outside: "203.0.113.100:2047", inside: "10.20.0.5:53"}
    - {proto: tcp, outside: "[2001:db8:e::10f]:22", inside: "[2001:db8:20::5]:22"}
`;
  assert.equal(said(text), []);
});

test.run();
