/**
 * Vocabularies: enumerations, constants and the texts beside them. Values come from the compiler (BTF), texts from the
 * headers bpf/layout/*.h, which are the only place that has them.
 */
import type { Btf, BtfEnum } from './btf.ts';
import { camel, docComment, generatedBy, pascal, quote } from './spelling.ts';

/** Name of the enum in the unit of build.cjs whose enumerators are the constants, each with this prefix. */
const constantsEnum = 'vocab_constants';
const constantPrefix = 'VOCAB_';

/** `enum NAME {` followed by `#define MACRO(name, text) PREFIX##name,`: a list of words with texts. */
const wordList = /enum (\w+) \{\s*#define (\w+)\(name, text\)\s+(\w*)##name,/g;
/** A constant, and an enumerator, each with a comment behind it. */
const constantText = /^#define\s+(\w+)\s+[^/\n\\]+?\/\*\s*(.*?)\s*\*\/\s*$/gm;
const enumeratorText = /^\s*(\w+)\s*(?:=\s*[^,/\n]+)?,?\s*\/\*\s*(.*?)\s*\*\/\s*$/gm;

/** The source text of appliance/model/vocab.gen.ts, not yet formatted. */
export function emitVocab(btf: Btf, headers: readonly string[]): string {
  const text = headers.join('\n');
  const enums = btf.types.filter((type): type is BtfEnum => type.kind === 'enum' && type.name !== '');
  const docs = new Map(
    [...text.matchAll(enumeratorText), ...text.matchAll(constantText)].map(([, name = '', doc = '']) => [name, doc]),
  );
  const out = [generatedBy, ''];
  const constants = enums.find((type) => type.name === constantsEnum);
  for (const { name, value } of constants?.values ?? []) {
    const plain = name.slice(constantPrefix.length);
    out.push(...docComment(docs.get(plain)), `export const ${plain} = ${value};`, '');
  }
  for (const type of enums.filter((candidate) => candidate !== constants).sort(byName)) out.push(emitEnum(type, docs));
  const lists = [...text.matchAll(wordList)];
  if (lists.length > 0) out.push(wordInterface);
  for (const [, name = '', macro = '', prefix = ''] of lists) {
    const type = enums.find((candidate) => candidate.name === name);
    if (type === undefined) throw new Error(`enum ${name}: the compiled object does not know it`);
    out.push(emitWords(type, prefix, wordsOf(text, macro)));
  }
  return out.join('\n');
}

const wordInterface = `/** One word of a vocabulary. */
export interface Word {
  readonly value: number;
  readonly name: string;
  readonly text: string;
}
`;

function byName(a: { readonly name: string }, b: { readonly name: string }): number {
  return a.name < b.name ? -1 : 1;
}

function emitEnum(type: BtfEnum, docs: ReadonlyMap<string, string>): string {
  const name = pascal(type.name);
  return [
    `/** \`enum ${type.name}\`. */`,
    `export const ${name} = {`,
    ...type.values.flatMap((item) => [...docComment(docs.get(item.name)), `${item.name}: ${item.value},`]),
    '} as const;',
    `export type ${name} = (typeof ${name})[keyof typeof ${name}];`,
    '',
  ].join('\n');
}

function wordsOf(text: string, macro: string): Map<string, string> {
  const line = new RegExp(`^\\s*${macro}\\((\\w+),\\s*"([^"]+)"\\)`, 'gm');
  return new Map([...text.matchAll(line)].map(([, name = '', sentence = '']) => [name, sentence]));
}

function emitWords(type: BtfEnum, prefix: string, texts: ReadonlyMap<string, string>): string {
  const words = type.values.flatMap(({ name, value }) => {
    const plain = name.slice(prefix.length);
    const sentence = name.startsWith(prefix) ? texts.get(plain) : undefined;
    return sentence === undefined ? [] : [`{ value: ${value}, name: '${plain}', text: ${quote(sentence)} },`];
  });
  if (words.length !== texts.size)
    throw new Error(`enum ${type.name}: a word of its list is not in the compiled object`);
  return [
    `/** The words of \`enum ${type.name}\`, by value. */`,
    `export const ${camel(type.name)}s: readonly Word[] = [`,
    ...words,
    '];',
    '',
  ].join('\n');
}
