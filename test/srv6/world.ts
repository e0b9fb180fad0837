/**
 * The world of the SRv6 packet tests; cases.py has the same. MAC addresses end in :01 core, :02 the domain's router, :12
 * another one, :03 lan, :04, :14 and :24 hosts.
 *
 *     SR domain --- 2001:db8:c0::2 --- core | gateway | lan --- 10.1.0.8, 2001:db8:1::8
 *                   2001:db8:c0::9                              10.1.0.7, 2001:db8:1::7
 *                                                               10.1.0.9, 2001:db8:1::9 --- 10.2.0.0/16, 2001:db8:2::/48
 */
import { type Device, PacketGateway } from '../kit/datapath.ts';

export const devices: readonly Device[] = [
  {
    name: 'core',
    mac: '02:00:00:00:00:01',
    neighbours: { '2001:db8:c0::2': '02:00:00:00:00:02', '2001:db8:c0::9': '02:00:00:00:00:12' },
  },
  // Lists of sixteen segments are refused where no core port carries them; sizes are tried on the other one.
  { name: 'wide', mac: '02:00:00:00:00:07', mtu: 1600 },
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

/** The eight sets of flavours, in the order of cases.py. */
export const flavorSets: readonly (readonly string[])[] = [
  ...[[], ['psp'], ['usp'], ['usd']],
  ...[
    ['psp', 'usp'],
    ['psp', 'usd'],
    ['usp', 'usd'],
    ['psp', 'usp', 'usd'],
  ],
];

const sid = (group: number, behavior: string, rest = ''): string =>
  `    - {sid: "fcbb:bb00:a1:${group.toString(16)}::", behavior: ${behavior}${rest}}`;
const flavored = (first: number, behavior: string, rest: string): string[] =>
  flavorSets.map((flavors, at) => sid(first + at, behavior, `${rest}, flavors: [${flavors.join(', ')}]`));

/** Segments of the policies: `full16` has all of them. */
const segments = Array.from({ length: 16 }, (_, at) => `"fcbb:bb00:b${(at + 1).toString(16)}::"`);
const counts = [...segments.keys()].map((at) => at + 1);
const kinds = [
  ['full', 'H.Encaps'],
  ['reduced', 'H.Encaps.Red'],
] as const;
const policies = kinds.flatMap(([name, encapsulation]) =>
  counts.map(
    (count) =>
      `    ${name}${count}: {encapsulation: ${encapsulation}, segmentLists: [{segments: [${segments.slice(0, count).join(', ')}]}]}`,
  ),
);
const steering = kinds.flatMap(([name], kind) =>
  counts.flatMap((count) =>
    [`"2001:db8:e${kind}:${count.toString(16)}::/64"`, `10.6${kind}.${count}.0/24`].map(
      (prefix) => `    - {to: ${prefix}, policy: ${name}${count}}`,
    ),
  ),
);

const base = `version: 1
interfaces:
  lan: {device: lan, role: inside, addresses: ["2001:db8:1::1/64", 10.1.0.1/24]}
  core: {device: core, role: core, addresses: ["2001:db8:c0::1/64"]}
  wide: {device: wide, role: core}
routes:
  - {to: "2001:db8:ffff::/48", via: "2001:db8:c0::2"}
  - {to: "fcbb:bb00::/32", via: "2001:db8:c0::2"}
  - {to: 10.2.0.0/16, via: 10.1.0.9}
  - {to: "2001:db8:2::/48", via: "2001:db8:1::9"}
`;
const srv6 = `srv6:
  locators: {edge: {prefix: "fcbb:bb00:a1::/48"}}`;

/** @param more further keys of srv6, indented by two */
export const configuration = (more = ''): string => `${base}${srv6}
  sids:
${[
  ...flavored(0x100, 'End', ''),
  ...flavored(0x200, 'End.X', ', via: "2001:db8:c0::9"'),
  sid(0x4, 'End.DX4', ', via: 10.1.0.7'),
  sid(0x6, 'End.DX6', ', via: "2001:db8:1::7"'),
  ...[sid(0x14, 'End.DT4'), sid(0x16, 'End.DT6'), sid(0x46, 'End.DT46')],
].join('\n')}
  policies:
${policies.join('\n')}
  steering:
${steering.join('\n')}
${more}
`;

/** The same world without SIDs, policies and steering: those are left to the kernel. */
export const bareConfiguration = `${base}${srv6}
`;

export const openWorld = (text = configuration()): Promise<PacketGateway> => PacketGateway.open(text, devices);
