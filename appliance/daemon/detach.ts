import { Rtnetlink } from 'netlink-ts';
import { Pins } from '../dataplane/pins.ts';
import { Poller } from '../dataplane/poller.ts';
import { PortLinks } from '../dataplane/port-links.ts';
import { removeDoor } from '../features/interfaces/door.ts';
import { removeLinks } from '../features/interfaces/links.ts';
import { removeRoutes } from '../features/routes/apply.ts';
import { FactsFile } from '../store/instance-facts.ts';
import type { InstancePaths } from '../system/instance.ts';

/**
 * Takes an instance out of the kernel: programs off, maps and sessions gone, door, routes and addresses of ours taken
 * away. The ports go first and the blackhole routes below the pools last: at no moment can the kernel forward what
 * was not translated. Works without a daemon, and when nothing is there.
 */
export async function detachInstance(paths: InstancePaths): Promise<void> {
  const poller = Poller.open();
  const kernel = Rtnetlink.open(poller);
  try {
    const pins = new Pins(paths.bpffs);
    PortLinks.detachAllOf(pins);
    pins.removeAll();
    const facts = await FactsFile.open(paths.state, { onNotice: () => undefined });
    await removeDoor(kernel, paths.name);
    await removeLinks(kernel, facts);
    await removeRoutes(kernel, facts);
    await facts.change({ rules: '' });
  } finally {
    kernel.close();
    await poller.close();
  }
}
