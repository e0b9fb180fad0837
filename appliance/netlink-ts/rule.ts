/** Policy routing rules. linux/fib_rules.h */
import { type Family, familyNumber, familyOf, formatAddress, parsePrefix } from './bytes.ts';
import {
  type AttributeTable,
  address,
  bool8,
  concat,
  decodeAttributes,
  encodeAttributes,
  type Kind,
  littleEndian,
  type RawAttribute,
  text,
  u8,
  u16,
  u32,
  viewOf,
} from './codec.ts';
import { names, present } from './names.ts';

export const RTM_NEWRULE = 32;
export const RTM_DELRULE = 33;
export const RTM_GETRULE = 34;

const FIB_RULE_INVERT = 2;

export type RuleAction = 'lookup' | 'goto' | 'nop' | 'blackhole' | 'unreachable' | 'prohibit';
const actions = names({ lookup: 1, goto: 2, nop: 3, blackhole: 6, unreachable: 7, prohibit: 8 });

/** Both ends belong to the range. */
export interface PortRange {
  readonly first: number;
  readonly last: number;
}

/** `struct fib_rule_port_range` in host byte order. */
const portRange: Kind<PortRange> = {
  decode: (bytes) => ({
    first: viewOf(bytes).getUint16(0, littleEndian),
    last: viewOf(bytes).getUint16(2, littleEndian),
  }),
  encode: (value) => concat([u16.encode(value.first), u16.encode(value.last)]),
};

const table = {
  priority: [6, u32],
  destination: [1, address],
  source: [2, address],
  inputDevice: [3, text],
  target: [4, u32],
  mark: [10, u32],
  suppressIfGroup: [13, u32],
  suppressPrefixLength: [14, u32],
  table: [15, u32],
  markMask: [16, u32],
  outputDevice: [17, text],
  l3mdev: [19, bool8],
  protocol: [21, u8],
  ipProtocol: [22, u8],
  sourcePorts: [23, portRange],
  destinationPorts: [24, portRange],
} as const satisfies AttributeTable;

/** `struct fib_rule_hdr` {u8 family, dst_len, src_len, tos, table, res1, res2, action, u32 flags}. */
const headSize = 12;
/** "Suppress nothing" is -1. */
const noSuppression = 0xffffffff;

/** A rule's selectors and its action. */
export interface RuleSpec {
  readonly family: Family;
  /** Rules are asked in ascending order. */
  readonly priority: number;
  readonly action: RuleAction;
  /** For `lookup`. */
  readonly table?: number;
  /** Priority of the next rule to ask, for `goto`. */
  readonly target?: number;
  readonly source?: string;
  readonly destination?: string;
  readonly inputDevice?: string;
  readonly outputDevice?: string;
  readonly mark?: number;
  readonly markMask?: number;
  /** Matches what does not match. */
  readonly invert?: boolean;
  readonly tos?: number;
  /** The table is that of the VRF the packet belongs to. */
  readonly l3mdev?: boolean;
  /** Routes with a prefix of this length or less are passed over. */
  readonly suppressPrefixLength?: number;
  readonly ipProtocol?: number;
  readonly sourcePorts?: PortRange;
  readonly destinationPorts?: PortRange;
  /** Who made it, RTPROT_. */
  readonly protocol?: number;
}

export interface Rule extends Omit<RuleSpec, 'action'> {
  readonly action: RuleAction | number;
  readonly unknown?: readonly RawAttribute[];
}

/** A rule to be added, or enough of one to delete it: the first rule that fits is deleted. */
export interface NewRule extends Omit<RuleSpec, 'action' | 'priority'> {
  /** Unless told, the kernel takes one less than the lowest in use. */
  readonly priority?: number;
  /** `lookup` unless told. */
  readonly action?: RuleAction;
}

/** The body of RTM_NEWRULE or RTM_DELRULE; undefined for families other than IPv4 and IPv6. */
export function decodeRule(body: Uint8Array): Rule | undefined {
  const view = viewOf(body);
  const family = familyOf(view.getUint8(0));
  if (family === undefined) return undefined;
  const {
    suppressPrefixLength,
    suppressIfGroup: _group,
    ...attributes
  } = decodeAttributes(table, body.subarray(headSize));
  const prefix = (text: string | undefined, length: number): string | undefined => {
    if (text === undefined && length === 0) return undefined;
    return `${text ?? (family === 4 ? '0.0.0.0' : '::')}/${length}`;
  };
  const tableId = attributes.table ?? view.getUint8(4);
  const tos = view.getUint8(3);
  const action = view.getUint8(7);
  return present({
    ...attributes,
    family,
    priority: attributes.priority ?? 0,
    action: actions.nameOf(action) ?? action,
    table: tableId === 0 ? undefined : tableId,
    source: prefix(attributes.source, view.getUint8(2)),
    destination: prefix(attributes.destination, view.getUint8(1)),
    tos: tos === 0 ? undefined : tos,
    invert: (view.getUint32(8, littleEndian) & FIB_RULE_INVERT) === 0 ? undefined : true,
    suppressPrefixLength: suppressPrefixLength === noSuppression ? undefined : suppressPrefixLength,
  });
}

/**
 * Body of RTM_NEWRULE or RTM_DELRULE. For deletion action and table match anything unless told.
 *
 * @throws TypeError, RangeError for what cannot be encoded
 */
export function encodeRule(rule: NewRule, purpose: 'add' | 'delete'): Uint8Array {
  const prefixes = { source: undefined, destination: undefined } as {
    source: string | undefined;
    destination: string | undefined;
  };
  const head = new DataView(new ArrayBuffer(headSize));
  head.setUint8(0, familyNumber(rule.family));
  for (const [name, offset] of [
    ['destination', 1],
    ['source', 2],
  ] as const) {
    const given = rule[name];
    if (given === undefined) continue;
    const prefix = parsePrefix(given);
    if (prefix.family !== rule.family) throw new TypeError(`"${given}" is of another family than the rule`);
    prefixes[name] = formatAddress(prefix.bytes);
    head.setUint8(offset, prefix.length);
  }
  const tableId = rule.table ?? 0;
  head.setUint8(3, rule.tos ?? 0);
  head.setUint8(4, tableId < 256 ? tableId : 0);
  const action = rule.action ?? (purpose === 'add' ? 'lookup' : undefined);
  head.setUint8(7, action === undefined ? 0 : actions.valueOf(action));
  head.setUint32(8, rule.invert === true ? FIB_RULE_INVERT : 0, littleEndian);
  const { family: _family, action: _action, tos: _tos, invert: _invert, ...attributes } = rule;
  return concat([
    new Uint8Array(head.buffer),
    encodeAttributes(table, { ...attributes, ...prefixes, table: tableId < 256 ? undefined : tableId }),
  ]);
}

/** Body of RTM_GETRULE for a dump. */
export function encodeRuleQuery(family: Family): Uint8Array {
  const body = new Uint8Array(headSize);
  body[0] = familyNumber(family);
  return body;
}
