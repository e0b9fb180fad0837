import { readdirSync, readFileSync } from 'node:fs';
import { assert, seen, suite } from '../../test/kit/suite.ts';
import { configSchema, features } from '../features/index.ts';
import { SixgateError } from '../model/errors.ts';
import { checkText } from './check-text.ts';

const test = suite('config: what is said about a text');

function check(text: string): SixgateError[] {
  try {
    return [...checkText(text, 'f', configSchema, features, undefined).errors];
  } catch (error) {
    if (error instanceof SixgateError) return [error];
    throw error;
  }
}

/** A document, and what is said about it, word by word: the place is a part of the product. */
const cases: readonly (readonly [name: string, text: string, ...errors: string[]])[] = [
  ['an empty document', '', 'f:1:1  CONFIG_EMPTY  The document is empty. The smallest one is: version: 1.'],
  ['only comments', '# nothing\n', 'f:1:1  CONFIG_EMPTY  The document is empty. The smallest one is: version: 1.'],
  ['a list', '- version: 1\n', 'f:1:1  CONFIG_TYPE  The document is no map of keys. It starts with: version: 1.'],
  [
    'no version',
    'system: {name: edge-a}\n',
    'f:1:1  CONFIG_MISSING_KEY  The document has no version. Write version, such as version: 1.',
  ],
  ['another version', 'version: 2\n', 'f:1:10  CONFIG_VALUE  2 is no value of version. Write 1.'],
  [
    'an unknown key with a near one',
    'version: 1\ninterfaces:\n  lan:\n    rol: inside\n    role: inside\n',
    'f:4:5  CONFIG_UNKNOWN_KEY  Unknown key rol in interfaces.lan. Did you mean role?',
  ],
  [
    'an unknown key with none near',
    'version: 1\nfirewall:\n  forward: deny\n  zebra: 1\n',
    'f:4:3  CONFIG_UNKNOWN_KEY  Unknown key zebra in firewall. Keys here: forward.',
  ],
  [
    'keys that are not due yet',
    'version: 1\ninterfaces:\n  ens2: {role: management, dhcp: true}\n  ens3: {role: inside, ra: {pref64: main}}\ndns64: {nat64: main}\n',
    'f:3:28  CONFIG_UNKNOWN_KEY  Unknown key dhcp in interfaces.ens2. Keys here: device, link, vlan, role, mtu, addresses, xdp, tenant.',
    'f:4:24  CONFIG_UNKNOWN_KEY  Unknown key ra in interfaces.ens3. Keys here: device, link, vlan, role, mtu, addresses, xdp, tenant.',
    'f:5:1  CONFIG_UNKNOWN_KEY  Unknown key dns64 in the document. Keys here: version, system, interfaces, tenants, routes, firewall, nat64, srv6, vxlan, egress.',
  ],
  [
    'a missing key',
    'version: 1\ninterfaces: {lan: {role: inside}, up: {role: outside}}\nnat64:\n  main:\n    pool4:\n      - ports: 1024-2047\n',
    'f:4:3  CONFIG_MISSING_KEY  nat64.main has no pool6. Write pool6, such as pool6: 64:ff9b::/96.',
    'f:6:9  CONFIG_MISSING_KEY  nat64.main.pool4[0] has no addresses. Write addresses, such as addresses: 203.0.113.16/28.',
  ],
  [
    'an empty part',
    'version: 1\nnat64:\nfirewall: {forward: }\n',
    'f:2:1  CONFIG_EMPTY  nat64 is empty. Write a map of names, or leave the key out.',
    'f:3:12  CONFIG_EMPTY  forward is empty. Write a text, or leave the key out.',
  ],
  [
    'a number where a text stands',
    'version: 1\nsystem:\n  name: 0123\n',
    'f:3:9  CONFIG_TYPE  YAML reads 0123 as a number, and name is a text. Quote it: "0123".',
  ],
  [
    'yes and no',
    'version: 1\nsystem: {name: true}\n',
    'f:2:16  CONFIG_TYPE  YAML reads true as yes or no, and name is a text. Quote it: "true".',
  ],
  [
    'a text where a number stands',
    'version: 1\ninterfaces:\n  lan: {role: inside, mtu: "1500", vlan: abc}\n',
    'f:3:28  CONFIG_TYPE  mtu is a number, and "1500" is a text. Write 1500 without quotes.',
    'f:3:42  CONFIG_TYPE  vlan is a whole number, not the text "abc". Write something such as 100.',
  ],
  [
    'a number out of range',
    'version: 1\ninterfaces:\n  lan: {role: inside, mtu: 9001}\n  up: {role: outside, link: lan, vlan: 4095}\n',
    'f:3:28  CONFIG_RANGE  9001 is out of range for mtu. Write 576 to 9000.',
    'f:4:40  CONFIG_RANGE  4095 is out of range for vlan. Write 1 to 4094.',
  ],
  [
    'a fraction',
    'version: 1\ninterfaces:\n  lan: {role: inside, mtu: 1500.5}\n',
    'f:3:28  CONFIG_TYPE  mtu is a whole number, not 1500.5. Write something such as 1500.',
  ],
  [
    'an address that ends with colons in a list',
    'version: 1\ninterfaces:\n  lan: {role: inside, addresses: [2001:db8::]}\n',
    'f:3:35  CONFIG_TYPE  YAML reads 2001:db8:: as a key, because it ends with a colon. Quote it: "2001:db8::".',
  ],
  [
    'an address that ends with colons in a block',
    'version: 1\nnat64:\n  main:\n    pool6: 2001:db8::\n',
    'f:4:12  CONFIG_SYNTAX  A second key begins in the middle of a value. Quote a value that has ": " in it or ends with ":", such as "2001:db8::".',
  ],
  [
    'one value where a list stands',
    'version: 1\ninterfaces:\n  lan: {role: inside, addresses: 10.0.0.1/24}\n',
    'f:3:34  CONFIG_TYPE  addresses is a list. Write [10.0.0.1/24].',
  ],
  [
    'a map where a list stands',
    'version: 1\nroutes:\n  to: default\n  via: 198.51.100.1\n',
    'f:2:1  CONFIG_TYPE  routes is a list. Put "- " before its first key, or write [{…}].',
  ],
  [
    'a list where a map stands',
    'version: 1\ninterfaces:\n  - {role: inside}\n',
    'f:2:1  CONFIG_TYPE  interfaces is a map of names, not a list. Write something such as {lan: {device: eth0, role: inside}}.',
  ],
  [
    'a word that is near another',
    'version: 1\ninterfaces:\n  lan: {role: insid}\n',
    'f:3:15  CONFIG_VALUE  insid is no value of role. Did you mean inside?',
  ],
  [
    'a word that is near none',
    'version: 1\nfirewall: {forward: maybe}\n',
    'f:2:21  CONFIG_VALUE  maybe is no value of forward. Write deny or allow.',
  ],
  [
    'a wrong word in one-or-many',
    'version: 1\ninterfaces:\n  lan: {role: [inside, upside]}\n',
    'f:3:24  CONFIG_VALUE  upside is no value of an item of role. Did you mean inside?',
  ],
  [
    'neither one nor many',
    'version: 1\ninterfaces:\n  lan: {role: {inside: true}}\n',
    'f:3:15  CONFIG_TYPE  {inside: true} is no value of role. Write inside | outside | core | management, or list of inside | outside | core | management.',
  ],
  [
    'an item twice',
    'version: 1\ninterfaces:\n  lan: {role: [inside, inside]}\n',
    'f:3:15  CONFIG_VALUE  inside stands twice in role. Leave one of them out.',
  ],
  [
    'an empty list',
    'version: 1\nnat64:\n  main: {pool6: 64:ff9b::/96, pool4: []}\n',
    'f:3:38  CONFIG_VALUE  pool4 is an empty list. Write at least one item.',
  ],
  [
    'a name too long for Linux',
    'version: 1\ninterfaces:\n  uplink-to-the-world: {role: outside}\n',
    'f:3:3  CONFIG_NAME  "uplink-to-the-world" is no name in interfaces. A name has 1 to 15 letters, digits, ".", "_" or "-", and starts with a letter or digit.',
  ],
  [
    'a name with a capital letter',
    'version: 1\ninterfaces: {lan: {role: inside}, up: {role: outside}}\nnat64:\n  Main: {pool6: 64:ff9b::/96, pool4: [{addresses: 203.0.113.1}]}\n',
    'f:4:3  CONFIG_NAME  "Main" is no name in nat64. A name has 1 to 31 small letters, digits or "-", and starts with a letter.',
  ],
  [
    'a gateway name that is no host name',
    'version: 1\nsystem: {name: Edge_A}\n',
    'f:2:16  CONFIG_VALUE  "Edge_A" is no value of name. A gateway name is a host name label: 1 to 63 small letters, digits or "-".',
  ],
  [
    'durations',
    'version: 1\nnat64:\n  main:\n    pool6: 64:ff9b::/96\n    pool4: [{addresses: 203.0.113.1}]\n    timeouts:\n      udp: 300\n      icmp: "60"\n      tcpTransitory: 4 minutes\n',
    'f:7:12  CONFIG_FORMAT  "300" has no unit. Write whole numbers with units (d, h, m, s, ms), larger ones first: 5m, 2h4m, 100ms.',
    'f:8:13  CONFIG_FORMAT  "60" has no unit. Write whole numbers with units (d, h, m, s, ms), larger ones first: 5m, 2h4m, 100ms.',
    'f:9:22  CONFIG_FORMAT  "4 minutes" is not a duration. Write whole numbers with units (d, h, m, s, ms), larger ones first: 5m, 2h4m, 100ms.',
  ],
  [
    'port ranges',
    'version: 1\nnat64:\n  main:\n    pool6: 64:ff9b::/96\n    pool4:\n      - {addresses: 203.0.113.1, ports: 2000-1000}\n      - {addresses: 203.0.113.2, ports: 1024-70000}\n      - {addresses: 203.0.113.3, ports: 0-1023}\n      - {addresses: 203.0.113.4, ports: http}\n      - {addresses: 203.0.113.5, ports: 443}\n',
    'f:6:41  CONFIG_FORMAT  "2000-1000" ends before it begins. Write FIRST-LAST with 1 <= FIRST <= LAST <= 65535, such as 1024-65535.',
    'f:7:41  CONFIG_FORMAT  "1024-70000" is not a port range: 70000 is over 65535. Write FIRST-LAST with 1 <= FIRST <= LAST <= 65535, such as 1024-65535.',
    'f:8:41  CONFIG_FORMAT  "0-1023" is not a port range: port 0 is no port. Write FIRST-LAST with 1 <= FIRST <= LAST <= 65535, such as 1024-65535.',
    'f:9:41  CONFIG_FORMAT  "http" is not a port range. Write FIRST-LAST with 1 <= FIRST <= LAST <= 65535, such as 1024-65535.',
    'f:10:41  CONFIG_TYPE  YAML reads 443 as a number, and ports is a text. Quote it: "443".',
  ],
  [
    'addresses',
    'version: 1\ninterfaces:\n  lan:\n    role: inside\n    addresses: [10.0.0.300/24, 10.0.0.1/33, 10.0.0.1, 010.0.0.1/8, lan, 10.0.0.1/024]\n',
    'f:5:17  CONFIG_FORMAT  "10.0.0.300" is not an address: 300 is over 255. Write ADDRESS/LENGTH, such as 198.51.100.2/24 or 2001:db8:1::1/64.',
    'f:5:32  CONFIG_FORMAT  "10.0.0.1/33" is not a prefix: an IPv4 length is 0 to 32. Write ADDRESS/LENGTH, such as 198.51.100.2/24 or 2001:db8:1::1/64.',
    'f:5:45  CONFIG_FORMAT  "10.0.0.1" has no prefix length. Write ADDRESS/LENGTH, such as 198.51.100.2/24 or 2001:db8:1::1/64.',
    'f:5:55  CONFIG_FORMAT  "010.0.0.1" is not an address: 010 starts with a zero, which some read as octal. Write ADDRESS/LENGTH, such as 198.51.100.2/24 or 2001:db8:1::1/64.',
    'f:5:68  CONFIG_FORMAT  "lan" is not an address with a prefix length. Write ADDRESS/LENGTH, such as 198.51.100.2/24 or 2001:db8:1::1/64.',
    'f:5:73  CONFIG_FORMAT  "10.0.0.1/024" is not a prefix: 024 starts with a zero. Write ADDRESS/LENGTH, such as 198.51.100.2/24 or 2001:db8:1::1/64.',
  ],
  [
    'next hops',
    'version: 1\nroutes:\n  - {to: default, via: 10.0.0.1/24}\n  - {to: 10.0.0.0/8, via: fe80::1%eth0}\n  - {to: all, via: router}\n',
    'f:3:24  CONFIG_FORMAT  "10.0.0.1/24" has a prefix length, and here stands an address alone. Write an IPv4 or IPv6 address, such as 198.51.100.1 or 2001:db8::1.',
    'f:4:27  CONFIG_FORMAT  "fe80::1%eth0" has a zone, and no zones are used here. Write an IPv4 or IPv6 address, such as 198.51.100.1 or 2001:db8::1.',
    'f:5:10  CONFIG_FORMAT  "all" is not a destination. Write default or ADDRESS/LENGTH, such as 10.20.0.0/16.',
    'f:5:20  CONFIG_FORMAT  "router" is not an address. Write an IPv4 or IPv6 address, such as 198.51.100.1 or 2001:db8::1.',
  ],
  [
    'address sets',
    'version: 1\nnat64:\n  main:\n    pool6: 64:ff9b::/96\n    pool4:\n      - {addresses: 203.0.113.9-203.0.113.1}\n      - {addresses: 203.0.113.9-2001:db8::1}\n      - {addresses: 203.0.113.9-x}\n      - {addresses: 203.0.113.9-203.0.113.256}\n',
    'f:6:21  CONFIG_FORMAT  "203.0.113.9-203.0.113.1" ends before it begins. Write a prefix, a range or one address: 203.0.113.16/28, 203.0.113.40-203.0.113.43, 203.0.113.40.',
    'f:7:21  CONFIG_FORMAT  "203.0.113.9-2001:db8::1" begins and ends in different address families. Write a prefix, a range or one address: 203.0.113.16/28, 203.0.113.40-203.0.113.43, 203.0.113.40.',
    'f:8:21  CONFIG_FORMAT  "203.0.113.9-x" is not a set of addresses. Write a prefix, a range or one address: 203.0.113.16/28, 203.0.113.40-203.0.113.43, 203.0.113.40.',
    'f:9:21  CONFIG_FORMAT  "203.0.113.256" is not an address: 256 is over 255. Write a prefix, a range or one address: 203.0.113.16/28, 203.0.113.40-203.0.113.43, 203.0.113.40.',
  ],
  [
    'a key twice',
    'version: 1\ninterfaces:\n  lan: {role: inside}\n  lan: {role: outside}\n',
    'f:4:3  CONFIG_DUPLICATE_KEY  lan stands twice in interfaces, first in line 3. Leave one of them out.',
  ],
  [
    'a number twice as a key',
    'version: 1\ninterfaces:\n  100: {role: inside}\n  "100": {role: inside}\n',
    'f:4:3  CONFIG_DUPLICATE_KEY  100 stands twice in interfaces, first in line 3. Leave one of them out.',
  ],
  [
    'a merge key',
    'version: 1\ninterfaces:\n  lan: &lan {role: inside}\n  up: {<<: *lan, device: eth1}\n',
    'f:4:7  INTERFACE_ROLE_MISSING  up has no role. Write role: inside, outside, core or management.',
    'f:4:8  CONFIG_UNKNOWN_KEY  Unknown key << in interfaces.up. YAML 1.2 has no merge keys: write the keys out.',
  ],
  [
    'tabs',
    'version: 1\ninterfaces:\n	lan: {role: inside}\n',
    'f:3:1  CONFIG_SYNTAX  A tab stands where indentation is. Indent with spaces.',
  ],
  [
    'an open bracket',
    'version: 1\nroutes: [{to: default, via: 10.0.0.1}\nfirewall: {forward: deny}\n',
    'f:3:1  CONFIG_SYNTAX  The indentation does not fit what stands above. Start the keys of one map in the same column, and close every bracket.',
  ],
  [
    'an open quote',
    'version: 1\nsystem: {name: "edge}\n',
    'f:3:1  CONFIG_SYNTAX  Something is not closed: a quote, a bracket or a comma is missing. Look at the end of the value before this place.',
  ],
  [
    'bad indentation',
    'version: 1\ninterfaces:\n  lan:\n    role: inside\n   mtu: 1500\n',
    'f:5:1  CONFIG_SYNTAX  The indentation does not fit what stands above. Start the keys of one map in the same column, and close every bracket.',
  ],
  [
    'no colon',
    'version: 1\nfirewall\nsystem: {name: a}\n',
    'f:2:1  CONFIG_SYNTAX  A key has no ":" in its line. Write KEY: VALUE.',
  ],
  [
    'two documents',
    'version: 1\n---\nversion: 1\n',
    'f:2:1  CONFIG_SYNTAX  A second document begins here. One file is one gateway: leave out the line ---.',
  ],
  [
    'a tag',
    'version: 1\nsystem: {name: !!str edge}\n',
    'f:2:22  CONFIG_TAG  The tag tag:yaml.org,2002:str has no meaning here. Leave it out.',
  ],
  [
    'YAML 1.1',
    '%YAML 1.1\n---\nversion: 1\n',
    'f:1:1  CONFIG_SYNTAX  YAML 1.1 is asked for. This is read as YAML 1.2: leave the %YAML line out.',
  ],
  [
    'a key that is no word',
    'version: 1\n? [a, b]\n: c\n',
    'f:2:3  CONFIG_SYNTAX  A key is a plain word. Quote a value that starts with [, {, * or &.',
  ],
  [
    'an alias for nothing',
    'version: 1\nsystem: {name: *edge}\n',
    'f:2:16  CONFIG_ALIASES  Nothing before this line is marked &edge. Quote it if it is a value: "*edge".',
  ],
  [
    'an alias inside itself',
    'version: 1\nroutes: &r [*r]\n',
    'f:2:13  CONFIG_ALIASES  *r stands inside of itself. Write the value out.',
  ],
  [
    'an alias bomb',
    'a: &a [x, x, x, x, x, x, x, x, x]\nb: &b [*a, *a, *a, *a, *a, *a, *a, *a, *a]\nc: &c [*b, *b, *b, *b, *b, *b, *b, *b, *b]\nd: [*c, *c, *c, *c, *c, *c, *c, *c, *c]\n',
    'f:1:1  CONFIG_ALIASES  Aliases (*name) make this document too large. Write the values out where they are used.',
  ],
  [
    'too many aliases',
    `a: &a x\nb: [${Array(101).fill('*a').join(', ')}]\n`,
    'f:2:405  CONFIG_ALIASES  More than 100 aliases (*name) are used. Write the values out.',
  ],
  [
    'nesting',
    `version: 1\nroutes: ${'['.repeat(70)}${']'.repeat(70)}\n`,
    'f:2:73  CONFIG_TOO_DEEP  More than 64 levels are nested here. Close some brackets.',
  ],
  [
    'a reserved character',
    'version: 1\nsystem: {name: @edge}\n',
    'f:2:16  CONFIG_SYNTAX  A value cannot start with this character. Quote the value.',
  ],
  [
    'a bad escape',
    'version: 1\nsystem: {name: "\\q"}\n',
    'f:2:17  CONFIG_SYNTAX  No such escape in a quoted text. Write \\\\ for a backslash, or use single quotes.',
  ],
  [
    'errors of schema and rules together, in the order of lines',
    'version: 1\nsistem: {}\ninterfaces:\n  up: {device: eth1, role: outside}\n  lan: {device: eth1, role: inside, color: red}\nroutes:\n  - {to: 10.0.0.1/8, via: 192.0.2.1}\nfirewall: {forward: 1}\n',
    'f:2:1  CONFIG_UNKNOWN_KEY  Unknown key sistem in the document. Did you mean system?',
    'f:5:17  INTERFACE_DEVICE_DUPLICATE  Device eth1 is already up (line 4). One device is one interface; it may have several roles.',
    'f:5:37  CONFIG_UNKNOWN_KEY  Unknown key color in interfaces.lan. Keys here: device, link, vlan, role, mtu, addresses, xdp, tenant.',
    'f:7:10  ROUTE_HOST_BITS  10.0.0.1/8 has bits set after its length. Write 10.0.0.0/8.',
    'f:8:21  CONFIG_VALUE  1 is no value of forward. Write deny or allow.',
  ],
];

