/**
 * The world of the SRv6 packet tests; cases.py and the goldens have the same. MAC addresses end in :01 core, :02 the
 * domain's router, :12 another one, :03 lan, :04, :14 and :24 hosts.
 *
 *     SR domain --- 2001:db8:c0::2 --- core | gateway | lan --- 10.1.0.8, 2001:db8:1::8
 *                   2001:db8:c0::9                              10.1.0.7, 2001:db8:1::7
 */
import { readFileSync } from 'node:fs';
import { maps, PortRole } from '../../appliance/dataplane/layout.gen.ts';
import { MirroredRules } from '../../appliance/dataplane/mirrored-rules.ts';
import { wordsOf } from '../../appliance/dataplane/prefix-key.ts';
import { parseAddress } from '../../appliance/model/address.ts';
import { type Device, PacketGateway } from '../kit/datapath.ts';

export const devices: readonly Device[] = [
  {
    name: 'core',
    mac: '02:00:00:00:00:01',
    neighbours: { '2001:db8:c0::2': '02:00:00:00:00:02', '2001:db8:c0::9': '02:00:00:00:00:12' },
  },
  {
    name: 'lan',
    mac: '02:00:00:00:00:03',
    neighbours: {
      '10.1.0.8': '02:00:00:00:00:04',
      '2001:db8:1::8': '02:00:00:00:00:04',
      '10.1.0.7': '02:00:00:00:00:14',
      '2001:db8:1::7': '02:00:00:00:00:14',
      '10.1.0.9': '02:00:00:00:00:24',
      '2001:db8:1::9': '02:00:00:00:00:24',
    },
  },
];

export const config = `version: 1
interfaces:
  core: {device: core, role: outside, addresses: ["2001:db8:c0::1/64"]}
  lan: {device: lan, role: inside, addresses: [10.1.0.1/24, "2001:db8:1::1/64"]}
routes:
  - {to: 2001:db8:ffff::/48, via: 2001:db8:c0::2}
  - {to: fcbb:bb00::/32, via: 2001:db8:c0::2}
  - {to: 10.2.0.0/16, via: 10.1.0.9}
  - {to: 2001:db8:2::/48, via: 2001:db8:1::9}
`;

export async function openWorld(): Promise<PacketGateway> {
  const gateway = await PacketGateway.open(config, devices);
  const { dataPath } = gateway;
  const ports = dataPath.map(maps.sgPorts);
  for (const [key, port] of [...ports.entries()])
    if (key.ifindex === gateway.port('core').ifindex) ports.update(key, { ...port, role: PortRole.ROLE_CORE });
  const { rules } = MirroredRules.inForce(dataPath);
  const lan = gateway.port('lan').ifindex;
  const core = gateway.port('core').ifindex;
  let number = 2048;
  const flavors = [0, 1, 2, 4, 3, 5, 6, 7];
  const add = (group: string, behavior: number, f = 0, ifindex = 0, nh?: string): void => {
    const bytes = nh === undefined ? undefined : (parseAddress(nh) as Uint8Array);
    rules.setSid(number, {
      behavior,
      flavors: f,
      table: 0,
      ifindex,
      nh: bytes ? wordsOf(bytes) : [0, 0, 0, 0],
      nhFamily: bytes === undefined ? 0 : bytes.length === 4 ? 4 : 6,
      addr4: wordsOf(parseAddress('10.1.0.1') as Uint8Array)[0] as number,
      addr6: wordsOf(parseAddress('2001:db8:1::1') as Uint8Array),
    });
    rules.setSidPrefix({ bytes: parseAddress(`fcbb:bb00:a1:${group}::`) as Uint8Array, length: 128 }, number);
    number += 1;
  };
  for (const [n, f] of flavors.entries()) add((16 + n).toString(16), 1, f);
  for (const [n, f] of flavors.entries()) add((32 + n).toString(16), 2, f, core, '2001:db8:c0::9');
  add('4', 3, 0, lan, '10.1.0.7');
  add('6', 4, 0, lan, '2001:db8:1::7');
  add('14', 5);
  add('16', 6);
  add('46', 7);
  return gateway;
}

void readFileSync;
