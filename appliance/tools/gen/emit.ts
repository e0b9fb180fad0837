/** TypeScript for C structures: an interface and a codec each. */
import type { Btf, EnumType, IntType, StructType } from './btf.ts';
import { camel, pascal, quoted } from './names.ts';

/** How one value is typed, read and written; `at` is an expression for its offset. */
interface Access {
  readonly type: string;
  read(at: string): string;
  write(at: string, value: string): string;
}

const PADDING = /^_*(pad|zero)\d*$/;
const NETWORK_ORDER = /^__(be|sum)\d+$/;

/** What the C side may not contain; the message is a sentence for the user. */
export class LayoutError extends Error {}

/** Bytes of a structure that no named member covers, as [offset, length], those inside its members included. */
export function holes(btf: Btf, struct: StructType, base = 0): [number, number][] {
  const found: [number, number][] = [];
  let end = 0;
  for (const member of struct.members) {
    const offset = member.bitOffset / 8;
    if (offset > end) found.push([base + end, offset - end]);
    end = Math.max(end, offset + btf.sizeOf(member.type));
    const { type } = btf.resolve(member.type);
    if (type.kind === 'struct') found.push(...holes(btf, type, base + offset));
  }
  if (struct.size > end) found.push([base + end, struct.size - end]);
  return found;
}

/** Collects the codecs of structures, those of their members first. */
export class StructEmitter {
  readonly text: string[] = [];
  /** Names of codec.ts that the text uses. */
  readonly imports = new Set<string>();
  readonly #done = new Set<string>();

  /**
   * Emits a structure unless it was emitted before.
   * @returns the name of its codec
   * @throws LayoutError for what has no counterpart: unions, bit fields, pointers
   */
  struct(btf: Btf, struct: StructType): string {
    const codec = camel(struct.name);
    if (this.#done.has(codec)) return codec;
    this.#done.add(codec);
    const fields: string[] = [];
    const reads: string[] = [];
    const writes: string[] = [];
    const offsets: string[] = [];
    let end = 0;
    const zeros = (offset: number, length: number) => {
      this.imports.add('putZeros');
      writes.push(`putZeros(view, ${at(offset)}, ${length});`);
    };
    for (const [index, member] of struct.members.entries()) {
      const where = `${struct.name}.${member.name || '(unnamed)'}`;
      if (member.bitSize !== 0 || member.name === '')
        throw new LayoutError(`${where}: bit fields and unnamed members have no codec.`);
      const offset = member.bitOffset / 8;
      const size = btf.sizeOf(member.type);
      if (offset > end) zeros(end, offset - end);
      end = offset + size;
      const { type } = btf.resolve(member.type);
      const opaque = (type.kind === 'struct' && type.members.length === 0) || PADDING.test(member.name);
      if (opaque) {
        zeros(offset, size);
        continue;
      }
      const name = camel(member.name);
      const access = this.#access(btf, member.type, where);
      const doc = btf.memberDoc(struct, index);
      fields.push(`${doc === undefined ? '' : `/** ${doc} */\n`}readonly ${name}: ${access.type};`);
      offsets.push(`${name}: ${offset},`);
      reads.push(`${name}: ${access.read(at(offset))},`);
      writes.push(`${access.write(at(offset), `value.${name}`)};`);
    }
    if (struct.size > end) zeros(end, struct.size - end);
    const interfaceName = pascal(struct.name);
    this.text.push(
      `/** \`struct ${struct.name}\`, ${struct.size} bytes. */`,
      `export interface ${interfaceName} {\n${fields.join('\n')}\n}`,
      `export const ${codec}: StructCodec<${interfaceName}> = {`,
      `name: ${quoted(struct.name)}, size: ${struct.size},`,
      `offsets: { ${offsets.join(' ')} },`,
      `decode: (${reads.length === 0 ? '' : 'view, offset = 0'}) => ({\n${reads.join('\n')}\n}),`,
      `encode(view, ${reads.length === 0 ? '_value' : 'value'}, offset = 0) {\n${writes.join('\n')}\n},`,
      '};\n',
    );
    return codec;
  }

  #access(btf: Btf, id: number, where: string): Access {
    const { type, alias } = btf.resolve(id);
    switch (type.kind) {
      case 'int':
      case 'enum':
        return number(type, NETWORK_ORDER.test(alias), where);
      case 'struct': {
        const codec = this.struct(btf, type);
        return {
          type: pascal(type.name),
          read: (offset) => `${codec}.decode(view, ${offset})`,
          write: (offset, value) => `${codec}.encode(view, ${value}, ${offset})`,
        };
      }
      case 'array': {
        const { length } = type;
        const element = btf.resolve(type.type);
        if (element.type.kind === 'int' && element.type.size === 1) {
          this.imports.add('bytes').add('putBytes');
          return {
            type: 'Uint8Array',
            read: (offset) => `bytes(view, ${offset}, ${length})`,
            write: (offset, value) => `putBytes(view, ${offset}, ${value}, ${length})`,
          };
        }
        const stride = btf.sizeOf(type.type);
        const access = this.#access(btf, type.type, where);
        const inside = (offset: string) => (offset === 'offset' ? 'offset + o' : `${offset} + o`);
        this.imports.add('list').add('putList');
        return {
          type: `readonly ${access.type.startsWith('readonly ') ? `(${access.type})` : access.type}[]`,
          read: (offset) => `list(${length}, ${stride}, (o) => ${access.read(inside(offset))})`,
          write: (offset, value) =>
            `putList(${value}, ${length}, ${stride}, (v, o) => ${access.write(inside(offset), 'v')})`,
        };
      }
      default:
        throw new LayoutError(`${where}: a ${type.kind} has no codec.`);
    }
  }
}

function at(offset: number): string {
  return offset === 0 ? 'offset' : `offset + ${offset}`;
}

function number(type: IntType | EnumType, networkOrder: boolean, where: string): Access {
  const bits = type.size * 8;
  if (![8, 16, 32, 64].includes(bits)) throw new LayoutError(`${where}: an integer of ${bits} bits has no codec.`);
  const method = `${bits === 64 ? 'Big' : ''}${type.signed ? 'Int' : 'Uint'}${bits}`;
  const order = bits === 8 || networkOrder ? '' : ', true';
  return {
    type: bits === 64 ? 'bigint' : 'number',
    read: (offset) => `view.get${method}(${offset}${order})`,
    write: (offset, value) => `view.set${method}(${offset}, ${value}${order})`,
  };
}
