/** Reader of BTF, the type information of BPF objects (Linux, Documentation/bpf/btf.rst): what layouts need of it. */
import { readFileSync } from 'node:fs';
import { elfSection } from './elf.ts';

export interface Member {
  readonly name: string;
  readonly type: number;
  readonly bitOffset: number;
  /** 0 = not a bit field. */
  readonly bitSize: number;
}

export interface IntType {
  readonly kind: 'int';
  readonly name: string;
  readonly size: number;
  readonly signed: boolean;
}
export interface ArrayType {
  readonly kind: 'array';
  readonly type: number;
  readonly length: number;
}
export interface StructType {
  readonly kind: 'struct' | 'union';
  readonly name: string;
  readonly size: number;
  readonly members: readonly Member[];
}
export interface EnumType {
  readonly kind: 'enum';
  readonly name: string;
  readonly size: number;
  readonly signed: boolean;
  readonly values: readonly { readonly name: string; readonly value: bigint }[];
}
export interface AliasType {
  readonly kind: 'alias';
  /** Name of a typedef; '' for qualifiers. */
  readonly name: string;
  readonly type: number;
}
export interface VarType {
  readonly kind: 'var' | 'ptr';
  readonly name: string;
  readonly type: number;
}
export interface SectionType {
  readonly kind: 'section';
  readonly name: string;
  /** Types of its variables. */
  readonly vars: readonly number[];
}
/** Members that stand for nothing here: functions, forward declarations, floats. */
export interface OtherType {
  readonly kind: 'other';
  readonly name: string;
}
export type BtfType = IntType | ArrayType | StructType | EnumType | AliasType | VarType | SectionType | OtherType;

interface Tag {
  readonly text: string;
  readonly type: number;
  /** Member that it is on; -1 = the type itself. */
  readonly component: number;
}

/** Reads words and strings; the parts of a BTF section lie behind its header. */
class Reader {
  readonly #raw: Buffer;
  readonly #strings: number;
  readonly end: number;
  at: number;

  constructor(raw: Buffer) {
    if (raw.readUInt16LE(0) !== 0xeb9f) throw new Error('the section .BTF has a wrong magic number');
    const header = raw.readUInt32LE(4);
    this.#raw = raw;
    this.at = header + raw.readUInt32LE(8);
    this.end = this.at + raw.readUInt32LE(12);
    this.#strings = header + raw.readUInt32LE(16);
  }
  u32(): number {
    this.at += 4;
    return this.#raw.readUInt32LE(this.at - 4);
  }
  string(): string {
    const start = this.#strings + this.u32();
    return this.#raw.toString('utf8', start, this.#raw.indexOf(0, start));
  }
  times<T>(count: number, read: () => T): T[] {
    return Array.from({ length: count }, read);
  }
}

/** The kernel's own: headers name what is in them, or hide it, as old as they are. Nobody else may touch it. */
const KERNEL_OWNED = new Set(['bpf_timer', 'bpf_wq', 'bpf_dynptr', 'bpf_spin_lock']);

