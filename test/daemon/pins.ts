/** What an instance holds in the kernel, as bpftool tells it: an oracle that shares no code with the product. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Host } from '../kit/lab.ts';

const kinds = { progs: 'prog', maps: 'map', links: 'link' } as const;

/** Number of every pinned program, map and link of an instance, by `KIND/NAME`. */
export async function pinnedIds(host: Host, instance: string): Promise<Record<string, number>> {
  const ids: Record<string, number> = {};
  for (const [directory, kind] of Object.entries(kinds)) {
    const path = join('/sys/fs/bpf/sixgate', instance, directory);
    for (const name of readdirSync(path).sort()) {
      // Not `run`: Debian 13's bpftool 7.5 exits with 255 after it has told of a pinned link.
      const { stdout, stderr } = await host.try(`bpftool -j ${kind} show pinned ${join(path, name)}`);
      if (stdout === '') throw new Error(`bpftool tells nothing of ${join(path, name)}: ${stderr}`);
      const told = JSON.parse(stdout) as { id: number } | { id: number }[];
      ids[`${kind}/${name}`] = (Array.isArray(told) ? told[0] : told)?.id ?? -1;
    }
  }
  return ids;
}

/** Those of the numbers, by `KIND/NAME`, that the kernel still knows. */
export async function stillThere(host: Host, ids: Readonly<Record<string, number>>): Promise<string[]> {
  const present = new Set<string>();
  for (const kind of Object.values(kinds)) {
    const all = JSON.parse(await host.run(`bpftool -j ${kind} show`)) as { id: number }[];
    for (const { id } of all) present.add(`${kind} ${id}`);
  }
  return Object.entries(ids)
    .filter(([name, id]) => present.has(`${name.split('/')[0]} ${id}`))
    .map(([name]) => name);
}
