import { BASE, checkDocument, type RuleCase, ruleTests } from '../../../test/kit/rules.ts';
import { assert, suite } from '../../../test/kit/suite.ts';
import type { Facts } from '../../contract/feature.ts';
import { interfaceErrors } from './errors.ts';

const test = suite('interfaces: rules');

const cases: readonly RuleCase[] = [
  [
    'two interfaces on one device',
    '  again: {device: eth1, role: outside}\n',
    'f:5:19  INTERFACE_DEVICE_DUPLICATE  Device eth1 is already up (line 4). One device is one interface; it may have several roles.',
  ],
  [
    'a device named by key and by device',
    '  eth0: {role: outside}\n',
    'f:5:9  INTERFACE_DEVICE_DUPLICATE  Device eth0 is already lan (line 3). One device is one interface; it may have several roles.',
  ],
  [
    'the same VLAN twice',
    '  a: {link: lan, vlan: 7, role: inside}\n  b: {link: lan, vlan: 7, role: outside}\n',
    'f:6:24  INTERFACE_DEVICE_DUPLICATE  VLAN 7 of lan is already a (line 5). One device is one interface; it may have several roles.',
  ],
  [
    'a VLAN without a link',
    '  a: {vlan: 7, role: inside}\n',
    'f:5:13  INTERFACE_LINK_VLAN  a has a vlan without a link. A VLAN is written {link: INTERFACE, vlan: NUMBER, role: ROLE}.',
  ],
  [
    'a link without a VLAN',
    '  a: {link: lan, role: inside}\n',
    'f:5:13  INTERFACE_LINK_VLAN  a has a link without a vlan. A VLAN is written {link: INTERFACE, vlan: NUMBER, role: ROLE}.',
  ],
  [
    'a VLAN with a device',
    '  a: {link: lan, vlan: 7, device: eth7, role: inside}\n',
    'f:5:35  INTERFACE_LINK_VLAN  a is a VLAN of lan, so it has no device of its own. Leave out device, or link and vlan.',
  ],
  [
    'a VLAN with an attachment of its own',
    '  a: {link: lan, vlan: 7, xdp: native, role: inside}\n',
    'f:5:32  INTERFACE_LINK_VLAN  a is a VLAN of lan, so it has no xdp of its own. Leave out xdp, or link and vlan.',
  ],
  [
    'a VLAN on an unknown interface',
    '  a: {link: lam, vlan: 7, role: inside}\n',
    'f:5:13  INTERFACE_LINK_UNKNOWN  No interface is named lam. VLANs can be on: lan, up.',
  ],
  [
    'a VLAN on a VLAN',
    '  a: {link: lan, vlan: 7, role: inside}\n  b: {link: a, vlan: 8, role: inside}\n',
    'f:6:13  INTERFACE_LINK_UNKNOWN  a is itself a VLAN of lan. VLANs can be on: lan, up.',
  ],
  [
    'a VLAN on a management interface',
    '  m: {device: eth2, role: management}\n  a: {link: m, vlan: 7, role: inside}\n',
    'f:6:13  INTERFACE_LINK_UNKNOWN  m has role management, and the data path never touches its device. VLANs can be on: lan, up.',
  ],
  [
    'an unknown tenant',
    '  a: {device: eth7, role: inside, tenant: rot}\ntenants: {red: {table: 110}}\n',
    'f:5:43  INTERFACE_TENANT_UNKNOWN  No tenant is named rot. Tenants: red.',
  ],
  [
    'a tenant on the core',
    '  a: {device: eth7, role: core, tenant: red}\ntenants: {red: {table: 110}}\n',
    'f:5:41  INTERFACE_TENANT_ROLE  a has role core, which all tenants share. Leave out tenant, or write role: inside or outside.',
  ],
  [
    'one address in two tenants is none twice',
    '  a: {device: eth7, role: inside, tenant: red, addresses: ["2001:db8:1::1/64"]}\ntenants: {red: {table: 110}}\n',
  ],
  [
    'no role',
    '  a:\n    device: eth2\n',
    'f:5:3  INTERFACE_ROLE_MISSING  a has no role. Write role: inside, outside, core or management.',
  ],
  [
    'management and another role',
    '  a: {device: eth2, role: [management, inside]}\n',
    'f:5:27  INTERFACE_ROLE_CONFLICT  a is for management and for inside. A management interface has no other role.',
  ],
  [
    'an attachment on a management interface',
    '  a: {device: eth2, role: management, xdp: generic}\n',
    'f:5:44  INTERFACE_ROLE_CONFLICT  a is for management: the data path is never attached there. Leave out xdp.',
  ],
  [
    'an address on two interfaces',
    '  a: {device: eth2, role: inside, addresses: [2001:db8:1:0::1/128]}\n',
    'f:5:47  INTERFACE_ADDRESS_DUPLICATE  2001:db8:1::1 is also in interfaces.lan (line 3). One address belongs to one interface.',
  ],
  [
    'an address twice on one interface',
    '  a: {device: eth2, role: inside, addresses: [192.0.2.1/24, 192.0.2.1/32]}\n',
    'f:5:61  INTERFACE_ADDRESS_DUPLICATE  192.0.2.1 stands twice in interfaces.a (line 5). One address belongs to one interface.',
  ],
  [
    'a network as an address',
    '  a: {device: eth2, role: inside, addresses: [192.0.2.0/24]}\n',
    'f:5:47  INTERFACE_ADDRESS_NOT_HOST  192.0.2.0/24 is the address of the network itself. Write an address that a host can have, such as 198.51.100.2/24.',
  ],
  [
    'a broadcast address',
    '  a: {device: eth2, role: inside, addresses: [192.0.2.255/24]}\n',
    'f:5:47  INTERFACE_ADDRESS_NOT_HOST  192.0.2.255/24 is the broadcast address of its network. Write an address that a host can have, such as 198.51.100.2/24.',
  ],
  [
    'a multicast address',
    '  a: {device: eth2, role: inside, addresses: [224.0.0.1/24, "ff02::1/64"]}\n',
    'f:5:47  INTERFACE_ADDRESS_NOT_HOST  224.0.0.1/24 is a multicast address. Write an address that a host can have, such as 198.51.100.2/24.',
    'f:5:61  INTERFACE_ADDRESS_NOT_HOST  ff02::1/64 is a multicast address. Write an address that a host can have, such as 198.51.100.2/24.',
  ],
  [
    'reserved and unspecified addresses',
    '  a: {device: eth2, role: inside, addresses: [240.0.0.1/24, 0.0.0.0/0, 0.1.0.1/8]}\n',
    'f:5:47  INTERFACE_ADDRESS_NOT_HOST  240.0.0.1/24 is a reserved address. Write an address that a host can have, such as 198.51.100.2/24.',
    'f:5:61  INTERFACE_ADDRESS_NOT_HOST  0.0.0.0/0 is the unspecified address. Write an address that a host can have, such as 198.51.100.2/24.',
    'f:5:72  INTERFACE_ADDRESS_NOT_HOST  0.1.0.1/8 is no address of a host. Write an address that a host can have, such as 198.51.100.2/24.',
  ],
  [
    'an MTU too small for IPv6',
    '  a: {device: eth2, role: inside, mtu: 1200}\n',
    'f:5:40  INTERFACE_MTU  a carries IPv6, and 1200 bytes are too few for it. Write 1280 or more.',
  ],
  [
    'an MTU larger than that of the link',
    '  a: {link: up, vlan: 7, role: outside, mtu: 1501}\n',
    'f:5:46  INTERFACE_MTU  a has an MTU of 1501 on up, which carries 1500 (line 4). Write 1500 or less.',
  ],
];

ruleTests(test, cases, interfaceErrors, ['INTERFACE_MISSING']);

const facts: Facts = {
  links: [{ name: 'eth0', index: 2, mtu: 1500, addresses: [] }],
  localAddresses: [],
};

test('a device that is not there is an error of its own kind', () => {
  const { errors, canonical } = checkDocument(BASE, facts);
  assert.equal(errors.map(String), ['f:4:16  INTERFACE_MISSING  There is no device eth1. This box has: eth0.']);
  assert.is(errors[0]?.kind, 'missing-interface');
  assert.ok(canonical, 'the document itself is right');
});

test.run();
