import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { type Link, NetlinkError, type Rtnetlink } from 'netlink-ts';
import type { DesiredPort, DesiredState } from '../../contract/desired.ts';
import type { Step } from '../../engine/reconcile.ts';
import { SixgateError } from '../../model/errors.ts';
import type { FactsFile } from '../../store/instance-facts.ts';

/** A word of the document as a path for problems. */
export const pathOf = (port: DesiredPort): string => `interfaces.${port.name}`;

/** What says that a device of the document is not there (yet). */
export function missing(port: DesiredPort): SixgateError {
  return new SixgateError('INTERFACE_MISSING', `${port.device} missing`, {
    path: pathOf(port),
    hint: 'It is used as soon as it appears',
    kind: 'missing-interface',
  });
}

/**
 * The kernel's side of the interfaces: devices up, MTU, addresses, and no forwarding of the kernel's own on any port.
 * Addresses that an older document wanted are taken away; those that somebody else set stay.
 */
export function linksStep(kernel: Rtnetlink, facts: FactsFile): Step<DesiredState> {
  return {
    name: 'interfaces',
    run: async ({ ports }) => {
      const problems: SixgateError[] = [];
      for (const port of ports) {
        try {
          const link = (await kernel.link(port.device)) ?? (await makeVlan(kernel, facts, port));
          if (link === undefined) problems.push(missing(port));
          else await settle(kernel, port, link);
        } catch (cause) {
          problems.push(refused(port, cause)); // one port's trouble is not the others'
        }
      }
      await syncAddresses(kernel, facts, ports);
      return problems;
    },
  };
}

function refused(port: DesiredPort, cause: unknown): SixgateError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  const what = port.vlan === undefined ? 'set up' : 'made';
  return new SixgateError('INTERFACE_REFUSED', `The kernel refuses to have ${port.device} ${what}: ${reason}`, {
    path: pathOf(port),
    hint: port.vlan === undefined ? 'It is tried again; see `ip link`' : 'Has this kernel the VLAN module (8021q)?',
    cause,
  });
}

/** A VLAN of the document whose device does not exist is made, if the device below does. */
async function makeVlan(kernel: Rtnetlink, facts: FactsFile, port: DesiredPort): Promise<Link | undefined> {
  if (port.vlan === undefined) return undefined;
  const lower = await kernel.link(port.lowerDevice);
  if (lower === undefined) return undefined;
  const made = await kernel.addLink({ kind: 'vlan', name: port.device, lower: lower.index, id: port.vlan });
  await facts.change({ devices: [...new Set([...facts.current.devices, port.device])] });
  return made;
}

async function settle(kernel: Rtnetlink, port: DesiredPort, link: Link): Promise<void> {
  if (!port.roles.includes('management')) forbidKernelForwarding(link.name);
  if (port.table !== 0) acceptAnySource(link.name);
  const mtu = port.mtu !== undefined && port.mtu !== link.mtu ? { mtu: port.mtu } : {};
  if (!link.up || port.mtu !== undefined) await kernel.setLink(link.index, { up: true, ...mtu });
}

/**
 * The kernel must not forward between ports: with no program attached, or before one is, it would let untranslated
 * packets through. Router advertisements would give a router routes of its own accord.
 */
function forbidKernelForwarding(device: string): void {
  // ip6_forward() asks only the setting for all devices. Written only where it is on: it resets that of each device.
  if (readSysctl('net/ipv6/conf/all/forwarding') === '1') sysctl('net/ipv6/conf/all/forwarding', '0');
  sysctl(`net/ipv4/conf/${device}/forwarding`, '0');
  sysctl(`net/ipv6/conf/${device}/forwarding`, '0');
  sysctl(`net/ipv6/conf/${device}/accept_ra`, '0');
}

/**
 * The kernel answers ARP only for sources that it has a route to, where the reverse path is checked; those of a tenant
 * have none in the main table. The larger one of the setting for all devices and the device's own counts: the former
 * is moved into the others' own.
 */
