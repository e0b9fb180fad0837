/**
 * Reads the BPF Type Format of a compiled object.
 *
 * Sources: Documentation/bpf/btf.rst of Linux, ELF-64 Object File Format. Little-endian objects only, as `-target bpf`
 * makes them on every machine that we build for.
 */
import { readFileSync } from 'node:fs';

export interface Member {
  readonly name: string;
  readonly type: number;
  readonly bitOffset: number;
  /** 0 unless it is a bit-field. */
  readonly bitSize: number;
}

export interface BtfInt {
  readonly kind: 'int';
  readonly name: string;
  readonly size: number;
  readonly signed: boolean;
  readonly bool: boolean;
}
export interface BtfStruct {
  readonly kind: 'struct' | 'union';
  readonly name: string;
  readonly size: number;
  readonly members: readonly Member[];
}
export interface BtfEnum {
  readonly kind: 'enum';
  readonly name: string;
  readonly size: number;
  readonly signed: boolean;
  readonly values: readonly { readonly name: string; readonly value: bigint }[];
}
export interface BtfArray {
  readonly kind: 'array';
  readonly element: number;
  readonly length: number;
}
export interface BtfDatasec {
  readonly kind: 'datasec';
  readonly name: string;
  readonly variables: readonly number[];
}
/** Kinds that only name another type. */
export interface BtfReference {
  readonly kind: 'ptr' | 'typedef' | 'volatile' | 'const' | 'restrict' | 'type_tag' | 'var';
  readonly name: string;
  readonly type: number;
}
export interface BtfOther {
  readonly kind: 'void' | 'fwd' | 'func' | 'func_proto' | 'float' | 'decl_tag';
  readonly name: string;
}
export type BtfType = BtfInt | BtfStruct | BtfEnum | BtfArray | BtfDatasec | BtfReference | BtfOther;

const referenceKinds: Readonly<Record<number, BtfReference['kind']>> = {
  2: 'ptr',
  8: 'typedef',
  9: 'volatile',
  10: 'const',
  11: 'restrict',
  18: 'type_tag',
};

/** The types of one object, by number. */
export class Btf {
  readonly types: BtfType[] = [{ kind: 'void', name: '' }];
  readonly #tags = new Map<string, string>();
  readonly #raw: Buffer;
  #at = 0;
  #strings = 0;

  /** @throws Error when the file is no ELF object with BTF */
  static fromObject(path: string): Btf {
    return new Btf(elfSection(readFileSync(path), '.BTF'));
  }

  /** @param raw contents of the section `.BTF` */
  constructor(raw: Buffer) {
    this.#raw = raw;
    if (raw.readUInt16LE(0) !== 0xeb9f) throw new Error('BTF: bad magic number');
    const header = raw.readUInt32LE(4);
    this.#at = header + raw.readUInt32LE(8);
    const end = this.#at + raw.readUInt32LE(12);
    this.#strings = header + raw.readUInt32LE(16);
    while (this.#at < end) this.types.push(this.#type());
  }

  /** The type behind typedefs and qualifiers, with the names of the typedefs on the way, outermost first. */
  resolve(id: number): { readonly type: BtfType; readonly id: number; readonly aliases: readonly string[] } {
    const aliases: string[] = [];
    let at = id;
    for (;;) {
      const type = this.type(at);
      if (type.kind === 'typedef') aliases.push(type.name);
      else if (!['const', 'volatile', 'restrict', 'type_tag'].includes(type.kind)) return { type, id: at, aliases };
      at = (type as BtfReference).type;
    }
  }

  /** Bytes of a type. */
  sizeOf(id: number): number {
    const { type } = this.resolve(id);
    if (type.kind === 'array') return type.length * this.sizeOf(type.element);
    if (type.kind === 'ptr') return 8;
    if (type.kind === 'int' || type.kind === 'enum' || type.kind === 'struct' || type.kind === 'union')
      return type.size;
    throw new Error(`BTF: a ${type.kind} has no size`);
  }

  /** @throws Error for a number that is no type */
  type(id: number): BtfType {
    const type = this.types[id];
    if (type === undefined) throw new Error(`BTF: no type ${id}`);
    return type;
  }

  /** The variables of a section, each with its type. */
  section(name: string): readonly { readonly id: number; readonly variable: BtfReference }[] {
    const section = this.types.find((type): type is BtfDatasec => type.kind === 'datasec' && type.name === name);
    return (section?.variables ?? []).map((id) => ({ id, variable: this.type(id) as BtfReference }));
  }

  /** Text of `__attribute__((btf_decl_tag("doc:…")))` on a type, or on one of its members. */
  doc(id: number, member = -1): string | undefined {
    return this.#tags.get(`${id} ${member}`);
  }

  #u32(): number {
    const value = this.#raw.readUInt32LE(this.#at);
    this.#at += 4;
    return value;
  }

