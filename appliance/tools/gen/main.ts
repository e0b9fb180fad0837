/**
 * Writes the generated TypeScript files from the compiled BPF objects; with `--check`, only says whether they are
 * fresh. Exit status: 0 done or fresh, 1 stale or refused. Run by appliance/tools/build.cjs.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Btf } from './btf.ts';
import { readHeaders } from './headers.ts';
import { layoutText } from './layout.ts';
import { vocabText } from './vocab.ts';

const repository = resolve(dirname(fileURLToPath(import.meta.url)), '../../../..');

/** The text as Biome lays it out, so that a formatter never changes a generated file. */
function formatted(path: string, text: string): string {
  const biome = join(repository, 'node_modules/.bin/biome');
  const run = spawnSync(biome, ['format', `--stdin-file-path=${path}`], {
    cwd: repository,
    input: text,
    encoding: 'utf8',
    maxBuffer: 1 << 26,
  });
  if (run.status !== 0) throw new Error(`biome could not format ${path}: ${run.stderr ?? run.error?.message}`);
  return run.stdout;
}

function main(check: boolean): number {
  const headers = readHeaders(join(repository, 'bpf/layout'));
  const [object, anchor] = ['build/sixgate.bpf.o', 'build/obj/anchor.o'].map((path) => {
    if (!existsSync(join(repository, path))) throw new Error(`${path} is not there; run npm run build.`);
    return Btf.fromObject(join(repository, path));
  }) as [Btf, Btf];
  const files = {
    'appliance/dataplane/layout.gen.ts': layoutText({ object, anchor, headers }),
    'appliance/model/vocab.gen.ts': vocabText(headers),
  };
  let stale = 0;
  for (const [path, text] of Object.entries(files)) {
    const target = join(repository, path);
    const wanted = formatted(path, text);
    if (existsSync(target) && readFileSync(target, 'utf8') === wanted) continue;
    stale++;
    if (check) {
      console.error(`${path} is not what the C sources say; run npm run build and commit it.`);
      continue;
    }
    writeFileSync(`${target}.${process.pid}`, wanted);
    renameSync(`${target}.${process.pid}`, target);
    console.log(`wrote ${path}`);
  }
  return check && stale > 0 ? 1 : 0;
}

try {
  process.exitCode = main(process.argv.includes('--check'));
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