test.each(
  cases,
  ([name]) => name,
  ([, text, ...expected]) => {
    const errors = check(text);
    for (const { code } of errors) seen('error', code);
    assert.ok(errors.length > 0);
    assert.equal(errors.map(String), expected);
  },
);

test('nesting that exhausts the parser', () => {
  assert.equal(
    check('['.repeat(20_000)).map(({ code }) => code),
    ['CONFIG_TOO_DEEP'],
  );
});

test('a document with very many errors says how many are not shown', () => {
  const errors = check(`version: 1\nroutes: [${Array(150).fill('{to: x}').join(', ')}]\n`);
  assert.is(errors.length, 101);
  assert.is(errors.at(-1)?.toString(), 'CONFIG_MORE_ERRORS  50 further errors are not shown.');
  seen('error', 'CONFIG_MORE_ERRORS');
});

const examples = new URL('../../../docs/examples/', import.meta.url);

test.each(
  readdirSync(examples).filter((name) => name.endsWith('.yaml')),
  (name) => `docs/examples/${name}`,
  (name) => {
    const { errors, canonical } = checkText(
      readFileSync(new URL(name, examples), 'utf8'),
      name,
      configSchema,
      features,
      undefined,
    );
    assert.equal(errors.map(String), []);
    assert.ok(canonical);
  },
);

test.run();
