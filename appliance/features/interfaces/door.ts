import type { Link, Rtnetlink } from 'netlink-ts';
import type { DesiredState } from '../../contract/desired.ts';
import type { DataPath } from '../../dataplane/datapath.ts';
import type { Step } from '../../engine/reconcile.ts';
import { sysctl } from './links.ts';

/** Largest frame of a port, with the shim and an IPv6 and a fragment header more. */
const DOOR_MTU = 9216 + 96;

/** The two ends of an instance's door. The first instance has the short names. */
export function doorDevices(instance: string): { near: string; far: string } {
  return instance === 'main'
    ? { near: 'sg-door0', far: 'sg-door1' }
    : { near: `sg0-${instance}`, far: `sg1-${instance}` };
}

/**
 * The internal veth pair that the slow path goes through (bpf/door.bpf.c). Its far end is also the only device on
 * which the kernel may forward: routes are looked up in its name.
 */
export function doorStep(kernel: Rtnetlink, dataPath: DataPath, instance: string): Step<DesiredState> {
  return {
    name: 'door',
    run: async () => {
      const { near, far } = await ensurePair(kernel, instance);
      sysctl(`net/ipv4/conf/${far.name}/forwarding`, '1');
      sysctl(`net/ipv6/conf/${far.name}/forwarding`, '1');
      for (const { name } of [near, far]) sysctl(`net/ipv6/conf/${name}/accept_ra`, '0');
      dataPath.door.attach(far.index);
      dataPath.knobs.change({ door: near.index, fib: far.index });
      return [];
    },
  };
}

/** Takes the pair away. */
export async function removeDoor(kernel: Rtnetlink, instance: string): Promise<void> {
  const near = await kernel.link(doorDevices(instance).near);
  if (near !== undefined) await kernel.delLink(near.index);
}

async function ensurePair(kernel: Rtnetlink, instance: string): Promise<{ near: Link; far: Link }> {
  const names = doorDevices(instance);
  const shape = { up: true, mtu: DOOR_MTU, addressGeneration: 'none' as const };
  if ((await kernel.link(names.near)) === undefined) {
    await kernel.addLink({ kind: 'veth', name: names.near, mtu: DOOR_MTU, peer: { name: names.far, mtu: DOOR_MTU } });
  }
  const [near, far] = await Promise.all([kernel.link(names.near), kernel.link(names.far)]);
  if (near === undefined || far === undefined) throw new Error(`the door ${names.near} has no other end`);
  for (const end of [near, far]) {
    if (!end.up || end.addressGeneration !== 'none') await kernel.setLink(end.index, shape);
  }
  return { near, far };
}
