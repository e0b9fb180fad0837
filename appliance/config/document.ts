import {
  type Document,
  isAlias,
  isCollection,
  isMap,
  isPair,
  isScalar,
  LineCounter,
  type Node,
  parseDocument,
  type YAMLMap,
} from 'yaml';
import { type Position, SixgateError } from '../model/errors.ts';
import { formatPath, type PathStep } from '../model/path.ts';

/** Levels of maps and lists; the deepest documented key stands at seven. */
const MAX_DEPTH = 64;
const MAX_ALIASES = 100;
/** Later syntax errors are mostly consequences of the first ones. */
const MAX_SYNTAX_ERRORS = 5;

/** A YAML text that was read: its value, and where everything stands. */
export class YamlDocument {
  readonly #doc: Document.Parsed;
  readonly #lines: LineCounter;
  readonly #file: string | undefined;
  readonly errors: readonly SixgateError[];

  /** Reads YAML 1.2; what is wrong with the text itself is in `errors`. */
  constructor(text: string, file: string | undefined) {
    this.#lines = new LineCounter();
    this.#file = file;
    this.#doc = parseDocument(text, {
      lineCounter: this.#lines,
      prettyErrors: false,
      uniqueKeys: false,
      version: '1.2',
      // Not `silent`: that would also silence a second document.
      logLevel: 'error',
    });
    this.errors = this.#syntaxErrors();
  }

  #syntaxErrors(): SixgateError[] {
    const { errors, directives, contents } = this.#doc;
    if (errors.length > 0) {
      const deep = errors.find(({ message }) => message.includes('call stack'));
      if (deep !== undefined) {
        const options = { hint: 'Close some brackets', at: this.#at(deep.pos[0]) };
        return [new SixgateError('CONFIG_TOO_DEEP', 'Too many levels are nested here', options)];
      }
      const places = new Map(errors.map((error) => [error.pos[0], error] as const).reverse());
      const first = [...places.values()].sort((a, b) => a.pos[0] - b.pos[0]).slice(0, MAX_SYNTAX_ERRORS);
      return first.map(({ code, message, pos }) => {
        const [sentence, hint] = SYNTAX[code] ?? [message, undefined];
        return new SixgateError('CONFIG_SYNTAX', sentence, { hint, at: this.#at(pos[0]) });
      });
    }
    if (directives.yaml.explicit && directives.yaml.version !== '1.2') {
      const hint = 'This is read as YAML 1.2: leave the %YAML line out';
      return [
        new SixgateError('CONFIG_SYNTAX', `YAML ${directives.yaml.version} is asked for`, { hint, at: this.#at(0) }),
      ];
    }
    if (contents === null || (isScalar(contents) && contents.value === null)) {
      const hint = 'The smallest one is: version: 1';
      return [new SixgateError('CONFIG_EMPTY', 'The document is empty', { hint, at: this.#at(0) })];
    }
    if (!isMap(contents)) {
      const hint = 'It starts with: version: 1';
      return [new SixgateError('CONFIG_TYPE', 'The document is no map of keys', { hint, at: this.#at(0) })];
    }
    const walk = new Walk(this.#doc, (offset) => this.#at(offset));
    walk.node(contents, [], []);
    return walk.errors;
  }

  /**
   * The document as plain data. Call it only when `errors` is empty.
   * @throws SixgateError when aliases blow it up
   */
  value(): unknown {
    try {
      return this.#doc.toJS({ maxAliasCount: MAX_ALIASES });
    } catch (cause) {
      const hint = 'Write the values out where they are used';
      throw new SixgateError('CONFIG_ALIASES', 'Aliases (*name) make this document too large', {
        hint,
        at: this.#at(0),
        cause,
      });
    }
  }

  /**
   * Where a path stands.
   * @param target `key`: its key. `value`: its value; where that is empty or a block of further lines, its key.
   * A path that is not written leads to the innermost part of it that is.
   */
  position(path: readonly PathStep[], target: 'key' | 'value'): Position {
    let node = this.#resolve(this.#doc.contents);
    let key: Node | undefined;
    for (const step of path) {
      if (isMap(node)) {
        const pair = findPair(node, String(step));
        if (pair === undefined) break;
        key = pair.key as Node;
        node = this.#resolve(pair.value as Node | null);
      } else if (isCollection(node) && typeof step === 'number' && node.items[step] !== undefined) {
        key = undefined;
        node = this.#resolve(node.items[step] as Node);
      } else break;
    }
    const useKey = key !== undefined && (target === 'key' || node === null || isEmpty(node) || isBlock(node));
    const offset = (useKey ? key : node)?.range?.[0] ?? key?.range?.[0] ?? 0;
    return { ...this.#at(offset), path: formatPath(path) };
  }

  /** How a scalar is written in the text: 0123 for what was read as the number 123. */
  source(path: readonly PathStep[]): string | undefined {
    const node = this.#doc.getIn(path, true);
    return isScalar(node) ? node.source : undefined;
  }

  #resolve(node: Node | null): Node | null {
    return isAlias(node) ? (node.resolve(this.#doc) ?? null) : node;
  }

  #at(offset: number): Position {
    const { line, col } = this.#lines.linePos(offset);
    return {
      ...(this.#file === undefined ? {} : { file: this.#file }),
      line: Math.max(line, 1),
      column: Math.max(col, 1),
    };
  }
}

function findPair(map: YAMLMap, key: string) {
  return map.items.find((pair) => isScalar(pair.key) && String(pair.key.value) === key);
}

function isEmpty(node: Node): boolean {
  return isScalar(node) && node.value === null;
}

function isBlock(node: Node): boolean {
  return isCollection(node) && node.flow !== true;
}

/** Looks at every node once for what YAML allows and a configuration does not need. */
class Walk {
  readonly errors: SixgateError[] = [];
  readonly #doc: Document.Parsed;
  readonly #at: (offset: number) => Position;
  #aliases = 0;

  constructor(doc: Document.Parsed, at: (offset: number) => Position) {
    this.#doc = doc;
    this.#at = at;
  }

  node(node: Node | null, path: readonly PathStep[], above: readonly Node[]): void {
    if (node === null) return;
    if (above.length > MAX_DEPTH) {
      this.#add('CONFIG_TOO_DEEP', node, `More than ${MAX_DEPTH} levels are nested here`, 'Close some brackets');
      return;
    }
    if (isAlias(node)) {
      this.#alias(node, above);
      return;
    }
    if (node.tag !== undefined) {
      this.#add('CONFIG_TAG', node, `The tag ${node.tag} has no meaning here`, 'Leave it out');
    }
    if (!isCollection(node)) return;
    const keys = new Map<string, Node>();
    for (const [i, item] of node.items.entries()) {
      if (!isPair(item)) {
        this.node(item as Node, [...path, i], [...above, node]);
        continue;
      }
      const key = item.key as Node;
      if (!isScalar(key)) {
        this.#add('CONFIG_SYNTAX', key, 'A key is a plain word', 'Quote a value that starts with [, {, * or &');
        continue;
      }
      this.#key(key, String(key.value), keys, path);
      this.node(item.value as Node | null, [...path, String(key.value)], [...above, node]);
    }
  }

  #key(key: Node, name: string, keys: Map<string, Node>, path: readonly PathStep[]): void {
    const first = keys.get(name);
    if (first === undefined) {
      keys.set(name, key);
      return;
    }
    const where = path.length === 0 ? 'the document' : formatPath(path);
    const { line } = this.#at(first.range?.[0] ?? 0);
    this.#add(
      'CONFIG_DUPLICATE_KEY',
      key,
      `${name} stands twice in ${where}, first in line ${line}`,
      'Leave one of them out',
    );
  }

  #alias(node: Node & { source: string; resolve(doc: Document): Node | undefined }, above: readonly Node[]): void {
    const target = node.resolve(this.#doc);
    if (target === undefined) {
      const hint = `Quote it if it is a value: "*${node.source}"`;
      this.#add('CONFIG_ALIASES', node, `Nothing before this line is marked &${node.source}`, hint);
    } else if (above.includes(target)) {
      this.#add('CONFIG_ALIASES', node, `*${node.source} stands inside of itself`, 'Write the value out');
    } else if (++this.#aliases === MAX_ALIASES + 1) {
      this.#add('CONFIG_ALIASES', node, `More than ${MAX_ALIASES} aliases (*name) are used`, 'Write the values out');
    }
  }

  #add(code: string, node: Node, sentence: string, hint: string): void {
    this.errors.push(new SixgateError(code, sentence, { hint, at: this.#at(node.range?.[0] ?? 0) }));
  }
}

/** The parser's codes in our words: what is wrong, what would be right. */
const SYNTAX: Readonly<Record<string, readonly [sentence: string, hint: string]>> = {
  BAD_INDENT: [
    'The indentation does not fit what stands above',
    'Start the keys of one map in the same column, and close every bracket',
  ],
  TAB_AS_INDENT: ['A tab stands where indentation is', 'Indent with spaces'],
  MISSING_CHAR: [
    'Something is not closed: a quote, a bracket or a comma is missing',
    'Look at the end of the value before this place',
  ],
  BLOCK_AS_IMPLICIT_KEY: [
    'A second key begins in the middle of a value',
    'Quote a value that has ": " in it or ends with ":", such as "2001:db8::"',
  ],
  MULTILINE_IMPLICIT_KEY: ['A key has no ":" in its line', 'Write KEY: VALUE'],
  MULTIPLE_DOCS: ['A second document begins here', 'One file is one gateway: leave out the line ---'],
  BAD_SCALAR_START: ['A value cannot start with this character', 'Quote the value'],
  BAD_DQ_ESCAPE: ['No such escape in a quoted text', 'Write \\\\ for a backslash, or use single quotes'],
  UNEXPECTED_TOKEN: ['This does not belong here', 'Look for a quote or a bracket that closes too early'],
};
