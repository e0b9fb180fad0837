import type { TSchema } from 'typebox';

/** What `sixgate schema PATH` says about one place of the document. */
export interface Explanation {
  /** Path asked for, with NAME and [] for names and list items. */
  readonly path: string;
  readonly type: string;
  readonly description: string;
  readonly required: boolean;
  readonly default?: unknown;
  readonly examples?: readonly unknown[];
  readonly keys: readonly ExplainedKey[];
}

export interface ExplainedKey {
  readonly name: string;
  readonly type: string;
  readonly description: string;
  readonly required: boolean;
  readonly default?: unknown;
}

interface Node {
  type?: string;
  description?: string;
  default?: unknown;
  examples?: readonly unknown[];
  enum?: readonly unknown[];
  const?: unknown;
  format?: string;
  minimum?: number;
  maximum?: number;
  properties?: Record<string, Node>;
  required?: readonly string[];
  additionalProperties?: Node | false;
  items?: Node;
  anyOf?: readonly Node[];
}

/**
 * Explains one place of the schema.
 * @param path dotted words; a name of a named map may be any name, and list items need no index: `nat64.main.pool4.ports`
 * @returns undefined if the schema has no such place
 */
export function explain(schema: TSchema, path: string): Explanation | undefined {
  let node = schema as Node;
  let required = true;
  const shown: string[] = [];
  for (const word of path
    .split('.')
    .map((part) => part.replaceAll(/\[\d*\]/g, ''))
    .filter((part) => part !== '')) {
    const step = child(itemOf(node), word);
    if (step === undefined) return undefined;
    if (node.type === 'array') shown.push(`${shown.pop()}[]`);
    shown.push(step.label);
    node = step.node;
    required = step.required;
  }
  const map = itemOf(node);
  return {
    path: shown.join('.'),
    type: typeText(node),
    description: node.description ?? '',
    required,
    ...(node.default === undefined ? {} : { default: node.default }),
    ...(node.examples === undefined ? {} : { examples: node.examples }),
    keys: keysOf(map),
  };
}

/** Every place of the schema in document order, for completions and the reference. Paths have NAME for names. */
export function everyPath(schema: TSchema): string[] {
  const paths: string[] = [];
  const walk = (node: Node, path: string): void => {
    const map = itemOf(node);
    const prefix = path === '' ? '' : `${path}${node.type === 'array' ? '[]' : ''}.`;
    for (const [name, next] of childrenOf(map)) {
      paths.push(`${prefix}${name}`);
      walk(next, `${prefix}${name}`);
    }
  };
  walk(schema as Node, '');
  return paths;
}

function childrenOf(node: Node): [name: string, node: Node][] {
  const named = node.additionalProperties;
  return [...Object.entries(node.properties ?? {}), ...(named ? [['NAME', named] as [string, Node]] : [])];
}

function child(node: Node, word: string): { node: Node; label: string; required: boolean } | undefined {
  const own = node.properties !== undefined && Object.hasOwn(node.properties, word) ? node.properties[word] : undefined;
  if (own !== undefined) return { node: own, label: word, required: node.required?.includes(word) ?? false };
  return node.additionalProperties ? { node: node.additionalProperties, label: 'NAME', required: false } : undefined;
}

function itemOf(node: Node): Node {
  return node.type === 'array' && node.items !== undefined ? node.items : node;
}

function keysOf(node: Node): ExplainedKey[] {
  return childrenOf(node).map(([name, key]) => ({
    name,
    type: typeText(key),
    description: key.description ?? '',
    required: node.required?.includes(name) ?? false,
    ...(key.default === undefined ? {} : { default: key.default }),
  }));
}

/** The type in words: `inside | outside`, `number 1280-9000`, `list of address-set`. */
export function typeText(schema: unknown): string {
  const node = schema as Node;
  if (node.anyOf !== undefined) return node.anyOf.map(typeText).join(', or ');
  if (node.enum !== undefined) return node.enum.join(' | ');
  if (node.const !== undefined) return String(node.const);
  if (node.type === 'array') return `list of ${typeText(node.items ?? {})}`;
  if (node.type === 'object') return node.properties === undefined ? 'map of names' : 'map';
  if (node.type === 'integer') return `number ${node.minimum ?? ''}-${node.maximum ?? ''}`;
  return node.format ?? node.type ?? 'any';
}