function readType(from: Reader, tags: Tag[]): BtfType {
  const name = from.string();
  const info = from.u32();
  const word = from.u32();
  const count = info & 0xffff;
  const flag = info >>> 31 === 1;
  const kind = (info >>> 24) & 0x1f;
  switch (kind) {
    case 1:
      return { kind: 'int', name, size: word, signed: ((from.u32() >>> 24) & 1) === 1 };
    case 2:
      return { kind: 'ptr', name, type: word };
    case 3: {
      const type = from.u32();
      from.u32();
      return { kind: 'array', type, length: from.u32() };
    }
    case 4:
    case 5: {
      const members = from.times(count, () => {
        const member = { name: from.string(), type: from.u32() };
        const offset = from.u32();
        return { ...member, bitOffset: flag ? offset & 0xffffff : offset, bitSize: flag ? offset >>> 24 : 0 };
      });
      const shown = KERNEL_OWNED.has(name) ? [] : members;
      return { kind: kind === 4 ? 'struct' : 'union', name, size: word, members: shown };
    }
    case 6: {
      const values = from.times(count, () => ({
        name: from.string(),
        value: BigInt(flag ? from.u32() | 0 : from.u32()),
      }));
      return { kind: 'enum', name, size: word, signed: flag, values };
    }
    case 19: {
      const values = from.times(count, () => {
        const label = from.string();
        const bits = BigInt(from.u32()) | (BigInt(from.u32()) << 32n);
        return { name: label, value: flag ? BigInt.asIntN(64, bits) : bits };
      });
      return { kind: 'enum', name, size: word, signed: flag, values };
    }
    case 8:
      return { kind: 'alias', name, type: word };
    case 9:
    case 10:
    case 11:
    case 18:
      return { kind: 'alias', name: '', type: word };
    case 13:
      from.at += 8 * count;
      return { kind: 'other', name };
    case 14:
      from.u32();
      return { kind: 'var', name, type: word };
    case 15: {
      const vars = from.times(count, () => {
        const type = from.u32();
        from.at += 8;
        return type;
      });
      return { kind: 'section', name, vars };
    }
    case 17:
      tags.push({ text: name, type: word, component: from.u32() | 0 });
      return { kind: 'other', name };
    case 7:
    case 12:
    case 16:
      return { kind: 'other', name };
    default:
      throw new Error(`the BTF kind ${kind} is not known`);
  }
}

/** The types of one object file, by number. */
export class Btf {
  readonly #types: BtfType[] = [{ kind: 'other', name: 'void' }];
  readonly #tags: Tag[] = [];

  /** @throws Error when the file holds no BTF */
  static fromObject(path: string): Btf {
    return new Btf(elfSection(readFileSync(path), '.BTF'));
  }

  constructor(section: Buffer) {
    const from = new Reader(section);
    while (from.at < from.end) this.#types.push(readType(from, this.#tags));
  }

  type(id: number): BtfType {
    const type = this.#types[id];
    if (type === undefined) throw new Error(`the BTF type ${id} does not exist`);
    return type;
  }

  /** Strips typedefs and qualifiers; `alias` is the first typedef, as `__be32` tells the byte order. */
  resolve(id: number): { readonly type: BtfType; readonly alias: string } {
    let alias = '';
    for (;;) {
      const type = this.type(id);
      if (type.kind !== 'alias') return { type, alias };
      alias ||= type.name;
      id = type.type;
    }
  }

  /** Bytes of a value of that type. */
  sizeOf(id: number): number {
    const { type } = this.resolve(id);
    switch (type.kind) {
      case 'array':
        return type.length * this.sizeOf(type.type);
      case 'ptr':
        return 8;
      case 'int':
      case 'enum':
      case 'struct':
      case 'union':
        return type.size;
      default:
        throw new Error(`the type ${type.name} has no size`);
    }
  }

  /** Sentence that `DOC("…")` put on a member. */
  memberDoc(struct: StructType, member: number): string | undefined {
    const id = this.#types.indexOf(struct);
    const tag = this.#tags.find((t) => t.type === id && t.component === member && t.text.startsWith('doc:'));
    return tag?.text.slice('doc:'.length);
  }

  /** Variables of a section such as `.maps`. */
  variables(section: string): VarType[] {
    const found = this.#types.find((type) => type.kind === 'section' && type.name === section);
    if (found?.kind !== 'section') return [];
    return found.vars.map((id) => this.type(id)).filter((type): type is VarType => type.kind === 'var');
  }

  struct(name: string): StructType | undefined {
    return this.#types.find((type): type is StructType => type.kind === 'struct' && type.name === name);
  }

  enums(): EnumType[] {
    return this.#types.filter((type): type is EnumType => type.kind === 'enum');
  }
}
