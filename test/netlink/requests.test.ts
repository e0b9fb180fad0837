/** Our requests are those that iproute2 sends for the same purpose, byte for byte but for the order of attributes. */
import {
  encodeAddress,
  encodeLinkQuery,
  encodeLinkSettings,
  encodeNeighbour,
  encodeNewLink,
  encodeRoute,
  encodeRule,
} from 'netlink-ts/wire';
import { assert, suite } from '../kit/suite.ts';
import { canonical, capturedRequests, captureOf } from './captured.ts';
import { encapCases } from './encap-cases.ts';

/** Size of the fixed part by the message type's group: links, addresses, routes, neighbours, rules. */
const headSizes: Readonly<Record<number, number>> = { 16: 16, 20: 8, 24: 12, 28: 12, 32: 12 };
const v0 = 3;
const v1 = 2;

const cases: Readonly<Record<string, () => Uint8Array>> = {
  'ip link add v0 mtu 1400 address 02:00:00:00:00:01 numtxqueues 2 numrxqueues 3 type veth peer name v1 mtu 1300': () =>
    encodeNewLink({
      kind: 'veth',
      name: 'v0',
      mtu: 1400,
      mac: '02:00:00:00:00:01',
      txQueues: 2,
      rxQueues: 3,
      peer: { name: 'v1', mtu: 1300 },
    }),
  'ip link add br0 type bridge ageing_time 12000': () =>
    encodeNewLink({ kind: 'bridge', name: 'br0', ageingTimeCs: 12_000 }),
  'ip link add br1 type bridge vlan_filtering 1 mcast_snooping 0 stp_state 1': () =>
    encodeNewLink({ kind: 'bridge', name: 'br1', vlanFiltering: true, multicastSnooping: false, stp: true }),
  'ip link add vx4 type vxlan id 42 dstport 4789 local 192.0.2.1 remote 192.0.2.2 nolearning': () =>
    encodeNewLink({ kind: 'vxlan', name: 'vx4', vni: 42, local: '192.0.2.1', remote: '192.0.2.2', learning: false }),
  'ip link add vx6 type vxlan id 43 dstport 8472 local 2001:db8::1 remote 2001:db8::2 ttl 64': () =>
    encodeNewLink({
      kind: 'vxlan',
      name: 'vx6',
      vni: 43,
      port: 8472,
      local: '2001:db8::1',
      remote: '2001:db8::2',
      ttl: 64,
      learning: true,
    }),
  'ip link add vxe type vxlan external dstport 4789': () =>
    encodeNewLink({ kind: 'vxlan', name: 'vxe', external: true, learning: false }),
  'ip link add link v0 name v0.100 type vlan id 100': () =>
    encodeNewLink({ kind: 'vlan', name: 'v0.100', lower: v0, id: 100 }),
  'ip link add link v0 name v0.200 type vlan protocol 802.1ad id 200': () =>
    encodeNewLink({ kind: 'vlan', name: 'v0.200', lower: v0, id: 200, protocol: 0x88a8 }),
  'ip link add vrf0 type vrf table 1234': () => encodeNewLink({ kind: 'vrf', name: 'vrf0', table: 1234 }),
  'ip link add d0 type dummy': () => encodeNewLink({ kind: 'dummy', name: 'd0' }),
  'ip link set v0 up mtu 1450': () => encodeLinkSettings(v0, { up: true, mtu: 1450 }),
  'ip link set v0 down': () => encodeLinkSettings(v0, { up: false }),
  'ip link set v0 address 02:00:00:00:00:02': () => encodeLinkSettings(v0, { mac: '02:00:00:00:00:02' }),
  'ip link set v1 master br0': () => encodeLinkSettings(v1, { master: 4 }),
  'ip link set v1 nomaster': () => encodeLinkSettings(v1, { master: null }),
  'ip link set v1 addrgenmode none': () => encodeLinkSettings(v1, { addressGeneration: 'none' }),
  'ip link del vx4': () => encodeLinkQuery(6),
  'ip link set v0 up': () => encodeLinkSettings(v0, { up: true }),
  'ip link set v1 up': () => encodeLinkSettings(v1, { up: true }),
  'ip link set br0 up': () => encodeLinkSettings(4, { up: true }),
  'ip addr add 192.0.2.1/24 broadcast 192.0.2.255 dev v0': () =>
    encodeAddress({ index: v0, address: '192.0.2.1/24', broadcast: '192.0.2.255' }),
  'ip addr add 192.0.2.130/32 peer 192.0.2.131 dev v0 noprefixroute': () =>
    encodeAddress({ index: v0, address: '192.0.2.130/32', peer: '192.0.2.131', noPrefixRoute: true }),
  'ip addr add 2001:db8::1/64 dev v0 nodad': () => encodeAddress({ index: v0, address: '2001:db8::1/64', noDad: true }),
  'ip addr add 2001:db8::2/64 dev v0 nodad valid_lft 600 preferred_lft 300': () =>
    encodeAddress({ index: v0, address: '2001:db8::2/64', noDad: true, validS: 600, preferredS: 300 }),
  'ip addr del 192.0.2.130/32 peer 192.0.2.131 dev v0': () =>
    encodeAddress({ index: v0, address: '192.0.2.130/32', peer: '192.0.2.131' }),
  'ip route replace 198.51.100.0/24 via 192.0.2.2 dev v0 table 77 metric 5 mtu 1400': () =>
    encodeRoute(
      { destination: '198.51.100.0/24', via: '192.0.2.2', index: v0, table: 77, priority: 5, mtu: 1400, protocol: 3 },
      'add',
    ),
  'ip route replace 203.0.113.0/24 dev v0 table 1000': () =>
    encodeRoute({ destination: '203.0.113.0/24', index: v0, table: 1000, protocol: 3 }, 'add'),
  'ip route replace blackhole 198.18.0.0/15 table 77': () =>
    encodeRoute({ destination: '198.18.0.0/15', type: 'blackhole', table: 77, protocol: 3 }, 'add'),
  'ip route replace 198.51.101.0/24 nexthop via 192.0.2.2 dev v0 weight 3 nexthop via 192.0.2.3 dev v0 weight 1': () =>
    encodeRoute(
      {
        destination: '198.51.101.0/24',
        nextHops: [
          { via: '192.0.2.2', index: v0, weight: 3 },
          { via: '192.0.2.3', index: v0 },
        ],
        protocol: 3,
      },
      'add',
    ),
  'ip route replace 198.51.102.0/24 via inet6 2001:db8::9 dev v0': () =>
    encodeRoute({ destination: '198.51.102.0/24', via: '2001:db8::9', index: v0, protocol: 3 }, 'add'),
  'ip route replace default via 10.1.1.1 dev v0 onlink': () =>
    encodeRoute({ destination: '0.0.0.0/0', via: '10.1.1.1', index: v0, onLink: true, protocol: 3 }, 'add'),
  'ip -6 route replace 2001:db8:1::/48 via 2001:db8::9 dev v0 table 78 metric 7 mtu 1280 proto 186': () =>
    encodeRoute(
      {
        destination: '2001:db8:1::/48',
        via: '2001:db8::9',
        index: v0,
        table: 78,
        priority: 7,
        mtu: 1280,
        protocol: 186,
      },
      'add',
    ),
  'ip -6 route replace blackhole 64:ff9b::/96': () =>
    encodeRoute({ destination: '64:ff9b::/96', type: 'blackhole', protocol: 3 }, 'add'),
  'ip -6 route replace 2001:db8:2::/48 nexthop via 2001:db8::9 dev v0 nexthop via 2001:db8::a dev v0': () =>
    encodeRoute(
      {
        destination: '2001:db8:2::/48',
        nextHops: [
          { via: '2001:db8::9', index: v0 },
          { via: '2001:db8::a', index: v0 },
        ],
        protocol: 3,
      },
      'add',
    ),
  'ip route del 198.51.100.0/24 table 77': () => encodeRoute({ destination: '198.51.100.0/24', table: 77 }, 'delete'),
  'ip -6 route del 2001:db8:1::/48 table 78': () =>
    encodeRoute({ destination: '2001:db8:1::/48', table: 78 }, 'delete'),
  'ip rule add priority 100 from 192.0.2.0/24 to 198.51.100.0/24 iif v0 fwmark 0x10/0xff lookup 77': () =>
    encodeRule(
      {
        family: 4,
        priority: 100,
        source: '192.0.2.0/24',
        destination: '198.51.100.0/24',
        inputDevice: 'v0',
        mark: 0x10,
        markMask: 0xff,
        table: 77,
      },
      'add',
    ),
  'ip -6 rule add priority 101 not from 2001:db8::/32 lookup 1000 suppress_prefixlength 0': () =>
    encodeRule(
      { family: 6, priority: 101, source: '2001:db8::/32', invert: true, table: 1000, suppressPrefixLength: 0 },
      'add',
    ),
  'ip rule add priority 102 ipproto udp sport 1000-2000 dport 53 blackhole': () =>
    encodeRule(
      {
        family: 4,
        priority: 102,
        action: 'blackhole',
        ipProtocol: 17,
        sourcePorts: { first: 1000, last: 2000 },
        destinationPorts: { first: 53, last: 53 },
      },
      'add',
    ),
  'ip -6 rule del priority 101': () => encodeRule({ family: 6, priority: 101 }, 'delete'),
  'ip neigh replace 192.0.2.2 lladdr 02:00:00:00:00:99 dev v0 nud permanent': () =>
    encodeNeighbour({ index: v0, address: '192.0.2.2', mac: '02:00:00:00:00:99' }),
  'ip neigh replace 192.0.2.3 dev v0 managed': () =>
    encodeNeighbour({ index: v0, address: '192.0.2.3', flags: { managed: true } }),
  'ip -6 neigh replace 2001:db8::9 lladdr 02:00:00:00:00:98 dev v0 nud reachable router': () =>
    encodeNeighbour({
      index: v0,
      address: '2001:db8::9',
      mac: '02:00:00:00:00:98',
      state: 'reachable',
      flags: { router: true },
    }),
  'ip -6 neigh replace proxy 2001:db8::77 dev v0': () =>
    encodeNeighbour({ index: v0, address: '2001:db8::77', flags: { proxy: true }, state: 'permanent' }),
  'ip neigh del 192.0.2.2 dev v0': () => encodeNeighbour({ index: v0, address: '192.0.2.2', state: 'permanent' }),
  'bridge fdb replace 02:00:00:00:00:97 dev v0 self permanent': () =>
    encodeNeighbour({ family: 'bridge', index: v0, mac: '02:00:00:00:00:97', state: 0xc0, flags: { self: true } }),
  ...encapCases,
};

const test = suite('requests as iproute2 sends them');

test('every captured request has a case', () => {
  assert.equal(Object.keys(cases).sort(), [...capturedRequests()].sort());
});

test.each(
  Object.entries(cases),
  ([command]) => command,
  ([command, encode]) => {
    const captured = captureOf(command).requests.at(-1) ?? new Uint8Array();
    const type = Buffer.from(captured).readUInt16LE(4);
    const headSize = headSizes[type & ~3] ?? 0;
    const split = (body: Uint8Array): unknown => [
      Buffer.from(body.subarray(0, headSize)).toString('hex'),
      canonical(body.subarray(headSize)),
    ];
    assert.equal(split(encode()), split(captured.subarray(16)));
  },
);

test.run();
