import type { TSchema } from 'typebox';

interface Node {
  type?: string;
  default?: unknown;
  properties?: Record<string, Node>;
  required?: readonly string[];
  additionalProperties?: Node | false;
  items?: Node;
}

/** A copy of a configuration with every default written out: `sixgate show --full`. */
export function withDefaults(schema: TSchema, config: unknown): unknown {
  return fill(schema as Node, config);
}

function fill(node: Node, value: unknown): unknown {
  if (Array.isArray(value))
    return node.items === undefined ? value : value.map((item) => fill(node.items as Node, item));
  if (typeof value !== 'object' || value === null) return value;
  const filled: Record<string, unknown> = {};
  for (const [key, child] of Object.entries(value)) {
    const schema = node.properties?.[key] ?? (node.additionalProperties || undefined);
    filled[key] = schema === undefined ? child : fill(schema, child);
  }
  for (const [key, child] of Object.entries(node.properties ?? {})) {
    if (Object.hasOwn(filled, key)) continue;
    const missing = defaultOf(child);
    if (missing !== undefined) filled[key] = missing;
  }
  return filled;
}

/** The default itself, or for a map without required keys the map of its defaults. */
function defaultOf(node: Node): unknown {
  if (node.default !== undefined) return node.default;
  if (node.properties === undefined || (node.required ?? []).length > 0) return undefined;
  const filled = fill(node, {}) as object;
  return Object.keys(filled).length === 0 ? undefined : filled;
}
