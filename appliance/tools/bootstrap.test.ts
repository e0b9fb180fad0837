import { spawn, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { assert, eventually, suite } from '../../test/kit/suite.ts';
import { archivesOf } from './fresh/settings.ts';

const repository = resolve(dirname(fileURLToPath(import.meta.url)), '../../..');
const script = join(repository, 'appliance/tools/bootstrap.cjs');
const require = createRequire(import.meta.url);
const parts = join(repository, 'appliance/tools/bootstrap');
const { lock } = require(join(parts, 'lock.cjs')) as {
  lock: (file: string, waiting: () => void) => Promise<() => void>;
};
const { modulesFresh } = require(join(parts, 'npm.cjs')) as { modulesFresh: (root: string) => boolean };
const { culprits, cutShort } = require(join(parts, 'apt.cjs')) as {
  culprits: (output: string, wanted: string[]) => string;
  cutShort: (output: string) => boolean;
};
const { sudoLine } = require(join(parts, 'machine.cjs')) as {
  sudoLine: (options: { name: string; args: string[] }) => string;
};

const test = suite('bootstrap');

test('an unknown verb is refused with the known ones', () => {
  const { status, stderr } = spawnSync(process.execPath, [script, 'dance'], { encoding: 'utf8' });
  assert.is(status, 2);
  assert.match(stderr, /^usage: bootstrap.cjs start\|test\|/);
});

test('another user than root gets the line to type, and a test run its closing line', () => {
  // Told so, not made so: a clone below /root can be read by root only.
  const other = join(mkdtempSync(join(tmpdir(), 'other-')), 'other.cjs');
  writeFileSync(other, 'process.getuid = () => 1000;');
  const run = (...args: string[]) =>
    spawnSync(process.execPath, ['--require', other, script, ...args], { encoding: 'utf8' });
  const { status, stdout, stderr } = run('test', 'nat64', '--yes');
  assert.is(status, 1);
  assert.match(stderr, /sudo .*npm test -- nat64\n/);
  assert.is(stdout, '0 passed, 1 failed\n');
  assert.is(run('start').stdout, '');
});

test('arguments are quoted for the shell', () => {
  assert.match(sudoLine({ name: 'test:all', args: ["it's", 'a b', 'x'] }), /npm run test:all -- 'it'\\''s' 'a b' x$/);
});

test('one holds the lock, the next waits until it is given back', async () => {
  const file = join(mkdtempSync(join(tmpdir(), 'lock-')), 'deep/lock');
  const release = await lock(file, () => {});
  let waited = false;
  const second = lock(file, () => {
    waited = true;
  });
  await eventually(() => assert.ok(waited));
  release();
  (await second)();
});

test('node_modules is fresh when it is what the lock file says', () => {
  assert.ok(modulesFresh(repository));
  const copy = mkdtempSync(join(tmpdir(), 'modules-'));
  assert.is(modulesFresh(copy), false);
  const entry = { version: '1.0.0' };
  const write = (name: string, packages: Record<string, unknown>) =>
    writeFileSync(join(copy, name), JSON.stringify({ packages }));
  mkdirSync(join(copy, 'node_modules/a'), { recursive: true });
  cpSync(join(repository, 'package.json'), join(copy, 'node_modules/a/package.json'));
  const elsewhere = { version: '1.0.0', optional: true, os: ['win32'] };
  write('package-lock.json', { '': {}, 'node_modules/a': entry, 'node_modules/b': elsewhere });
  write('node_modules/.package-lock.json', { 'node_modules/a': entry });
  assert.ok(modulesFresh(copy));
  write('package-lock.json', { '': {}, 'node_modules/a': { version: '1.0.1' } });
  assert.is(modulesFresh(copy), false);
});

test('the lock file names no registry', () => {
  const text = readFileSync(join(repository, 'package-lock.json'), 'utf8');
  assert.equal(text.match(/https?:\/\/[^"]*\.tgz/g), null);
});

test('the package that apt could not install is named', () => {
  const wanted = ['clang-19', 'curl'];
  assert.is(culprits('E: Unable to locate package clang-19\n', wanted), 'clang-19');
  assert.is(culprits('dpkg: error processing package curl (--configure):\n', wanted), 'curl');
  assert.is(culprits('E: Failed to fetch http://x/pool/c/curl/curl_8.1_amd64.deb  404\n', wanted), 'curl');
  assert.is(culprits('something else\n', wanted), 'clang-19, curl');
});

test('an installation that was cut short is recognised by the words of apt', () => {
  const words = "E: dpkg was interrupted, you must manually run 'dpkg --configure -a' to correct the problem. \n";
  assert.ok(cutShort(words));
  assert.ok(cutShort('The following packages have unmet dependencies:\n'));
  assert.not.ok(cutShort('E: Unable to locate package clang-19\n'));
});

test('who loses its parent while the machine is made ready does not begin', async () => {
  const program = `const { runToEnd } = require(${JSON.stringify(join(parts, 'run.cjs'))});
    const parent = process.ppid;
    console.log('ready');
    const watch = setInterval(() => {
      if (process.ppid === parent) return;
      clearInterval(watch);
      try {
        runToEnd(${JSON.stringify(repository)}, process.execPath, ['appliance/tools/demo.js'], ['--help']);
      } catch (error) {
        console.log(error.message);
      }
    }, 10);`;
  const npm = spawn('sh', ['-c', '"$@"; exit $?', 'npm', process.execPath, '-e', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  const closed = new Promise((done) => npm.stdout.on('close', done));
  npm.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  await eventually(() => assert.match(output, /^ready$/m));
  npm.kill('SIGKILL');
  await closed;
  assert.is(output, 'ready\nWhoever started this has ended.\n');
});

test('archives are read from both formats of apt', () => {
  const modern = 'Types: deb\nURIs: http://mirror.example/debian/\n\nURIs: http://mirror.example/debian-security\n';
  const old = '# deb http://no.example/debian x main\ndeb [signed-by=/k] https://old.example/debian bookworm main\n';
  assert.equal(archivesOf([modern]), {
    mirror: 'http://mirror.example/debian',
    security: 'http://mirror.example/debian-security',
  });
  assert.equal(archivesOf([old]), {
    mirror: 'https://old.example/debian',
    security: 'http://deb.debian.org/debian-security',
  });
});

test.run();
