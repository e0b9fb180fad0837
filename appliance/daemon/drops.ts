import type { Drops, Status } from '../contract/api.ts';
import { dropReasons } from '../model/vocab.gen.ts';

/** The answer of GET /v1/drops: most frequent first. */
export function dropsOf({ ports }: Status): Drops {
  const drops = ports.flatMap(({ name, dropped }) =>
    Object.entries(dropped).map(([reason, count]) => ({ reason, where: name, count, meaning: meaningOf(reason) })),
  );
  return {
    received: ports.reduce((sum, { received }) => sum + received, 0),
    dropped: drops.reduce((sum, { count }) => sum + count, 0),
    drops: drops.sort((a, b) => b.count - a.count || a.reason.localeCompare(b.reason)),
  };
}

function meaningOf(reason: string): string {
  return dropReasons.find(({ name }) => name === reason)?.text ?? 'a reason of another version';
}
