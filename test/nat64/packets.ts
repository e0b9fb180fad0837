/**
 * The world of the NAT64 packet tests. MAC addresses end in :01 lan, :02 client, :03 uplink, :04 server.
 *
 *     client 2001:db8:1::2 --- lan | gateway | uplink --- server 198.51.100.1
 *
 * The pool has one address with one port, so that a case knows what its flow is translated to: 198.51.100.10, 2000.
 */
import type { Device, PacketGateway } from '../kit/datapath.ts';
import { goldenTests, type PacketRunner } from '../kit/packet.ts';
import { assert, type Suite } from '../kit/suite.ts';
import { tracedRunner } from '../kit/traced.ts';

export const devices: readonly Device[] = [
  {
    name: 'lan',
    mac: '02:00:00:00:00:01',
    neighbours: { '2001:db8:1::2': '02:00:00:00:00:02', '2001:db8:1::3': '02:00:00:00:00:13' },
  },
  { name: 'uplink', mac: '02:00:00:00:00:03', neighbours: { '198.51.100.1': '02:00:00:00:00:04' } },
];

/** A document without the NAT64 instances. */
export const interfaces = `version: 1
interfaces:
  lan: {device: lan, role: inside, addresses: ["2001:db8:1::1/64"]}
  uplink: {device: uplink, role: outside, addresses: [198.51.100.2/24]}
routes:
  - {to: default, via: 198.51.100.1}`;

export const config = `${interfaces}
nat64:
  main:
    pool6: 64:ff9b::/96
    pool4: [{addresses: 198.51.100.10, ports: 2000-2000}]
    limits: {sessions: 4096}
`;

/** The ways in which every golden packet is run; they may not differ. */
const ways: Readonly<Record<string, (gateway: PacketGateway) => PacketRunner>> = {
  'fast tier': (gateway) => gateway.runner('fast'),
  'general tier': (gateway) => gateway.runner('general'),
  door: (gateway) => gateway.runner('door'),
  'every packet twice': (gateway) => gateway.secondRunner(),
  'every packet traced before': tracedRunner,
};

/**
 * Adds the cases of golden files at every tier, and once more with each packet sent twice; at the end the packet
 * equation of every port has to hold.
 *
 * @param files such as `nat64/tcp`
 * @param open makes the gateway, in the suite's first hook
 */
export function tierTests(test: Suite, files: readonly string[], open: () => Promise<PacketGateway>): void {
  let gateway: PacketGateway;
  let held = 0;
  test.before(async () => {
    gateway = await open();
  });
  for (const [way, make] of Object.entries(ways)) {
    let runner: PacketRunner | undefined;
    const run: PacketRunner = async (frame, port, golden) => {
      runner ??= make(gateway);
      const results = [await runner(frame, port, golden)].flat();
      held += results.filter(({ reason }) => reason === 'held').length;
      return results;
    };
    for (const file of files) goldenTests(test, file, run, way);
  }
  test('every frame is accounted for', () => {
    assert.is(gateway.unaccounted(), held);
  });
}
