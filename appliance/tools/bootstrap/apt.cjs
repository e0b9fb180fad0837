/** Debian packages: which are missing, and their installation without a question, a service or a surprise. */
'use strict';
const childProcess = require('node:child_process');
const fs = require('node:fs');
const readline = require('node:readline');
const { Failure } = require('./progress.cjs');
const { lock } = require('./lock.cjs');

/** Between our own clones; against others apt's locks hold, for which it is told to wait. */
const OUR_LOCK = '/run/lock/sixgate-packages';
const LOCK_WAIT_SECONDS = 600;
const POLICY = '/usr/sbin/policy-rc.d';
const POLICY_TEXT =
  '#!/bin/sh\n# Sixgate: packages are being installed, no service shall start. Removed at the end.\nexit 101\n';
const APT = [
  '-y',
  '--no-install-recommends',
  '-o',
  `DPkg::Lock::Timeout=${LOCK_WAIT_SECONDS}`,
  '-o',
  'Dpkg::Options::=--force-confold',
  '-o',
  'Dpkg::Use-Pty=0',
];
/** Programs by package, for machines without dpkg. Packages without a program (headers) are only named. */
const PROGRAMS = {
  'clang-19': 'clang-19',
  bpftool: 'bpftool',
  curl: 'curl',
  ethtool: 'ethtool',
  iperf3: 'iperf3',
  iproute2: 'ip',
  'iputils-ping': 'ping',
  tcpdump: 'tcpdump',
  traceroute: 'traceroute',
  tshark: 'tshark',
  'util-linux': 'unshare',
};

function has(program) {
  const folders = (process.env.PATH || '').split(':').concat(['/usr/sbin', '/sbin']);
  return folders.some((folder) => fs.existsSync(`${folder}/${program}`));
}

function missingOf(packages) {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: this is how dpkg-query names fields
  const format = '${db:Status-Status} ${Package}\n';
  const query = childProcess.spawnSync('dpkg-query', ['-W', '-f', format].concat(packages), { encoding: 'utf8' });
  if (query.error) return undefined;
  const installed = query.stdout
    .split('\n')
    .filter((line) => line.startsWith('installed '))
    .map((line) => line.slice('installed '.length));
  return packages.filter((name) => installed.indexOf(name) < 0);
}

function environment() {
  return Object.assign({}, process.env, {
    DEBIAN_FRONTEND: 'noninteractive',
    NEEDRESTART_SUSPEND: '1',
    LC_ALL: 'C.UTF-8',
  });
}

/** Runs apt-get; waits while somebody else holds the lock on the lists, for which apt has no option. */
async function apt(log, args) {
  const deadline = Date.now() + LOCK_WAIT_SECONDS * 1000;
  for (;;) {
    const result = await log.try('apt-get', APT.concat(args), { env: environment() });
    const locked = /Could not get lock|Unable to acquire the dpkg frontend lock|is held by process/.test(result.output);
    if (result.status === 0 || !locked || Date.now() > deadline) return result;
    await new Promise((resolve) => setTimeout(resolve, 3000));
  }
}

/** The package that stands in apt's way, as far as its words tell. */
function culprits(output, wanted) {
  const patterns = [
    /E: Unable to locate package (\S+)/g,
    /E: Package '?([^\s']+)'? has no installation candidate/g,
    /dpkg: error processing (?:package|archive) (\S+)/g,
    /E: Failed to fetch \S*\/([^/\s_]+)_\S*/g,
  ];
  const names = [];
  for (const pattern of patterns) {
    for (let match = pattern.exec(output); match !== null; match = pattern.exec(output)) names.push(match[1]);
  }
  const found = Array.from(new Set(names));
  return found.length > 0 ? found.join(', ') : wanted.join(', ');
}

function ask(question) {
  const dialog = readline.createInterface({ input: process.stdin, output: process.stderr });
  return new Promise((resolve) => {
    dialog.on('close', () => resolve('n'));
    dialog.question(question, (answer) => {
      resolve(answer.trim().toLowerCase());
      dialog.close();
    });
  });
}

