/** What the control plane refuses to configure, and the data path drops all the same. */
import { maps } from '../../appliance/dataplane/layout.gen.ts';
import { PacketGateway } from '../kit/datapath.ts';
import { readGolden } from '../kit/golden.ts';
import { suite } from '../kit/suite.ts';
import { devices } from '../nat64/packets.ts';

const test = suite('egress: drops');

const config = `version: 1
interfaces:
  lan: {device: lan, role: inside, addresses: ["2001:db8:1::1/64"]}
  uplink: {device: uplink, role: outside, addresses: ["2001:db8:51::2/64"]}
routes:
  - {to: default, via: "2001:db8:51::1"}
egress:
  limits: {sessions: 4096}
  pools: {blue: {addresses: [203.0.113.100, "2001:db8:e::100"]}}
  policies: {vms: {sources: ["2001:db8:1::/64"], destinations: ["::/0"], pool: blue}}
`;

test('an IPv6 packet whose pool has IPv4 addresses only', async () => {
  const gateway = await PacketGateway.open(config, devices);
  const frame = readGolden('nat64/udp')[0]?.steps[0]?.frame as Uint8Array;
  const pools = gateway.dataPath.map(maps.sgEgressPool);
  for (const key of [...pools.keys()]) {
    const pool = pools.lookup(key);
    if (pool !== undefined && pool.count6 > 0) pools.update(key, { ...pool, count6: 0 });
  }
  gateway.assertDropped(frame, 'lan', 'egress_no_address');
});

test.run();
