/** Attributes and numbers of links. linux/if_link.h, linux/if.h, linux/veth.h, linux/rtnetlink.h */
import {
  type AttributeTable,
  address,
  bareText,
  be16,
  bool8,
  listOf,
  mac,
  nest,
  nested,
  raw,
  s32,
  text,
  u8,
  u16,
  u32,
} from './codec.ts';
import { bitNames, names } from './names.ts';

export const RTM_NEWLINK = 16;
export const RTM_DELLINK = 17;
export const RTM_GETLINK = 18;

/** `struct ifinfomsg` {u8 family, u8 pad, u16 type, s32 index, u32 flags, u32 change}. */
export const ifinfoSize = 16;

export const IFF_UP = 1;

/** net_device_flags, those that are state rather than configuration of odd devices. */
export const linkFlags = bitNames({
  up: IFF_UP,
  broadcast: 0x2,
  loopback: 0x8,
  pointToPoint: 0x10,
  running: 0x40,
  noArp: 0x80,
  promiscuous: 0x100,
  allMulticast: 0x200,
  multicast: 0x1000,
  lowerUp: 0x10000,
  dormant: 0x20000,
});

/** RFC 2863 6, IF_OPER_ */
export const operStates = names({
  unknown: 0,
  notPresent: 1,
  down: 2,
  lowerLayerDown: 3,
  testing: 4,
  dormant: 5,
  up: 6,
});

/** enum in6_addr_gen_mode */
export const addressGenerations = names({ eui64: 0, none: 1, stablePrivacy: 2, random: 3 });

/** XDP_ATTACHED_; `native` is the driver's mode. */
export const xdpModes = names({ none: 0, native: 1, generic: 2, offload: 3, multi: 4 });

const xdpTable = {
  attached: [2, u8],
  programId: [4, u32],
  nativeProgramId: [5, u32],
  genericProgramId: [6, u32],
  offloadProgramId: [7, u32],
} as const satisfies AttributeTable;

const inet6Table = { addressGeneration: [8, u8] } as const satisfies AttributeTable;

/** IFLA_AF_SPEC: one nest for each address family. */
const afSpecTable = { inet6: [10, nested(inet6Table)] } as const satisfies AttributeTable;

/** IFLA_LINKINFO; `data` has another table for each kind of link. */
export const linkInfoTable = {
  kind: [1, bareText],
  data: [2, nest],
  slaveKind: [4, bareText],
} as const satisfies AttributeTable;

export const linkTable = {
  mac: [1, mac],
  broadcast: [2, mac],
  name: [3, text],
  mtu: [4, u32],
  lower: [5, u32],
  master: [10, u32],
  txQueueLength: [13, u32],
  operState: [16, u8],
  info: [18, nested(linkInfoTable)],
  netnsPid: [19, u32],
  alias: [20, text],
  stats64: [23, raw],
  afSpec: [26, nested(afSpecTable)],
  group: [27, u32],
  netnsFd: [28, u32],
  extMask: [29, u32],
  promiscuity: [30, u32],
  txQueues: [31, u32],
  rxQueues: [32, u32],
  carrier: [33, bool8],
  lowerNetnsId: [37, s32],
  xdp: [43, nested(xdpTable)],
  minMtu: [50, u32],
  maxMtu: [51, u32],
  altNames: [52, listOf(53, text)],
  altName: [53, text],
  permanentMac: [54, mac],
} as const satisfies AttributeTable;

export const vlanTable = { id: [1, u16], protocol: [5, be16] } as const satisfies AttributeTable;

export const vxlanTable = {
  vni: [1, u32],
  remote: [2, address],
  lower: [3, u32],
  local: [4, address],
  ttl: [5, u8],
  learning: [7, bool8],
  port: [15, be16],
  remote6: [16, address],
  local6: [17, address],
  udpChecksum: [18, bool8],
  zeroChecksum6Tx: [19, bool8],
  zeroChecksum6Rx: [20, bool8],
  external: [25, bool8],
} as const satisfies AttributeTable;

export const bridgeTable = {
  ageingTime: [4, u32],
  stp: [5, u32],
  vlanFiltering: [7, bool8],
  multicastSnooping: [23, bool8],
} as const satisfies AttributeTable;

export const vrfTable = { table: [1, u32] } as const satisfies AttributeTable;

/** VETH_INFO_PEER: an ifinfomsg followed by link attributes. */
export const vethTable = { peer: [1, nest] } as const satisfies AttributeTable;