async function confirm(missing, options, log, progress) {
  const dry = await log.try('apt-get', ['install', '--assume-no', '--no-install-recommends'].concat(missing), {
    env: environment(),
  });
  const size = (/^Need to get (.*) of archives/m.exec(dry.output) || [])[1];
  const space = (/^After this operation, (.*) of additional disk space/m.exec(dry.output) || [])[1];
  const sizes = size === undefined ? '' : ` (${size} to fetch${space === undefined ? '' : `, ${space} on disk`})`;
  progress.note(`Debian packages to install: ${missing.join(' ')}${sizes}`);
  if (options.yes) return;
  const answer = await ask('  Install them? [Y/n] ');
  if (answer !== '' && answer !== 'y' && answer !== 'yes') {
    throw new Failure(`Nothing was installed. By hand: apt-get install ${missing.join(' ')}`, 2);
  }
}

/** Whether our policy is there: that of an installation under way, or of one that was killed. */
function policyIsOurs() {
  return fs.existsSync(POLICY) && fs.readFileSync(POLICY, 'utf8') === POLICY_TEXT;
}

/** While packages are unpacked no service starts: nobody's port 53 is taken. A policy of the administrator's stays. */
async function withoutServices(work) {
  const ours = !fs.existsSync(POLICY) || policyIsOurs();
  if (ours) fs.writeFileSync(POLICY, POLICY_TEXT, { mode: 0o755 });
  const remove = () => {
    if (ours) fs.rmSync(POLICY, { force: true });
  };
  process.on('exit', remove);
  try {
    return await work();
  } finally {
    remove();
    process.removeListener('exit', remove);
  }
}

/** Whether apt refuses because an installation was cut short before: by kill -9, by a power cut. */
function cutShort(output) {
  return /dpkg was interrupted|Unmet dependencies|unmet dependencies|needs to be reinstalled/.test(output);
}

/** Installs packages; first brings an installation to its end that was cut short. */
async function install(log, packages) {
  const result = await apt(log, ['install'].concat(packages));
  if (result.status === 0 || !cutShort(result.output)) return result;
  await log.try('dpkg', ['--force-confold', '--configure', '-a'], { env: environment() });
  await apt(log, ['--fix-broken', 'install']);
  return apt(log, ['install'].concat(packages));
}

/**
 * Installs what is missing.
 * @throws Failure that names the package
 */
async function ensurePackages(packages, options, log, progress) {
  const first = missingOf(packages);
  if (first === undefined) {
    const lacking = packages.filter((name) => PROGRAMS[name] !== undefined && !has(PROGRAMS[name]));
    if (lacking.length === 0) return;
    throw new Failure(
      `This machine cannot: it is no Debian, and packages are installed on Debian only. Install what these Debian packages hold: ${packages.join(' ')}`,
      77,
    );
  }
  if (first.length === 0 && !policyIsOurs()) return;
  const release = await lock(OUR_LOCK, () => progress.note('another clone installs packages'));
  try {
    const missing = missingOf(packages);
    if (missing.length === 0) {
      if (policyIsOurs()) fs.rmSync(POLICY);
      return;
    }
    const known = childProcess.spawnSync('apt-cache', ['show', '--no-all-versions'].concat(missing), {
      stdio: 'ignore',
    });
    if (known.status !== 0) await apt(log, ['update']);
    await confirm(missing, options, log, progress);
    let result = await withoutServices(() => install(log, missing));
    if (
      result.status !== 0 &&
      /404 +Not Found|Unable to locate|no installation candidate|Failed to fetch/.test(result.output)
    ) {
      // The lists are older than the archive.
      await apt(log, ['update']);
      result = await withoutServices(() => install(log, missing));
    }
    const left = missingOf(packages);
    if (left.length > 0)
      throw new Failure(`A Debian package could not be installed: ${culprits(result.output, left)}.`);
  } finally {
    release();
  }
}

module.exports = { culprits, cutShort, ensurePackages };
