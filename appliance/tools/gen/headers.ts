/** What BTF does not tell: which enumerations and constants the headers of bpf/layout define, and X-macro texts. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface XEntry {
  readonly name: string;
  readonly text: string;
}

export interface Headers {
  /** Names of the enumerations, sorted. */
  readonly enums: readonly string[];
  /** Entries such as `DROP(NAME, "text")`, by the name of the macro. */
  readonly entries: ReadonlyMap<string, readonly XEntry[]>;
}

const ENTRY = /^\s*(DROP|EVENT|COUNTER|STATE)\((\w+),\s*"((?:[^"\\]|\\.)*)"\)/gm;

/** Reads the headers of a folder. */
export function readHeaders(folder: string): Headers {
  const files = readdirSync(folder)
    .filter((name) => name.endsWith('.h'))
    .sort();
  const enums = new Set<string>();
  const entries = new Map<string, XEntry[]>();
  for (const file of files) {
    const text = readFileSync(join(folder, file), 'utf8');
    for (const [, name] of text.matchAll(/^enum (\w+)\s*\{/gm)) enums.add(name as string);
    for (const [, macro, name, sentence] of text.matchAll(ENTRY)) {
      const list = entries.get(macro as string) ?? [];
      list.push({ name: (name as string).toLowerCase(), text: (sentence as string).replaceAll(/\\(.)/g, '$1') });
      entries.set(macro as string, list);
    }
  }
  return { enums: [...enums].sort(), entries };
}
