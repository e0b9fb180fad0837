import { type AddressRange, findOverlaps, rangeOf, sizeOf } from '../../config/ranges.ts';
import type { ConfigWith, Facts } from '../../contract/feature.ts';
import { MAX_SLOTS } from '../../contract/slots.ts';
import { formatAddress, formatPrefix, parseAddress, parsePrefix } from '../../model/address.ts';
import { type AddressSet, parseAddressSet } from '../../model/address-set.ts';
import type { SixgateError } from '../../model/errors.ts';
import { formatPath } from '../../model/path.ts';
import { vxlanError } from './errors.ts';
import { MAX_NODES, type SlotPart, type VxlanConfig } from './schema.ts';

type VxlanDocument = ConfigWith<'vxlan', VxlanConfig>;

/** Rules of `vxlan` beyond its schema. */
export function checkVxlan(config: VxlanDocument, facts: Facts | undefined): SixgateError[] {
  const slots = Object.entries(config.vxlan ?? {});
  const local = localTexts(config, facts);
  return [
    ...checkCount(slots),
    ...checkNodeCount(slots),
    ...checkEndpoints(slots),
    ...slots.flatMap(([name, slot]) => [
      ...checkAddress(config, facts, local, name, slot),
      ...slot.nodes.flatMap((node, i) => checkNode(local, [name, 'nodes', i], slot, node)),
      ...checkTwice(name, slot),
    ]),
  ];
}

function checkCount(slots: readonly [string, SlotPart][]): SixgateError[] {
  const [extra] = slots[MAX_SLOTS] ?? [];
  if (extra === undefined) return [];
  return [
    vxlanError('VXLAN_SLOTS', [extra], `There are ${slots.length} slots`, `One gateway has at most ${MAX_SLOTS}`),
  ];
}

/** Reports the entry that goes over the limit, before anything expands the ranges. */
function checkNodeCount(slots: readonly [string, SlotPart][]): SixgateError[] {
  let total = 0n;
  for (const [name, { nodes }] of slots) {
    for (const [i, node] of nodes.entries()) {
      const set = parseAddressSet(node);
      if (set === undefined) continue;
      total += sizeOf(rangeOf(set));
      if (total <= BigInt(MAX_NODES)) continue;
      const hint = `All slots together have at most ${MAX_NODES}; write the addresses that nodes have`;
      return [vxlanError('VXLAN_TOO_MANY_NODES', [name, 'nodes', i], `${node} makes ${total} nodes`, hint)];
    }
  }
  return [];
}

function checkEndpoints(slots: readonly [string, SlotPart][]): SixgateError[] {
  const seen = new Map<string, string>();
  return slots.flatMap(([name, { address }]) => {
    const bytes = parseAddress(address);
    const text = bytes === undefined ? address : formatAddress(bytes);
    const other = seen.get(text);
    if (other === undefined) {
      seen.set(text, name);
      return [];
    }
    const otherPath = formatPath(['vxlan', other, 'address']);
    const hint = 'Give each slot an address of its own';
    return [
      vxlanError('VXLAN_ADDRESS_DUPLICATE', [name, 'address'], `${text} is also ${other}'s`, hint, { otherPath }),
    ];
  });
}

/** Addresses of the box in the main table, as text: those of the document, and what the kernel has. */
function localTexts(config: VxlanDocument, facts: Facts | undefined): Set<string> {
  const documents = Object.values(config.interfaces ?? {})
    .filter(({ tenant }) => tenant === undefined)
    .flatMap(({ addresses }) => addresses ?? [])
    .map(parsePrefix)
    .filter((prefix) => prefix !== undefined);
  return new Set([...documents.map(({ bytes }) => formatAddress(bytes)), ...(facts?.localAddresses ?? [])]);
}

function checkAddress(
  config: VxlanDocument,
  facts: Facts | undefined,
  local: ReadonlySet<string>,
  name: string,
  { address }: SlotPart,
): SixgateError[] {
  const bytes = parseAddress(address);
  if (bytes === undefined || local.has(formatAddress(bytes))) return [];
  // Away from its gateway, an interface without addresses may have any.
  const complete = Object.values(config.interfaces ?? {}).every(({ addresses }) => (addresses ?? []).length > 0);
  if (facts === undefined && !complete) return [];
  const hint =
    local.size === 0 ? 'Give an interface this address' : `Addresses of the box: ${[...local].slice(0, 6).join(', ')}`;
  return [vxlanError('VXLAN_ADDRESS_UNKNOWN', [name, 'address'], `${address} is no address of this box`, hint)];
}

const NO_NODE: readonly (readonly [set: string, what: string])[] = [
  ['0.0.0.0/8', '"this network"'],
  ['127.0.0.0/8', 'loopback'],
  ['169.254.0.0/16', 'link-local'],
  ['224.0.0.0/3', 'multicast or reserved'],
  ['::/127', 'loopback or unspecified'],
  ['fe80::/10', 'link-local'],
  ['ff00::/8', 'multicast'],
];

function checkNode(
  local: ReadonlySet<string>,
  at: readonly (string | number)[],
  slot: SlotPart,
  text: string,
): SixgateError[] {
  const set = parseAddressSet(text);
  const end = parseAddressSet(slot.address);
  if (set === undefined || end === undefined) return [];
  if (set.family !== end.family) {
    const sentence = `${text} is IPv${set.family}, and the tunnel endpoint ${slot.address} is not`;
    return [vxlanError('VXLAN_NODE_FAMILY', at, sentence, `Write IPv${end.family} addresses`)];
  }
  if (set.meant !== undefined) {
    const hint = `Write ${formatPrefix(set.meant)} for the whole prefix, or ${text.split('/')[0]} for one address`;
    return [vxlanError('VXLAN_NODE_HOST_BITS', at, `${text} has bits set after its length`, hint)];
  }
  const range = rangeOf(set);
  const bad = NO_NODE.find(([other]) => overlaps(range, rangeOf(parseAddressSet(other) as AddressSet)));
  if (bad !== undefined) {
    const hint = 'Write addresses that hosts can have, such as 10.1.7.2';
    return [vxlanError('VXLAN_NODE_NOT_UNICAST', at, `${text} has addresses that are ${bad[1]}`, hint)];
  }
  const own = [...local].find((address) => overlaps(range, rangeOf(parseAddressSet(address) as AddressSet)));
  if (own === undefined) return [];
  const sentence = own === text ? `${own} is an address of this box` : `${own} in ${text} is an address of this box`;
  return [vxlanError('VXLAN_NODE_LOCAL', at, sentence, 'Leave it out')];
}

function overlaps(a: AddressRange, b: AddressRange): boolean {
  return a.family === b.family && a.first <= b.last && b.first <= a.last;
}

function checkTwice(name: string, slot: SlotPart): SixgateError[] {
  const sets = slot.nodes.flatMap((node, i) => {
    const set = parseAddressSet(node);
    return set === undefined || set.meant !== undefined ? [] : [{ i, range: rangeOf(set) }];
  });
  return findOverlaps(sets, ({ range }) => range).map(({ a, b, at }) => {
    const [earlier, later] = a.i < b.i ? [a, b] : [b, a];
    const otherPath = formatPath(['vxlan', name, 'nodes', earlier.i]);
    const sentence = `${at} stands twice in ${name}`;
    return vxlanError('VXLAN_NODE_DUPLICATE', [name, 'nodes', later.i], sentence, 'Leave one of them out', {
      otherPath,
    });
  });
}
