/** BPF programs that only tests have. */
import { execFileSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const repository = resolve(dirname(fileURLToPath(import.meta.url)), '../../..');

/**
 * Compiles one C file.
 *
 * @param source path below the repository
 * @param name of the object, which tells several of one source apart
 * @returns path of the object file
 */
export function compileBpf(source: string, name: string, ...flags: readonly string[]): string {
  const out = join(tmpdir(), `${name}.o`);
  const [multiarch, target] = process.arch === 'arm64' ? ['aarch64', 'arm64'] : ['x86_64', 'x86'];
  const always = ['-O2', '-g', '-target', 'bpf', '-mcpu=v3', '-Wall', '-Werror', `-D__TARGET_ARCH_${target}`];
  const files = ['-c', join(repository, source), '-o', out];
  execFileSync('clang-19', [...always, `-I/usr/include/${multiarch}-linux-gnu`, ...flags, ...files]);
  return out;
}
