/** The npm modules of this clone, and a Node that is new enough. */
'use strict';
const childProcess = require('node:child_process');
const crypto = require('node:crypto');
const fs = require('node:fs');
const path = require('node:path');
const { Failure } = require('./progress.cjs');

/** Oldest Node that the code runs on: Debian 13's. */
const OLDEST_NODE = [20, 19];
/** Fetched for this clone only when the machine's own is older; exists for both architectures. */
const PINNED_NODE = '22.23.3';

function readJson(file) {
  try {
    return JSON.parse(fs.readFileSync(file, 'utf8'));
  } catch (_error) {
    return undefined;
  }
}

/** npm, by the Node that runs us: the one that it was installed for. */
function npm(log, args, options) {
  const cli = process.env.npm_execpath;
  const [program, first] = cli && /\.c?js$/.test(cli) ? [process.execPath, [cli]] : ['npm', []];
  return log.try(program, first.concat(args), options);
}

/** The sentence of npm's that says why: the last `npm ERR!` or `npm error` lines without the file name of its log. */
function reason(output) {
  const lines = output.split('\n').filter((line) => /^npm (ERR!|error)/.test(line) && !/complete log|_logs/.test(line));
  return lines
    .map((line) => line.replace(/^npm (ERR!|error)\s*/, '').trim())
    .filter((line) => line !== '')
    .slice(0, 4)
    .join(' / ');
}

function fits(entry) {
  const allows = (list, value) =>
    list === undefined ||
    list.indexOf(value) >= 0 ||
    list.every((item) => item.startsWith('!') && item !== `!${value}`);
  return allows(entry.os, process.platform) && allows(entry.cpu, process.arch);
}

/** Whether node_modules holds what the lock file says, by npm's own record of what it installed. */
function modulesFresh(root) {
  const wanted = readJson(path.join(root, 'package-lock.json'));
  const present = readJson(path.join(root, 'node_modules/.package-lock.json'));
  if (wanted === undefined || present === undefined) return false;
  return Object.keys(wanted.packages).every((place) => {
    const entry = wanted.packages[place];
    if (!place.startsWith('node_modules/') || (entry.optional && !fits(entry))) return true;
    if (entry.link) return fs.existsSync(path.join(root, place));
    const found = present.packages[place];
    if (entry.optional && found === undefined && entry.libc !== undefined) return true;
    return (
      found !== undefined && found.version === entry.version && fs.existsSync(path.join(root, place, 'package.json'))
    );
  });
}

/** Hash of what `npm ci` depends on: a tree that was made from the same is not looked at again. */
function stampOf(root) {
  const hash = crypto.createHash('sha256').update(process.arch);
  for (const file of ['package-lock.json', 'package.json']) hash.update(fs.readFileSync(path.join(root, file)));
  return hash.digest('hex');
}

/** Runs `npm ci` when node_modules is missing or stale. Registry and proxies are those of the user's environment. */
async function ensureModules(root, log) {
  const stamp = path.join(root, '.sixgate/modules.stamp');
  const wanted = stampOf(root);
  const known = fs.existsSync(stamp) && fs.readFileSync(stamp, 'utf8') === wanted;
  if (known && fs.existsSync(path.join(root, 'node_modules/.package-lock.json'))) return;
  if (!modulesFresh(root)) {
    // Compiler and native parts are a development and optional dependencies: needed whatever NODE_ENV says.
    const args = ['ci', '--include=dev', '--include=optional', '--no-audit', '--no-fund', '--no-progress'];
    const { status, output } = await npm(log, args, { cwd: root });
    if (status !== 0) throw new Failure(`The npm modules could not be installed: ${reason(output) || 'npm ci failed'}`);
    if (!modulesFresh(root))
      throw new Failure('npm ci ended well, and yet node_modules is not what package-lock.json says.');
  }
  fs.writeFileSync(stamp, wanted);
}

function newEnough(version) {
  const [major, minor] = version.replace(/^v/, '').split('.').map(Number);
  return major > OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor >= OLDEST_NODE[1]);
}

/** @returns {Promise<string>} path of a Node that is new enough */
async function ensureNode(root, log) {
  if (newEnough(process.version)) return process.execPath;
  const name = `node-linux-${process.arch}`;
  const prefix = path.join(root, '.sixgate/node');
  const node = path.join(prefix, 'node_modules', name, 'bin/node');
  const works = () => {
    const { stdout } = childProcess.spawnSync(node, ['--version'], { encoding: 'utf8' });
    return typeof stdout === 'string' && stdout.trim() === `v${PINNED_NODE}`;
  };
  if (works()) return node;
  fs.rmSync(prefix, { recursive: true, force: true });
  fs.mkdirSync(prefix, { recursive: true });
  fs.writeFileSync(path.join(prefix, 'package.json'), '{ "private": true }\n');
  const args = ['install', '--no-save', '--no-audit', '--no-fund', '--no-progress', `${name}@${PINNED_NODE}`];
  // npm run tells its children where the project is; this is another one.
  const env = Object.assign({}, process.env);
  delete env.npm_config_local_prefix;
  const { status, output } = await npm(log, args, { cwd: prefix, env });
  if (status !== 0) {
    throw new Failure(
      `Node ${process.version} is too old (${OLDEST_NODE.join('.')} is needed), and ${name}@${PINNED_NODE} could not be fetched: ${reason(output) || 'npm failed'}`,
    );
  }
  if (!works()) throw new Failure(`${name}@${PINNED_NODE} was fetched, but it does not run here.`);
  return node;
}

module.exports = { ensureModules, ensureNode, modulesFresh };
