/**
 * Takes a gateway's programs away behind its back: every pinned link gets a program that does nothing, so only the
 * kernel is left. A lab test that still passes has tested Linux.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { BpfLink } from '../../appliance/dataplane/link.ts';
import { BpfObject } from '../../appliance/dataplane/object.ts';

const repository = resolve(dirname(fileURLToPath(import.meta.url)), '../../..');
const source = join(repository, 'test/kit/sabotage.bpf.c');
const compiled = join(repository, 'build/test/sabotage.bpf.o');

/** Builds build/test/sabotage.bpf.o when it is missing or old. */
export function buildSabotage(): string {
  if (!existsSync(compiled) || statSync(compiled).mtimeMs < statSync(source).mtimeMs) {
    mkdirSync(dirname(compiled), { recursive: true });
    execFileSync('clang-19', [
      '-O2',
      '-g',
      '-target',
      'bpf',
      '-mcpu=v3',
      '-Wall',
      '-Werror',
      '-c',
      source,
      '-o',
      compiled,
    ]);
  }
  return compiled;
}

/**
 * Swaps the program in every pinned XDP link of an instance for one that only passes.
 *
 * @returns the names of the links that were swapped
 * @throws Error when the instance has no such link: nothing would be sabotaged
 */
export function sabotage(instance: string): string[] {
  const directory = join(process.env.SIXGATE_BPFFS ?? '/sys/fs/bpf', 'sixgate', instance, 'links');
  const object = BpfObject.load(buildSabotage());
  try {
    const programs = [object.program('sabotage_pass'), object.program('sabotage_next')];
    // The kernel refuses a program of another type, so each link takes the one that fits; tracepoints take none.
    const swapped = readdirSync(directory).filter((name) => {
      const link = BpfLink.fromPin(join(directory, name));
      const fits = programs.some((program) => accepts(link, program.fd));
      link?.close();
      return fits;
    });
    if (swapped.length === 0) throw new Error(`no link of ${directory} could be sabotaged`);
    return swapped;
  } finally {
    object.close();
  }
}

function accepts(link: BpfLink | undefined, programFd: number): boolean {
  try {
    link?.update(programFd);
    return link !== undefined;
  } catch {
    return false;
  }
}
