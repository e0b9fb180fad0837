#!/usr/bin/env node
/**
 * `npm start`, `npm test` and the other npm scripts that need a prepared machine: makes it ready, then runs the thing.
 *
 *   node appliance/tools/bootstrap.cjs VERB [--yes] [ARGUMENT…]
 *
 * Written for whatever Node a distribution ships (18 and older): it runs before any dependency is there. Every step
 * looks first and does nothing when there is nothing to do. What the steps print goes to .sixgate/start.log.
 *
 * Exit status: that of what was run; 1 the preparation failed, 2 usage, 77 this machine cannot (the reason is printed).
 */
'use strict';
const path = require('node:path');
const { verbs } = require('./bootstrap/verbs.cjs');
const { Failure, Progress } = require('./bootstrap/progress.cjs');
const { lock } = require('./bootstrap/lock.cjs');
const { checkMachine, checkKernel } = require('./bootstrap/machine.cjs');
const { ensurePackages } = require('./bootstrap/apt.cjs');
const { ensureNode, ensureModules } = require('./bootstrap/npm.cjs');
const { runToEnd, giveBack } = require('./bootstrap/run.cjs');

const root = path.resolve(__dirname, '../..');

async function prepare(verb, options) {
  const progress = new Progress(root, options.quiet);
  checkMachine(root, options);
  progress.begin();
  const release = await lock(path.join(root, '.sixgate/lock'), () => progress.note('another run prepares this clone'));
  try {
    checkKernel();
    await progress.step('packages', (log) => ensurePackages(verb.packages, options, log, progress));
    await progress.step('npm modules', (log) => ensureModules(root, log));
    const node = await progress.step('node', (log) => ensureNode(root, log));
    await progress.step('build', (log) => log.run(node, [path.join(root, 'appliance/tools/build.cjs')]));
    const probe = ['--enable-source-maps', path.join(root, 'dist/appliance/tools/probe.js')];
    progress.table(await progress.step('kernel', (log) => log.run(node, probe)));
    giveBack(root);
    return node;
  } catch (error) {
    if (error instanceof Failure) progress.fail(error);
    throw error;
  } finally {
    release();
    progress.end();
  }
}

function parse(argv) {
  const verb = verbs[argv[0]];
  if (verb === undefined)
    throw new Failure(`usage: bootstrap.cjs ${Object.keys(verbs).join('|')} [--yes] [ARGUMENT…]`, 2);
  const rest = argv.slice(1);
  const own = ['--yes', '-y'];
  return {
    verb,
    options: {
      name: argv[0],
      yes: rest.some((argument) => own.includes(argument)) || !process.stdin.isTTY || !process.stdout.isTTY,
      quiet: verb.quiet === true,
      args: rest.filter((argument) => !own.includes(argument)),
    },
  };
}

async function main(argv) {
  let verb;
  try {
    const parsed = parse(argv);
    verb = parsed.verb;
    const node = await prepare(verb, parsed.options);
    return await runToEnd(root, node, verb.program, parsed.options.args);
  } catch (error) {
    process.stderr.write(`${error instanceof Failure ? error.message : error.stack}\n`);
    if (verb?.counts) process.stdout.write('0 passed, 1 failed\n');
    return error instanceof Failure ? error.status : 1;
  }
}

main(process.argv.slice(2)).then((status) => {
  process.exitCode = status;
});
