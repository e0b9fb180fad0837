/** Numbers of the kernel and their names, both ways. */

/** Names for the values of one enumeration. */
export interface Names<N extends string> {
  /** The name, or undefined for a number this package does not know. */
  nameOf(value: number): N | undefined;
  /** @throws TypeError for an unknown name */
  valueOf(name: N): number;
}

export function names<N extends string>(values: Readonly<Record<N, number>>): Names<N> {
  const byValue = new Map(Object.entries<number>(values).map(([name, value]) => [value, name as N]));
  return {
    nameOf: (value) => byValue.get(value),
    valueOf: (name) => {
      const value = values[name];
      if (value === undefined) throw new TypeError(`"${name}" is none of ${Object.keys(values).join(', ')}`);
      return value;
    },
  };
}

/** A word of bits as an object of those that are set. */
export interface BitNames<N extends string> {
  decode(bits: number): { readonly [K in N]?: true };
  encode(flags: { readonly [K in N]?: boolean | undefined }): number;
}

export function bitNames<N extends string>(values: Readonly<Record<N, number>>): BitNames<N> {
  const entries = Object.entries<number>(values) as [N, number][];
  return {
    decode: (bits) => {
      const flags: { [K in N]?: true } = {};
      for (const [name, bit] of entries) if ((bits & bit) !== 0) flags[name] = true;
      return flags;
    },
    encode: (flags) => entries.reduce((bits, [name, bit]) => (flags[name] ? (bits | bit) >>> 0 : bits), 0),
  };
}

/** The object without its undefined members, for `exactOptionalPropertyTypes`. */
export function present<T extends object>(value: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined)) as {
    [K in keyof T]: Exclude<T[K], undefined>;
  };
}
