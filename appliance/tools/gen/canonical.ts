/** What two builds must agree on before one adopts the other's pinned maps, as text, and its hash. */
import { createHash } from 'node:crypto';
import type { Btf } from './btf.ts';
import type { MapShape } from './maps.ts';

function typeText(btf: Btf, id: number): string {
  const { type, alias } = btf.resolve(id);
  switch (type.kind) {
    case 'array':
      return `${typeText(btf, type.type)}[${type.length}]`;
    case 'struct':
    case 'union': {
      const members = type.members.map((m) => `${m.bitOffset}:${m.bitSize} ${m.name} ${typeText(btf, m.type)}`);
      return `${type.kind} ${type.size} {${members.join(';')}}`;
    }
    case 'int':
    case 'enum':
      return `${alias} ${type.signed ? 's' : 'u'}${type.size * 8}`;
    default:
      return `${type.kind} ${type.name}`;
  }
}

function mapText(btf: Btf, map: MapShape): string {
  const numbers = [map.type, map.maxEntries, map.flags, map.keySize, map.valueSize];
  const types = [map.key, map.value].map((id) => (id === undefined ? '-' : typeText(btf, id)));
  return [map.name, ...numbers, ...types, map.inner === undefined ? '-' : mapText(btf, map.inner)].join('|');
}

/** SHA-256, in hexadecimal, of the layouts of all maps and of the further structures named (values of inner maps). */
export function layoutHash(btf: Btf, maps: readonly MapShape[], more: readonly string[]): string {
  return createHash('sha256')
    .update([...maps.map((map) => mapText(btf, map)), ...more].join('\n'))
    .digest('hex');
}

/** The text of one structure, for `layoutHash`. */
export function structText(btf: Btf, name: string): string {
  const struct = btf.struct(name);
  if (struct === undefined) return `${name} -`;
  const members = struct.members.map((m) => `${m.bitOffset}:${m.bitSize} ${m.name} ${typeText(btf, m.type)}`);
  return `${name} ${struct.size} {${members.join(';')}}`;
}
