/**
 * `node dist/appliance/tools/gen.js [--check]`: makes the TypeScript that describes the compiled data path.
 * Exit status: 0 done or fresh, 1 stale (with --check) or a layout that breaks a rule.
 */
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Btf } from './btf.ts';
import { emitLayout } from './emit-layout.ts';
import { Layouts } from './layout.ts';
import { emitVocab } from './vocab.ts';

const repository = resolve(dirname(fileURLToPath(import.meta.url)), '../../..');

/** Prefix of the variables by which build/vocab.o holds one of each struct (see build.cjs). */
export const variablePrefix = 'vocab_';

/** What the generator reads. */
export interface Sources {
  /** The linked object with all maps. */
  readonly object: string;
  /** The object made from all headers. */
  readonly vocab: string;
  /** Texts of the headers. */
  readonly headers: readonly string[];
}

/**
 * Both generated texts, not yet formatted.
 * @throws Error with one line for each layout that breaks a rule
 */
export function generate(sources: Sources): { readonly layout: string; readonly vocab: string } {
  const vocab = Btf.fromObject(sources.vocab);
  const layouts = new Layouts();
  layouts.addMaps(Btf.fromObject(sources.object));
  layouts.addVariables(vocab, variablePrefix);
  layouts.check();
  return {
    layout: emitLayout(layouts, './codec.ts', '../model/vocab.gen.ts'),
    vocab: emitVocab(vocab, sources.headers),
  };
}

function format(path: string, text: string): string {
  const biome = join(repository, 'node_modules/.bin/biome');
  return execFileSync(biome, ['format', `--stdin-file-path=${path}`], {
    cwd: repository,
    input: text,
    encoding: 'utf8',
  });
}

function readOrEmpty(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

function main(check: boolean): number {
  const headers = readdirSync(join(repository, 'bpf/layout'))
    .filter((name) => name.endsWith('.h'))
    .sort();
  const { layout, vocab } = generate({
    object: join(repository, 'build/sixgate.bpf.o'),
    vocab: join(repository, 'build/vocab.o'),
    headers: headers.map((name) => readFileSync(join(repository, 'bpf/layout', name), 'utf8')),
  });
  let status = 0;
  for (const [path, text] of Object.entries({
    'appliance/model/vocab.gen.ts': vocab,
    'appliance/dataplane/layout.gen.ts': layout,
  })) {
    const formatted = format(path, text);
    if (readOrEmpty(join(repository, path)) === formatted) continue;
    if (check) {
      console.error(`${path} is not what bpf/ says: npm run gen`);
      status = 1;
    } else {
      writeFileSync(join(repository, path), formatted);
      console.log(`wrote ${path}`);
    }
  }
  return status;
}

if (process.argv[1] !== undefined && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  try {
    process.exitCode = main(process.argv.includes('--check'));
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  }
}
