import type { Rtnetlink } from 'netlink-ts';
import type { Facts } from '../contract/feature.ts';

/**
 * What the kernel has, as far as a document is checked against it.
 * @param owned addresses that the daemon itself has set, `DEVICE ADDRESS/LENGTH`: an older document's are no facts
 */
export async function observe(
  kernel: Rtnetlink,
  ids: Readonly<Record<string, number>>,
  owned: readonly string[],
): Promise<Facts> {
  const own = new Set(owned);
  const [links, all] = await Promise.all([kernel.links(), kernel.addresses()]);
  const names = new Map(links.map(({ index, name }) => [index, name]));
  const addresses = all.filter(({ index, address }) => !own.has(`${names.get(index)} ${address}`));
  return {
    links: links.map(({ name, index, mtu }) => ({
      name,
      index,
      mtu,
      addresses: addresses.filter((entry) => entry.index === index).map(({ address }) => address),
    })),
    localAddresses: addresses.map(({ address }) => address.split('/')[0] as string),
    ids: new Map(Object.entries(ids)),
  };
}
