import { type Static, type TSchema, Type } from 'typebox';

/** Annotations that every key of the configuration carries; `sixgate schema PATH` prints them. */
export interface Words {
  readonly description: string;
  readonly default?: unknown;
  readonly examples?: readonly unknown[];
}

/** One of a few words. */
export function oneOf<const W extends readonly string[]>(words: W, about: Words) {
  return Type.Unsafe<W[number]>({ type: 'string', enum: [...words], ...about } as TSchema);
}

/** A text in one of the forms of contract/formats.ts. */
export function text(format: string, about: Words) {
  return Type.String({ format, ...about });
}

/** One item, or a list of different ones. */
export function oneOrMany<S extends TSchema>(item: S, about: Words) {
  const list = { type: 'array', items: item, minItems: 1, uniqueItems: true };
  return Type.Unsafe<Static<S> | Static<S>[]>({ anyOf: [item, list], ...about } as unknown as TSchema);
}

/** A name rule: the pattern and the same in words, after "is not a name here:". */
export interface NameRule {
  readonly pattern: string;
  readonly right: string;
}

/** Names of interfaces: what Linux takes as a device name (IFNAMSIZ 16 with its NUL, no slash, no space). */
export const DEVICE_NAME: NameRule = {
  pattern: '^[A-Za-z0-9][A-Za-z0-9_.-]{0,14}$',
  right: 'A name has 1 to 15 letters, digits, ".", "_" or "-", and starts with a letter or digit',
};

/** Names that people choose: instances, pools. */
export const PLAIN_NAME: NameRule = {
  pattern: '^[a-z][a-z0-9-]{0,30}$',
  right: 'A name has 1 to 31 small letters, digits or "-", and starts with a letter',
};

/** A map from names to one kind of thing: the key is the name, a reference is that name. */
export function namedMap<S extends TSchema>(item: S, rule: NameRule, about: Words) {
  return Type.Unsafe<Record<string, Static<S>>>({
    type: 'object',
    propertyNames: { type: 'string', pattern: rule.pattern, errorMessage: rule.right },
    additionalProperties: item,
    ...about,
  } as unknown as TSchema);
}
