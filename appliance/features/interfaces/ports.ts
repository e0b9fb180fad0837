import type { Address, Link, Rtnetlink } from 'netlink-ts';
import type { DesiredPort, DesiredState } from '../../contract/desired.ts';
import type { DataPath } from '../../dataplane/datapath.ts';
import { constants, maps, type Port, PortFlag, type PortKey, PortRole } from '../../dataplane/layout.gen.ts';
import type { AttachMode } from '../../dataplane/link.ts';
import { wordsOf } from '../../dataplane/rule-set.ts';
import type { Step } from '../../engine/reconcile.ts';
import { parseAddress, parseMac } from '../../model/address.ts';
import { SixgateError } from '../../model/errors.ts';
import { assignIds } from '../../model/ids.ts';
import type { FactsFile } from '../../store/instance-facts.ts';
import { pathOf } from './links.ts';

/** Kinds of devices that take no redirected XDP frames: their packets leave by the door. */
const BY_THE_DOOR = new Set(['bridge', 'vxlan', 'macvlan', 'ipvlan', 'dummy', 'vrf', 'gre', 'ip6gre']);
const PORT_ID = 'port.';

/** Numbers of the ports by name, kept as long as the name stays in the document. */
export function portNumbers(facts: FactsFile, ports: readonly DesiredPort[]): Map<string, number> {
  const previous = Object.entries(facts.current.ids).filter(([name]) => name.startsWith(PORT_ID));
  const names = served(ports).map(({ name }) => PORT_ID + name);
  const ids = assignIds(names, new Map(previous), constants.MAX_PORTS);
  return new Map([...ids].map(([name, id]) => [name.slice(PORT_ID.length), id]));
}

/** Ports with a role for packets; a trunk without one is only attached. */
export function served(ports: readonly DesiredPort[]): DesiredPort[] {
  return ports.filter(({ roles }) => roles.some((role) => role !== 'management'));
}

/**
 * The data path's side of the interfaces: programs attached, and for each port what packets need to know of it.
 * A device that appears late is attached then, one that is gone is forgotten.
 */
export function portsStep(kernel: Rtnetlink, dataPath: DataPath, facts: FactsFile): Step<DesiredState> {
  return {
    name: 'ports',
    run: async ({ ports }) => {
      const numbers = portNumbers(facts, ports);
      await facts.change({ ids: { ...facts.current.ids, ...prefixed(numbers) } });
      const links = new Map((await kernel.links()).map((link) => [link.name, link]));
      const addresses = await kernel.addresses();
      const problems: SixgateError[] = [];
      const modes = new Map<string, AttachMode>();
      for (const port of ports) {
        const link = links.get(port.device);
        if (port.xdp === 'none' || link === undefined) continue;
        try {
          modes.set(port.device, dataPath.ports.attach(port.device, link.index, port.xdp));
        } catch (cause) {
          problems.push(notAttached(port, cause));
        }
      }
      const entries = served(ports).flatMap((port) => entryOf(port, links, addresses, modes, numbers));
      writePorts(dataPath, entries, new Set([...links.values()].map(({ index }) => index)));
      for (const device of dataPath.ports.attached().keys()) if (!modes.has(device)) dataPath.ports.detach(device);
      return problems;
    },
  };
}

interface PortEntry {
  readonly key: PortKey;
  readonly value: Port;
  /** Device that routes name. */
  readonly routed: number;
}

function entryOf(
  port: DesiredPort,
  links: ReadonlyMap<string, Link>,
  addresses: readonly Address[],
  modes: ReadonlyMap<string, AttachMode>,
  numbers: ReadonlyMap<string, number>,
): PortEntry[] {
  const link = links.get(port.device);
  const lower = links.get(port.lowerDevice);
  const mode = modes.get(port.lowerDevice);
  const mac = link?.mac === undefined ? undefined : parseMac(link.mac);
  if (link === undefined || lower === undefined || mode === undefined || mac === undefined) return [];
  const byDoor = lower.kind !== undefined && BY_THE_DOOR.has(lower.kind);
  const value: Port = {
    ifindex: lower.index,
    number: numbers.get(port.name) as number,
    table: port.table,
    role:
      (port.roles.includes('inside') ? PortRole.ROLE_INSIDE : 0) |
      (port.roles.includes('outside') ? PortRole.ROLE_OUTSIDE : 0) |
      (port.roles.includes('core') ? PortRole.ROLE_CORE : 0),
    // Any device may have a veth or virtio peer; where it has none, the test for it only costs a comparison.
    flags: PortFlag.PORT_PARTIAL | (mode === 'generic' ? PortFlag.PORT_GENERIC : 0) | (byDoor ? PortFlag.PORT_DOOR : 0),
    mtu: link.mtu,
    vlan: port.vlan ?? 0,
    mac,
    addr4: wordsOf(sourceOf(addresses, link.index, 4))[0] as number,
    addr6: wordsOf(sourceOf(addresses, link.index, 16)),
  };
  return [{ key: { ifindex: lower.index, vlan: port.vlan ?? 0 }, value, routed: link.index }];
}

/** The first global address of a device, which ICMP errors come from; zeros if it has none. */
function sourceOf(addresses: readonly Address[], index: number, size: 4 | 16): Uint8Array {
  for (const { index: its, address, scope } of addresses) {
    if (its !== index || scope !== 'global') continue;
    const bytes = parseAddress(address.split('/')[0] as string);
    if (bytes?.length === size) return bytes;
  }
  return new Uint8Array(size);
}

/** New entries first, then stale ones go: no port is without its entry for a moment. */
function writePorts(dataPath: DataPath, entries: readonly PortEntry[], present: ReadonlySet<number>): void {
  const ports = dataPath.map(maps.sgPorts);
  const oif = dataPath.map(maps.sgOif);
  const failures = dataPath.map(maps.sgTxfail);
  const keyText = ({ ifindex, vlan }: PortKey): string => `${ifindex}/${vlan}`;
  // A number that no device has is never given again; its failures would fill the map, one replaced device after another.
  for (const ifindex of [...failures.keys()]) if (!present.has(ifindex)) failures.delete(ifindex);
  for (const { key, value, routed } of entries) {
    ports.update(key, value);
    oif.update(routed, key);
    if (failures.lookup(key.ifindex) === undefined) failures.update(key.ifindex, { frames: 0n, error: 0 });
  }
  const keep = new Set(entries.map(({ key }) => keyText(key)));
  const routed = new Set(entries.map((entry) => entry.routed));
  for (const key of [...ports.keys()]) if (!keep.has(keyText(key))) ports.delete(key);
  for (const ifindex of [...oif.keys()]) if (!routed.has(ifindex)) oif.delete(ifindex);
}

function prefixed(numbers: ReadonlyMap<string, number>): Record<string, number> {
  return Object.fromEntries([...numbers].map(([name, id]) => [PORT_ID + name, id]));
}

function notAttached(port: DesiredPort, cause: unknown): SixgateError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new SixgateError('INTERFACE_NOT_ATTACHED', `${port.device} does not take the program: ${reason}`, {
    path: pathOf(port),
    hint: 'Is another XDP program on it (`ip link show`), or its MTU over 9000?',
    cause,
  });
}
