/**
 * Numbers for names, so that a name keeps its number as long as it lives: live sessions hold these numbers.
 * A number that another name had until now is taken only when no unused one is left.
 * @param names all names, in document order
 * @param previous numbers given before, by name; entries of names that are gone are allowed
 * @param count numbers run from 0 to count - 1
 * @returns number by name; names for which none is left are not in it
 */
export function assignIds(
  names: readonly string[],
  previous: ReadonlyMap<string, number>,
  count: number,
): Map<string, number> {
  const ids = new Map<string, number>();
  const taken = new Set<number>();
  for (const name of names) {
    const id = previous.get(name);
    if (id === undefined || id < 0 || id >= count || taken.has(id)) continue;
    ids.set(name, id);
    taken.add(id);
  }
  const stale = new Set([...previous.values()].filter((id) => !taken.has(id)));
  const numbers = Array.from({ length: count }, (_, id) => id).filter((id) => !taken.has(id));
  const free = [...numbers.filter((id) => !stale.has(id)), ...numbers.filter((id) => stale.has(id))];
  for (const name of names) {
    if (ids.has(name)) continue;
    const id = free.shift();
    if (id === undefined) break;
    ids.set(name, id);
  }
  return ids;
}
