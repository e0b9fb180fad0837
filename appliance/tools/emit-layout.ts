/** Writes appliance/dataplane/layout.gen.ts: interfaces, codecs, the table of maps. */
import type { Field, Layouts, MapLayout, Scalar, Shape, Struct } from './layout.ts';
import { camel, docComment, generatedBy, pascal } from './spelling.ts';

const runtime = ['Codec', 'MapDef'];

/** The source text, not yet formatted. */
export function emitLayout(layouts: Layouts, codecModule: string, vocabModule: string): string {
  const structs = [...layouts.structs.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  const body = [
    ...structs.map(emitStruct),
    '/** Every map of the object. */',
    'export const maps = {',
    ...layouts.maps.map(emitMap),
    '};',
    '',
    '/** SHA-256 over all map layouts: pinned maps with another one must not be adopted. */',
    `export const layoutHash = '${layouts.hash()}';`,
  ].join('\n');
  const helpers = ['bytes', 'list', 'none', 'putBytes', 'putList', 'putZeros', 'u8', 'u16', 'u32', 'u64'];
  const types = runtime.filter((name) => new RegExp(`\\b${name}\\b`).test(body)).map((name) => `type ${name}`);
  const values = helpers.filter((name) => new RegExp(`\\b${name}\\b[(,]|: ${name}\\b`).test(body));
  return [
    generatedBy,
    `import { ${[...types, ...values].join(', ')} } from '${codecModule}';`,
    '',
    `export * from '${vocabModule}';`,
    '',
    body,
    '',
  ].join('\n');
}

function emitStruct(struct: Struct): string {
  const fields = struct.fields.filter((field) => !isOpaque(field.shape));
  const type = pascal(struct.name);
  const padded = struct.holes.length > 0 || fields.length < struct.fields.length;
  return [
    `/** \`struct ${struct.name}\`, ${struct.size} bytes. */`,
    `export interface ${type} {`,
    ...fields.flatMap((field) => [...docComment(field.doc), `readonly ${camel(field.name)}: ${typeOf(field.shape)};`]),
    '}',
    '',
    `export const ${camel(struct.name)}: Codec<${type}> = {`,
    `name: '${struct.name}',`,
    `size: ${struct.size},`,
    `decode: (view, at = 0) => ({`,
    ...fields.map((field) => `${camel(field.name)}: ${read(field.shape, place(field))},`),
    '}),',
    'encode(view, value, at = 0) {',
    ...(padded ? [`putZeros(view, at, ${struct.size});`] : []),
    ...fields.map((field) => `${write(field.shape, place(field), `value.${camel(field.name)}`)};`),
    '},',
    '};',
    '',
  ].join('\n');
}

function emitMap(map: MapLayout): string {
  const key = map.key === undefined ? unnamed(map.keySize) : codecOf(map.key);
  const value = map.inner !== undefined ? 'u32' : map.value === undefined ? unnamed(map.valueSize) : codecOf(map.value);
  const types = [map.key, map.inner === undefined ? map.value : undefined].map((shape) =>
    shape === undefined ? 'undefined' : typeOf(shape),
  );
  const { name, type, keySize, valueSize, maxEntries, flags } = map;
  const numbers = Object.entries({ type, keySize, valueSize, maxEntries, flags });
  return [
    ...docComment(map.doc),
    `${camel(name)}: {`,
    `name: '${name}',`,
    ...numbers.map(([member, number]) => `${member}: ${number},`),
    `key: ${key},`,
    `value: ${value},`,
    `} satisfies MapDef<${types[0]}, ${map.inner === undefined ? types[1] : 'number'}>,`,
    ...(map.inner === undefined ? [] : [emitInner(camel(name), map.inner)]),
  ].join('\n');
}

/** The maps inside a map: their types are not in the object, only their sizes. */
function emitInner(outer: string, inner: MapLayout): string {
  const { name, type, keySize, valueSize, maxEntries, flags } = inner;
  return `${outer}Inner: ${JSON.stringify({ name, type, keySize, valueSize, maxEntries, flags })},`;
}

/** A map without keys or values has the codec of nothing; one with sizes only cannot be described. */
function unnamed(size: number): string {
  if (size !== 0) throw new Error('a map says the size of its key or value, but not the type');
  return 'none';
}

function codecOf(shape: Shape): string {
  if (shape.kind === 'struct') return camel(shape.name);
  if (shape.kind === 'scalar' && !shape.signed && !shape.big) return `u${shape.bits}`;
  throw new Error('the key or value of a map is neither a struct nor an unsigned integer');
}

function isOpaque(shape: Shape): boolean {
  return shape.kind === 'opaque' || (shape.kind === 'array' && isOpaque(shape.element));
}

function isByte(shape: Shape): boolean {
  return shape.kind === 'scalar' && shape.bits === 8;
}

function place(field: Field): string {
  return field.offset === 0 ? 'at' : `at + ${field.offset}`;
}

function typeOf(shape: Shape): string {
  switch (shape.kind) {
    case 'scalar':
      return shape.bool ? 'boolean' : shape.bits === 64 ? 'bigint' : 'number';
    case 'array':
      return isByte(shape.element) ? 'Uint8Array' : `readonly ${typeOf(shape.element)}[]`;
    case 'struct':
      return pascal(shape.name);
    case 'opaque':
      return 'never';
  }
}

function accessor(scalar: Scalar): { method: string; order: string } {
  const method = `${scalar.bits === 64 ? 'Big' : ''}${scalar.signed ? 'Int' : 'Uint'}${scalar.bits}`;
  return { method, order: scalar.bits === 8 || scalar.big ? '' : ', true' };
}

function read(shape: Shape, at: string): string {
  switch (shape.kind) {
    case 'scalar': {
      const { method, order } = accessor(shape);
      return `view.get${method}(${at}${order})${shape.bool ? ' !== 0' : ''}`;
    }
    case 'array':
      if (isByte(shape.element)) return `bytes(view, ${at}, ${shape.length})`;
      return `list(${shape.length}, ${shape.stride}, (o) => ${read(shape.element, `${at} + o`)})`;
    case 'struct':
      return `${camel(shape.name)}.decode(view, ${at})`;
    case 'opaque':
      return 'undefined';
  }
}

function write(shape: Shape, at: string, value: string): string {
  switch (shape.kind) {
    case 'scalar': {
      const { method, order } = accessor(shape);
      return `view.set${method}(${at}, ${shape.bool ? `Number(${value})` : value}${order})`;
    }
    case 'array':
      if (isByte(shape.element)) return `putBytes(view, ${at}, ${value}, ${shape.length})`;
      return `putList(${value}, ${shape.length}, ${shape.stride}, (x, o) => ${write(shape.element, `${at} + o`, 'x')})`;
    case 'struct':
      return `${camel(shape.name)}.encode(view, ${value}, ${at})`;
    case 'opaque':
      return '';
  }
}