function acceptAnySource(device: string): void {
  const all = readSysctl('net/ipv4/conf/all/rp_filter') ?? '0';
  if (all !== '0') {
    for (const other of readdirSync('/proc/sys/net/ipv4/conf')) {
      const own = readSysctl(`net/ipv4/conf/${other}/rp_filter`) ?? '0';
      if (other !== 'all' && own < all) sysctl(`net/ipv4/conf/${other}/rp_filter`, all);
    }
    sysctl('net/ipv4/conf/all/rp_filter', '0');
  }
  sysctl(`net/ipv4/conf/${device}/rp_filter`, '0');
}

/** Writes a setting of the kernel. A kernel without IPv6 on the device has no such file. */
export function sysctl(path: string, value: string): void {
  try {
    writeFileSync(`/proc/sys/${path}`, value);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}

function readSysctl(path: string): string | undefined {
  try {
    return readFileSync(`/proc/sys/${path}`, 'utf8').trim();
  } catch {
    return undefined;
  }
}

async function syncAddresses(kernel: Rtnetlink, facts: FactsFile, ports: readonly DesiredPort[]): Promise<void> {
  const wanted = new Set(ports.flatMap((port) => port.addresses.map((address) => `${port.device} ${address}`)));
  const owned = new Set(facts.current.addresses);
  const present = new Set<string>();
  const links = new Map((await kernel.links()).map((link) => [link.name, link.index]));
  const names = new Map([...links].map(([name, index]) => [index, name]));
  const addresses = (await kernel.addresses()).map((each) => ({
    ...each,
    entry: `${names.get(each.index)} ${each.address}`,
  }));
  const tenants = new Set(ports.filter(({ table }) => table !== 0).map(({ device }) => device));
  // An address that changes hands is made anew: the kernel keeps or drops the route of its network only with it.
  for (const { index, entry, flags } of addresses) {
    const alone = flags.noPrefixRoute === true;
    if (wanted.has(entry) && alone !== tenants.has(deviceOf(entry)) && (!alone || owned.has(entry)))
      await dropAddress(kernel, index, entry);
    else present.add(entry);
  }
  const added = [...wanted].filter((entry) => !present.has(entry) && links.has(deviceOf(entry)));
  // Noted before it is done: a daemon that dies in between still knows what is its own.
  await facts.change({ addresses: [...new Set([...owned, ...added])].sort() });
  for (const entry of added) {
    const index = links.get(deviceOf(entry)) as number;
    await kernel.addAddress({ index, address: addressOf(entry), noPrefixRoute: tenants.has(deviceOf(entry)) });
  }
  for (const entry of owned) {
    const index = links.get(deviceOf(entry));
    if (wanted.has(entry) || index === undefined || !present.has(entry)) continue;
    await dropAddress(kernel, index, entry);
  }
  await facts.change({ addresses: facts.current.addresses.filter((entry) => wanted.has(entry)) });
}

/** Deletes an address, and none but it: the kernel would take along the others of its network, whoever made them. */
async function dropAddress(kernel: Rtnetlink, index: number, entry: string): Promise<void> {
  sysctl(`net/ipv4/conf/${deviceOf(entry)}/promote_secondaries`, '1');
  try {
    await kernel.delAddress({ index, address: addressOf(entry) });
  } catch (error) {
    // Somebody else was faster; what is wanted is so.
    if (!(error instanceof NetlinkError) || error.code !== 'EADDRNOTAVAIL') throw error;
  }
}

const deviceOf = (entry: string): string => entry.slice(0, entry.indexOf(' '));
const addressOf = (entry: string): string => entry.slice(entry.indexOf(' ') + 1);

/** Takes away the addresses and devices that the daemon has made. */
export async function removeLinks(kernel: Rtnetlink, facts: FactsFile): Promise<void> {
  await syncAddresses(kernel, facts, []);
  for (const device of facts.current.devices) {
    const link = await kernel.link(device);
    if (link !== undefined) await kernel.delLink(link.index);
  }
  await facts.change({ devices: [] });
}
