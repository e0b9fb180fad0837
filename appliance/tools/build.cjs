#!/usr/bin/env node
/**
 * Builds everything: TypeScript into dist/, the BPF object build/sixgate.bpf.o, and the TypeScript that is generated
 * from it (which is committed). A step that finds nothing changed does nothing.
 *
 *   node appliance/tools/build.cjs [--only bpf|gen]
 *
 * Environment: CLANG (clang-19) names the compiler, BPFTOOL the linker. Exit status: 0 built, 1 failed, 2 usage.
 */
'use strict';
const { spawn, spawnSync } = require('node:child_process');
const { createHash } = require('node:crypto');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { anchorSource } = require('./anchor.cjs');

const root = path.resolve(__dirname, '../..');
const machines = { x64: 'x86_64', arm64: 'aarch64' };
const clang = process.env.CLANG ?? 'clang-19';
const flags = [
  ...'-O2 -g -target bpf -mcpu=v3 -Wall -Wextra -Wno-unused-parameter -Wno-sign-compare -Werror -Ibpf'.split(' '),
  `-I/usr/include/${machines[process.arch] ?? process.arch}-linux-gnu`,
];
const linked = 'build/sixgate.bpf.o';
const generated = ['appliance/dataplane/layout.gen.ts', 'appliance/model/vocab.gen.ts'];

class BuildError extends Error {}

const absolute = (file) => path.join(root, file);
const read = (file) => (fs.existsSync(absolute(file)) ? fs.readFileSync(absolute(file), 'utf8') : '');

/** Runs a program from the root; gives its status and all it said. */
function run(program, args) {
  return new Promise((done) => {
    const child = spawn(program, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => (output += data));
    child.on('error', (error) => done({ ok: false, output: `${program}: ${error.message}\n` }));
    child.on('close', (status) => done({ ok: status === 0, output }));
  });
}

async function mustRun(program, args) {
  const { ok, output } = await run(program, args);
  process.stderr.write(output);
  if (!ok) throw new BuildError(`${path.basename(program)} failed (${args.at(-1)}).`);
}

/** Makes a file by way of a temporary one, so that nobody ever reads half of it. */
async function make(file, stamp, command) {
  if (fs.existsSync(absolute(file)) && read(`${file}.stamp`) === stamp) return;
  const temporary = `${file}.${process.pid}`;
  fs.mkdirSync(path.dirname(absolute(file)), { recursive: true });
  try {
    await command(temporary);
    fs.renameSync(absolute(temporary), absolute(file));
    fs.writeFileSync(absolute(`${file}.stamp`), stamp);
  } finally {
    fs.rmSync(absolute(temporary), { force: true });
  }
}

function hash(...parts) {
  const sum = createHash('sha256');
  for (const part of parts) sum.update(`${part.length} `).update(part);
  return sum.digest('hex');
}

/** bpftool lives in /usr/sbin, which a user's PATH often lacks. */
function bpftool() {
  if (process.env.BPFTOOL) return process.env.BPFTOOL;
  const folders = [...(process.env.PATH ?? '').split(':'), '/usr/sbin', '/usr/local/sbin', '/sbin'];
  const found = folders.map((folder) => path.join(folder, 'bpftool')).find((file) => fs.existsSync(file));
  if (!found) throw new BuildError('bpftool is not installed.');
  return found;
}

async function bpf() {
  const files = fs.readdirSync(absolute('bpf'), { recursive: true, encoding: 'utf8' }).sort();
  const headers = files.filter((file) => file.endsWith('.h')).map((file) => [file, read(`bpf/${file}`)]);
  const version = spawnSync(clang, ['--version'], { encoding: 'utf8' }).stdout;
  if (!version) throw new BuildError(`${clang} is not installed; CLANG can name another compiler.`);
  const common = hash(version, ...flags, ...headers.flat());
  const anchor = 'build/obj/anchor.c';
  fs.mkdirSync(absolute('build/obj'), { recursive: true });
  fs.writeFileSync(absolute(anchor), anchorSource(absolute('bpf/layout')));
  const jobs = files
    .filter((file) => file.endsWith('.bpf.c'))
    .map((file) => ({ source: `bpf/${file}`, object: `build/obj/${file.replace(/\.bpf\.c$/, '.o')}` }));
  const all = [...jobs, { source: anchor, object: 'build/obj/anchor.o' }];
  for (const job of all) job.stamp = hash(common, job.source, read(job.source));
  const queue = [...all];
  const failed = [];
  const worker = async () => {
    for (let job = queue.shift(); job; job = queue.shift()) {
      const { source, object, stamp } = job;
      await make(object, stamp, (out) => mustRun(clang, [...flags, '-c', '-o', out, source])).catch((error) =>
        failed.push(error),
      );
    }
  };
  await Promise.all(os.cpus().map(worker));
  if (failed.length > 0) throw failed[0];
  const link = (out) => mustRun(bpftool(), ['gen', 'object', out, ...jobs.map(({ object }) => object)]);
  await make(linked, hash(...jobs.map(({ stamp }) => stamp)), link);
}

/** @returns whether the generated files have changed */
async function generate() {
  const before = generated.map(read);
  await mustRun(process.execPath, ['dist/appliance/tools/gen/main.js']);
  return generated.some((file, index) => read(file) !== before[index]);
}

const compile = () => run(process.execPath, ['node_modules/typescript/bin/tsc', '-b']);

async function main(args) {
  const only = args[0] === '--only' ? args[1] : undefined;
  if (args.length > 0 && (args.length !== 2 || !['bpf', 'gen'].includes(only))) {
    process.stderr.write('usage: build.cjs [--only bpf|gen]\n');
    return 2;
  }
  if (only === 'bpf') {
    await bpf();
    return 0;
  }
  // The compiler emits in spite of errors, and what the generator writes may be what is missing: judge at the end.
  let compiled = await compile();
  if (only !== 'gen') await bpf();
  if (await generate()) compiled = await compile();
  process.stdout.write(compiled.output);
  return compiled.ok ? 0 : 1;
}

main(process.argv.slice(2)).then(
  (status) => {
    process.exitCode = status;
  },
  (error) => {
    process.stderr.write(`${error instanceof BuildError ? error.message : error.stack}\n`);
    process.exitCode = 1;
  },
);
