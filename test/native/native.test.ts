/**
 * The plain C of bpf/lib, built for this machine with sanitizers, against oracles written from the RFCs (the .c files
 * beside this one). Then the same against copies with a mistake in them: a check that misses one is no check.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { assert, suite } from '../kit/suite.ts';

const repository = resolve(dirname(fileURLToPath(import.meta.url)), '../../..');
const sources = join(repository, 'test/native');
const bpf = join(repository, 'bpf');
const out = join(repository, 'build/native');
const clang = process.env.CLANG ?? 'clang-19';
/** NATIVE_SEED repeats the run that a failure names. */
const seed = `0x${BigInt(process.env.NATIVE_SEED ?? 0x5136a7e0).toString(16)}`;

const flags = [
  ...['-std=gnu11', '-O1', '-g', '-D_GNU_SOURCE', '-Wall', '-Wextra', '-Werror', '-Wno-sign-compare'],
  '-Wno-pass-failed', // csum_words() cannot be unrolled where its length is not constant
];
const sanitizers = ['-fsanitize=address,undefined', '-fno-sanitize-recover=all'];

const files = readdirSync(sources).filter((name) => name.endsWith('.c'));

function mustClang(args: readonly string[]): void {
  const { status, stderr, error } = spawnSync(clang, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${clang} ${args.join(' ')}: ${error ?? stderr}`);
}

/** Compiles one file of this directory against the headers in `include`, and gives the object's path. */
function compile(directory: string, file: string, include: string, more: readonly string[] = []): string {
  const object = join(directory, `${file}.o`);
  mustClang([...flags, ...more, `-I${include}`, `-I${sources}`, '-c', '-o', object, join(sources, file)]);
  return object;
}

/** Runs one group of checks. */
function run(program: string, group: string): { status: number | null; output: string } {
  const { status, stdout, stderr } = spawnSync(program, [group, seed], { encoding: 'utf8', timeout: 120_000 });
  return { status, output: stdout + stderr };
}

/** Every check is counted, and the count does not depend on the seed. */
const groups = [
  { name: 'csum-sums', file: 'csum_test.c', checks: 4_800_019, what: 'sums: RFC 1071' },
  { name: 'csum-deltas', file: 'csum_test.c', checks: 26_621_440, what: 'incremental updates: RFC 1624' },
  { name: 'rfc6052', file: 'rfc6052_test.c', checks: 3_600_035, what: 'addresses in prefixes: RFC 6052' },
  { name: 'icmp-4to6', file: 'icmp_4to6_test.c', checks: 760_032, what: 'ICMP errors to ICMPv6: RFC 7915 section 4.2' },
  { name: 'icmp-6to4', file: 'icmp_6to4_test.c', checks: 845_220, what: 'ICMPv6 errors to ICMP: RFC 7915 section 5.2' },
  { name: 'hdr', file: 'hdr_test.c', checks: 87, what: 'headers: the C library' },
  { name: 'ecn', file: 'ecn_test.c', checks: 65_536, what: 'congestion marks out of tunnels: RFC 6040 section 4.2' },
];

/** One mistake a line: in `file`, `from` becomes `to`; `group` must notice. */
const mistakes = [
  { group: 'csum-sums', file: 'csum.h', from: 'sum = (sum & 0xffffffff) + (sum >> 32);', to: 'sum = (__u32)sum;' },
  { group: 'csum-sums', file: 'csum.h', from: 'csum_words(header, 5)', to: 'csum_words(header, 4)' },
  { group: 'csum-sums', file: 'csum.h', from: 'i < n', to: 'i < n - 1' },
  { group: 'csum-deltas', file: 'csum.h', from: '(__u64)to + (__u16)~from', to: '(__u64)from + (__u16)~to' },
  { group: 'csum-deltas', file: 'csum.h', from: '(__u64)to + (__u16)~from', to: '(__u16)(to - from)' },
  { group: 'csum-deltas', file: 'csum.h', from: '(__u64)(__u16)~check + delta', to: '(__u16)(~check + delta)' },
  { group: 'csum-deltas', file: 'csum.h', from: '(__u64)check + delta', to: '(__u64)check + (__u16)~delta' },
  { group: 'rfc6052', file: 'rfc6052.h', from: 'at >= 8 ?', to: 'at > 8 ?' },
  { group: 'rfc6052', file: 'rfc6052.h', from: 'at + 1 : at', to: 'at : at' },
  { group: 'rfc6052', file: 'rfc6052.h', from: 'out[1] = prefix[1];', to: '' },
  { group: 'icmp-4to6', file: 'icmp_map.h', from: 'plateaus[i] < total', to: 'plateaus[i] <= total' },
  { group: 'icmp-4to6', file: 'icmp_map.h', from: '2002, 1492', to: '2002, 1500' },
  { group: 'icmp-4to6', file: 'icmp_map.h', from: 'mtu = info & 0xffff;', to: 'mtu = info;' },
  { group: 'icmp-4to6', file: 'icmp_map.h', from: 'mtu6 && mtu > mtu6)', to: 'mtu6 && mtu < mtu6)' },
  { group: 'icmp-4to6', file: 'icmp_map.h', from: 'code != 0 && code != 2', to: 'code > 2' },
  { group: 'icmp-4to6', file: 'icmp_map.h', from: 'case 12 ... 15:', to: 'case 11 ... 15:' },
  { group: 'icmp-4to6', file: 'icmp_map.h', from: 'case 15:\n\t\tout->code', to: 'case 14:\n\t\tout->code' },
  { group: 'icmp-4to6', file: 'icmp_map.h', from: '? IP6_MIN_MTU : mtu', to: '? mtu : mtu' },
  { group: 'icmp-6to4', file: 'icmp_map.h', from: 'mtu > mtu6 - less', to: 'mtu > mtu6' },
  { group: 'icmp-6to4', file: 'icmp_map.h', from: 'quoted_fragment ? FRAG_LEN', to: 'quoted_fragment ? 4' },
  { group: 'icmp-6to4', file: 'icmp_map.h', from: 'info > less ? info - less : 0', to: 'info - less' },
  { group: 'icmp-6to4', file: 'icmp_map.h', from: 'out->code = 10;', to: 'out->code = 13;' },
  { group: 'icmp-6to4', file: 'icmp_map.h', from: '(__u32)pointer << 24', to: '(__u32)pointer' },
  { group: 'icmp-6to4', file: 'icmp_map.h', from: 'case 24 ... 39:', to: 'case 24 ... 40:' },
  { group: 'hdr', file: 'hdr.h', from: '#define EXT_FRAG 44', to: '#define EXT_FRAG 43' },
  { group: 'hdr', file: 'hdr.h', from: '__u8   next, hop;', to: '__u8   hop, next;' },
  { group: 'ecn', file: 'ecn.h', from: 'inner &= 3;', to: '' },
  { group: 'ecn', file: 'ecn.h', from: 'outer &= 3;', to: '' },
  { group: 'ecn', file: 'ecn.h', from: '? -1 : ECN_CE', to: '? ECN_NOT : ECN_CE' },
  { group: 'ecn', file: 'ecn.h', from: 'inner == ECN_0)', to: 'inner != ECN_CE)' },
  { group: 'ecn', file: 'ecn.h', from: 'return ECN_1;', to: 'return ECN_0;' },
];

/** Copies bpf/lib with one mistake in it. */
function spoil(directory: string, { file, from, to }: (typeof mistakes)[number]): void {
  cpSync(join(bpf, 'lib'), join(directory, 'lib'), { recursive: true });
  const path = join(directory, 'lib', file);
  const text = readFileSync(path, 'utf8');
  if (text.split(from).length < 2) throw new Error(`${file} no longer has "${from}": write that mistake anew`);
  writeFileSync(path, text.replace(from, to));
}

const test = suite('native C');

test.before(() => {
  rmSync(out, { recursive: true, force: true });
  mkdirSync(join(out, 'plain'), { recursive: true });
  const objects = files.map((file) => compile(out, file, bpf, sanitizers));
  mustClang([...sanitizers, '-o', join(out, 'native'), ...objects]);
  for (const file of files) compile(join(out, 'plain'), file, bpf);
});

test.each(
  groups,
  ({ what }) => what,
  ({ name, checks }) => {
    const { status, output } = run(join(out, 'native'), name);
    assert.is(output, `${name}: seed ${seed}, ${checks} checks, 0 failed\n`);
    assert.is(status, 0);
  },
);

test.each(
  mistakes,
  ({ file, from, to }) => `a mistake is noticed: ${file}, ${from.trim()} → ${to || 'nothing'}`,
  (mistake) => {
    const directory = join(out, `mistake-${mistakes.indexOf(mistake)}`);
    const program = join(directory, 'native');
    spoil(directory, mistake);
    const changed = groups.find(({ name }) => name === mistake.group)?.file as string;
    const others = files.filter((file) => file !== changed).map((file) => join(out, 'plain', `${file}.o`));
    mustClang(['-o', program, compile(directory, changed, directory), ...others]);
    const { status, output } = run(program, mistake.group);
    assert.is(status, 1);
    assert.match(output, /_test\.c:\d+: /);
  },
);

test.run();
