/** Map layouts as the compiled object tells them, and the rules that they must keep. */
import { createHash } from 'node:crypto';
import type { Btf, BtfArray, BtfReference, BtfStruct, BtfType } from './btf.ts';

/** One integer. `big`: network byte order, by its `__be` or `__sum` typedef. */
export interface Scalar {
  readonly kind: 'scalar';
  readonly bits: 8 | 16 | 32 | 64;
  readonly signed: boolean;
  readonly big: boolean;
  readonly bool: boolean;
}
export interface ArrayShape {
  readonly kind: 'array';
  readonly length: number;
  /** Bytes from one element to the next. */
  readonly stride: number;
  readonly element: Shape;
}
export interface StructShape {
  readonly kind: 'struct';
  readonly name: string;
}
/** Bytes that nobody reads or writes through us: padding, `struct bpf_timer`. */
export interface OpaqueShape {
  readonly kind: 'opaque';
}
export type Shape = Scalar | ArrayShape | StructShape | OpaqueShape;

export interface Field {
  readonly name: string;
  readonly offset: number;
  readonly size: number;
  readonly shape: Shape;
  readonly doc: string | undefined;
}

export interface Struct {
  readonly name: string;
  readonly size: number;
  readonly fields: readonly Field[];
  /** Places that the compiler left empty: `2 bytes at 6`. */
  readonly holes: readonly string[];
}

export interface MapLayout {
  readonly name: string;
  readonly type: number;
  readonly maxEntries: number;
  readonly flags: number;
  readonly keySize: number;
  readonly valueSize: number;
  readonly key: Shape | undefined;
  readonly value: Shape | undefined;
  readonly inner: MapLayout | undefined;
  readonly doc: string | undefined;
}

/** Members of `struct bpf_timer` and the like are the kernel's. */
const kernelStructs = ['bpf_timer', 'bpf_spin_lock'];

/** Collects structs and maps from one or more objects; a struct must look the same in all of them. */
export class Layouts {
  readonly structs = new Map<string, Struct>();
  readonly maps: MapLayout[] = [];
  readonly #errors: string[] = [];

  /** Adds the maps of an object, with the structs they hold. */
  addMaps(btf: Btf): void {
    for (const { id, variable } of btf.section('.maps')) {
      const definition = structAt(btf, variable.type);
      this.maps.push(this.#map(btf, variable.name, definition, btf.doc(id)));
    }
    this.maps.sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** Adds every named struct of these variables' types. */
  addVariables(btf: Btf, prefix: string): void {
    for (const { variable } of btf.section('.bss')) {
      if (!variable.name.startsWith(prefix)) continue;
      const { type, id } = btf.resolve(variable.type);
      if (type.kind === 'struct' && !isMapDefinition(btf, type)) this.#shapeOfStruct(btf, type, id);
    }
  }

  /** Checks the rules. @throws Error with one line for each violation */
  check(): void {
    for (const map of this.maps) if (map.key !== undefined) this.#checkKey(map.name, map.key);
    for (const struct of this.structs.values()) {
      for (const field of struct.fields) {
        const scalar = field.shape.kind === 'array' ? field.shape.element : field.shape;
        if (scalar.kind === 'scalar' && !scalar.big && scalar.bits === 32 && /addr/.test(field.name))
          this.#errors.push(`struct ${struct.name}: ${field.name} holds an address: its type must be __be32`);
      }
    }
    if (this.#errors.length > 0) throw new Error([...new Set(this.#errors)].join('\n'));
  }

  #checkKey(map: string, shape: Shape): void {
    if (shape.kind !== 'struct') return;
    const struct = this.structs.get(shape.name);
    if (struct === undefined) return;
    for (const hole of struct.holes)
      this.#errors.push(`map ${map}: its key struct ${shape.name} has a hole, ${hole}: name the padding`);
    for (const field of struct.fields) this.#checkKey(map, field.shape);
  }

  #map(btf: Btf, name: string, definition: BtfStruct, doc: string | undefined): MapLayout {
    const member = (wanted: string) => definition.members.find((candidate) => candidate.name === wanted)?.type;
    const number = (wanted: string): number => {
      const id = member(wanted);
      return id === undefined ? 0 : (pointee(btf, id) as BtfArray).length;
    };
    const typed = (wanted: 'key' | 'value'): { shape: Shape | undefined; size: number } => {
      const id = member(wanted);
      if (id === undefined) return { shape: undefined, size: number(`${wanted}_size`) };
      const target = (btf.resolve(id).type as BtfReference).type;
      return { shape: this.#shape(btf, target, `map ${name}`, wanted), size: btf.sizeOf(target) };
    };
    const key = typed('key');
    const value = typed('value');
    const values = member('values');
    let inner: MapLayout | undefined;
    if (values !== undefined) {
      const target = pointee(btf, (btf.resolve(values).type as BtfArray).element);
      if (target.kind === 'struct') inner = this.#map(btf, target.name, target, undefined);
      value.size = 4;
    }
    return {
      name,
      type: number('type'),
      maxEntries: number('max_entries'),
      flags: number('map_flags'),
      keySize: key.size,
      valueSize: value.size,
      key: key.shape,
      value: value.shape,
      inner,
      doc,
    };
  }

  #shape(btf: Btf, id: number, owner: string, member: string): Shape {
    const { type, id: resolved, aliases } = btf.resolve(id);
    switch (type.kind) {
      case 'int':
      case 'enum': {
        const bits = (type.size * 8) as Scalar['bits'];
        const big = aliases.some((alias) => /^__(be|sum)/.test(alias));
        return { kind: 'scalar', bits, signed: type.signed, big, bool: type.kind === 'int' && type.bool };
      }
      case 'array': {
        const element = this.#shape(btf, type.element, owner, member);
        return { kind: 'array', length: type.length, stride: btf.sizeOf(type.element), element };
      }
      case 'struct':
        if (kernelStructs.includes(type.name)) return { kind: 'opaque' };
        return this.#shapeOfStruct(btf, type, resolved);
      default:
        throw new Error(`${owner}: ${member} is a ${type.kind}, which no layout may hold`);
    }
  }

  #shapeOfStruct(btf: Btf, type: BtfStruct, id: number): StructShape {
    if (type.name === '') throw new Error('a struct inside a layout has no name');
    const fields: Field[] = [];
    const holes: string[] = [];
    let end = 0;
    const place = (offset: number): void => {
      if (offset > end) holes.push(`${offset - end} bytes at ${end}`);
    };
    type.members.forEach((member, index) => {
      if (member.bitSize !== 0) throw new Error(`struct ${type.name}: ${member.name} is a bit-field`);
      const offset = member.bitOffset / 8;
      const size = btf.sizeOf(member.type);
      place(offset);
      end = offset + size;
      const padding = /^pad\d*$/.test(member.name);
      const shape: Shape = padding
        ? { kind: 'opaque' }
        : this.#shape(btf, member.type, `struct ${type.name}`, member.name);
      fields.push({ name: member.name, offset, size, shape, doc: btf.doc(id, index) });
    });
    place(type.size);
    const struct: Struct = { name: type.name, size: type.size, fields, holes };
    const known = this.structs.get(type.name);
    if (known === undefined) this.structs.set(type.name, struct);
    else if (describe(known) !== describe(struct)) throw new Error(`there are two structs called ${type.name}`);
    return { kind: 'struct', name: type.name };
  }

