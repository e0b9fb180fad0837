/** Map declarations as libbpf reads them (`__uint`, `__type`, `__array` of bpf_helpers.h), out of BTF. */
import type { Btf, StructType } from './btf.ts';

export interface MapShape {
  readonly name: string;
  readonly type: number;
  readonly maxEntries: number;
  readonly flags: number;
  readonly keySize: number;
  readonly valueSize: number;
  /** BTF types, when declared by `__type`. */
  readonly key: number | undefined;
  readonly value: number | undefined;
  readonly inner: MapShape | undefined;
}

const WORD = 4;

function shapeOf(btf: Btf, name: string, declaration: StructType): MapShape {
  const memberType = (member: string) => declaration.members.find((m) => m.name === member)?.type;
  /** `int (*name)[N]` carries the number N. */
  const number = (member: string): number | undefined => {
    const pointed = pointee(btf, memberType(member));
    if (pointed === undefined) return undefined;
    const { type } = btf.resolve(pointed);
    return type.kind === 'array' ? type.length : undefined;
  };
  const key = pointee(btf, memberType('key'));
  const value = pointee(btf, memberType('value'));
  const inner = innerOf(btf, memberType('values'));
  return {
    name,
    type: number('type') ?? 0,
    maxEntries: number('max_entries') ?? 0,
    flags: number('map_flags') ?? 0,
    keySize: key === undefined ? (number('key_size') ?? 0) : btf.sizeOf(key),
    valueSize: value === undefined ? (number('value_size') ?? (inner === undefined ? 0 : WORD)) : btf.sizeOf(value),
    key,
    value,
    inner,
  };
}

function pointee(btf: Btf, id: number | undefined): number | undefined {
  if (id === undefined) return undefined;
  const { type } = btf.resolve(id);
  return type.kind === 'ptr' ? type.type : undefined;
}

/** `values` of a map of maps: an array of pointers to the declaration of the inner map. */
function innerOf(btf: Btf, id: number | undefined): MapShape | undefined {
  if (id === undefined) return undefined;
  const { type: array } = btf.resolve(id);
  const pointed = array.kind === 'array' ? pointee(btf, array.type) : undefined;
  if (pointed === undefined) return undefined;
  const { type } = btf.resolve(pointed);
  return type.kind === 'struct' ? shapeOf(btf, type.name, type) : undefined;
}

/** All maps of an object, by name. */
export function readMaps(btf: Btf): MapShape[] {
  return btf
    .variables('.maps')
    .map((variable) => {
      const { type } = btf.resolve(variable.type);
      if (type.kind !== 'struct') throw new Error(`the map ${variable.name} is not declared as a structure`);
      return shapeOf(btf, variable.name, type);
    })
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}