  #string(offset: number): string {
    const start = this.#strings + offset;
    return this.#raw.toString('utf8', start, this.#raw.indexOf(0, start));
  }

  #type(): BtfType {
    const name = this.#string(this.#u32());
    const info = this.#u32();
    const sizeOrType = this.#u32();
    const count = info & 0xffff;
    const flag = info >>> 31 === 1;
    const kind = (info >>> 24) & 0x1f;
    const reference = referenceKinds[kind];
    if (reference !== undefined) return { kind: reference, name, type: sizeOrType };
    const times = <T>(read: () => T): T[] => Array.from({ length: count }, read);
    switch (kind) {
      case 1: {
        const encoding = (this.#u32() >>> 24) & 0xf;
        return { kind: 'int', name, size: sizeOrType, signed: (encoding & 1) !== 0, bool: (encoding & 4) !== 0 };
      }
      case 3: {
        const element = this.#u32();
        this.#u32();
        return { kind: 'array', element, length: this.#u32() };
      }
      case 4:
      case 5:
        return {
          kind: kind === 4 ? 'struct' : 'union',
          name,
          size: sizeOrType,
          members: times(() => this.#member(flag)),
        };
      case 6:
        return { kind: 'enum', name, size: sizeOrType, signed: flag, values: times(() => this.#enumerator(flag, 32)) };
      case 7:
        return { kind: 'fwd', name };
      case 12:
        return { kind: 'func', name };
      case 13:
        this.#at += 8 * count;
        return { kind: 'func_proto', name };
      case 14:
        this.#at += 4;
        return { kind: 'var', name, type: sizeOrType };
      case 15:
        return { kind: 'datasec', name, variables: times(() => this.#sectionEntry()) };
      case 16:
        return { kind: 'float', name };
      case 17: {
        const member = this.#u32() | 0;
        if (name.startsWith('doc:')) this.#tags.set(`${sizeOrType} ${member}`, name.slice(4));
        return { kind: 'decl_tag', name };
      }
      case 19:
        return { kind: 'enum', name, size: sizeOrType, signed: flag, values: times(() => this.#enumerator(flag, 64)) };
      default:
        throw new Error(`BTF: unknown kind ${kind}`);
    }
  }

  #member(bitFields: boolean): Member {
    const name = this.#string(this.#u32());
    const type = this.#u32();
    const offset = this.#u32();
    return bitFields
      ? { name, type, bitOffset: offset & 0xffffff, bitSize: offset >>> 24 }
      : { name, type, bitOffset: offset, bitSize: 0 };
  }

  #enumerator(signed: boolean, bits: 32 | 64): { name: string; value: bigint } {
    const name = this.#string(this.#u32());
    const low = BigInt(this.#u32());
    const value = bits === 64 ? low | (BigInt(this.#u32()) << 32n) : low;
    return { name, value: signed ? BigInt.asIntN(bits, value) : value };
  }

  #sectionEntry(): number {
    const variable = this.#u32();
    this.#at += 8;
    return variable;
  }
}

function elfSection(elf: Buffer, wanted: string): Buffer {
  if (elf.length < 64 || elf.readUInt32BE(0) !== 0x7f454c46) throw new Error('ELF: this is no object file');
  const table = Number(elf.readBigUInt64LE(0x28));
  const entrySize = elf.readUInt16LE(0x3a);
  const header = (index: number) => {
    const at = table + index * entrySize;
    const offset = Number(elf.readBigUInt64LE(at + 0x18));
    return { name: elf.readUInt32LE(at), offset, size: Number(elf.readBigUInt64LE(at + 0x20)) };
  };
  const names = header(elf.readUInt16LE(0x3e));
  for (let index = 0; index < elf.readUInt16LE(0x3c); index += 1) {
    const section = header(index);
    const start = names.offset + section.name;
    if (elf.toString('latin1', start, elf.indexOf(0, start)) === wanted)
      return elf.subarray(section.offset, section.offset + section.size);
  }
  throw new Error(`ELF: no section ${wanted}`);
}