  /** SHA-256 in hexadecimal over everything that two programs must agree upon to share these maps; not the docs. */
  hash(): string {
    const lines = this.maps.map((map) => this.#canonical(map));
    return createHash('sha256').update(lines.join('\n')).digest('hex');
  }

  #canonical(map: MapLayout): string {
    const { name, type, maxEntries, flags, keySize, valueSize } = map;
    const shapes = [map.key, map.value].map((shape) => (shape === undefined ? '-' : this.#spell(shape)));
    const inner = map.inner === undefined ? '' : this.#canonical(map.inner);
    return JSON.stringify([name, type, maxEntries, flags, keySize, valueSize, ...shapes, inner]);
  }

  #spell(shape: Shape): string {
    if (shape.kind === 'array') return `${this.#spell(shape.element)}[${shape.length}]`;
    if (shape.kind === 'opaque') return 'opaque';
    if (shape.kind === 'scalar') return `${shape.big ? 'be' : shape.signed ? 's' : 'u'}${shape.bits}`;
    const struct = this.structs.get(shape.name);
    const fields = struct?.fields.map((field) => `${field.name}@${field.offset}:${this.#spell(field.shape)}`) ?? [];
    return `{${fields.join(',')}}`;
  }
}

function describe(struct: Struct): string {
  return JSON.stringify(struct.fields.map(({ name, offset, size, shape }) => [name, offset, size, shape]));
}

function structAt(btf: Btf, id: number): BtfStruct {
  const { type } = btf.resolve(id);
  if (type.kind !== 'struct') throw new Error('a variable of the section .maps is no struct');
  return type;
}

function pointee(btf: Btf, id: number): BtfType {
  const { type } = btf.resolve(id);
  if (type.kind !== 'ptr') throw new Error('a member of a map definition is no pointer');
  return btf.resolve(type.type).type;
}

/** `struct { __uint(type, …) … }`: its member `type` points to an array whose length is the number. */
function isMapDefinition(btf: Btf, struct: BtfStruct): boolean {
  const type = struct.members.find((member) => member.name === 'type');
  return type !== undefined && btf.resolve(type.type).type.kind === 'ptr';
}
