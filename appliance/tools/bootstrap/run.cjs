/** Runs what was asked for, and ends together with it. */
'use strict';
const childProcess = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { Failure } = require('./progress.cjs');

/** Who started us. npm vanishes on SIGTERM and on SIGKILL, and leaves us running. */
const parent = process.ppid;

/** What the preparation makes; it belongs to the owner of the clone, who may want to delete it without sudo. */
const MADE = ['.sixgate', 'build', 'dist', 'node_modules', 'appliance/netlink-ts/dist'];

function giveBack(root) {
  const { uid, gid } = fs.statSync(root);
  if (uid === 0) return;
  const made = MADE.map((name) => path.join(root, name)).filter((file) => fs.existsSync(file));
  childProcess.spawnSync('chown', ['--recursive', '--no-dereference', `${uid}:${gid}`].concat(made), {
    stdio: 'ignore',
  });
}

/**
 * Runs a compiled program to its end. Ctrl-C reaches it by itself; SIGTERM and SIGHUP are handed on. Whoever has lost
 * its parent ends, and does not even begin when it was lost while the machine was made ready.
 * @returns {Promise<number>} its exit status
 * @throws Failure when it is not there, or nobody waits for it any more
 */
function runToEnd(root, node, program, args) {
  const file = path.join(root, 'dist', program[0]);
  if (!fs.existsSync(file)) throw new Failure(`${path.relative(root, file)} does not exist.`);
  if (process.ppid !== parent) throw new Failure('Whoever started this has ended.');
  const env = Object.assign({}, process.env, { PATH: `${path.dirname(node)}:${process.env.PATH}:/usr/sbin:/sbin` });
  const child = childProcess.spawn(node, ['--enable-source-maps', file].concat(program.slice(1), args), {
    stdio: 'inherit',
    env,
  });
  process.on('SIGINT', () => {});
  for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  const watch = setInterval(() => {
    if (process.ppid !== parent) child.kill('SIGTERM');
  }, 1000);
  return new Promise((resolve) => {
    child.on('error', (error) => {
      clearInterval(watch);
      process.stderr.write(`${error.message}\n`);
      resolve(1);
    });
    child.on('exit', (code, signal) => {
      clearInterval(watch);
      giveBack(root);
      resolve(code === null ? 128 + (os.constants.signals[signal] || 0) : code);
    });
  });
}

module.exports = { giveBack, runToEnd };
