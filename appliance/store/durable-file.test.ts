import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, unlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { assert, seen, suite } from '../../test/kit/suite.ts';
import type { SixgateError } from '../model/errors.ts';
import { type Crashpoint, DurableFile, makeDirectoryDurably, writeDurably } from './durable-file.ts';

const test = suite('store: durable files');

let directory = '';
let notices: string[] = [];
test.before.each(() => {
  directory = mkdtempSync(join(tmpdir(), 'sixgate-store-'));
  notices = [];
});
test.after.each(() => rmSync(directory, { recursive: true }));

const isNumber = (value: unknown): value is number => typeof value === 'number';

function open(crashpoint?: Crashpoint): DurableFile<number> {
  const onNotice = (error: SixgateError): void => {
    seen('error', error.code);
    notices.push(error.toString().replaceAll(directory, 'DIR'));
  };
  return new DurableFile(join(directory, 'n.json'), isNumber, {
    onNotice,
    ...(crashpoint === undefined ? {} : { crashpoint }),
  });
}

function fault(at: string): Crashpoint {
  return (name) => {
    if (name === at) throw new Error(`fault ${at}`);
  };
}

const content = (name: string): string => readFileSync(join(directory, name), 'utf8');

test('what was never written is null', async () => {
  assert.is(await open().read(), null);
  assert.equal(notices, []);
});

test('a write is read back, is nobody else’s, and keeps one backup', async () => {
  const file = open();
  await file.write(1);
  await file.write(2);
  assert.is(await open().read(), 2);
  assert.is(content('n.json.bak'), '1\n');
  assert.is(statSync(join(directory, 'n.json')).mode & 0o777, 0o600);
  assert.equal(readdirSync(directory).sort(), ['n.json', 'n.json.bak']);
});

test('writes follow one another in the order of the calls', async () => {
  const file = open();
  await Promise.all([1, 2, 3, 4, 5].map((value) => file.write(value)));
  assert.is(await open().read(), 5);
  assert.is(content('n.json.bak'), '4\n');
});

test.each(
  [
    ['n.json:after-write', 1],
    ['n.json:after-backup', 1],
    ['n.json:after-rename', 2],
    ['n.json:after-sync', 2],
  ] as const,
  ([at]) => `a fault at ${at} leaves a whole file`,
  async ([at, expected]) => {
    await open().write(1);
    await assert.rejects(open(fault(at)).write(2), /fault/);
    assert.is(await open().read(), expected);
    assert.equal(notices, []);
    assert.equal(
      readdirSync(directory).filter((name) => name.includes('.tmp')),
      [],
    );
  },
);

test('after a failed write the next one works', async () => {
  let broken = true;
  const file = open((name) => {
    if (broken && name === 'n.json:after-write') throw new Error('full');
  });
  await assert.rejects(file.write(1), /full/);
  broken = false;
  await file.write(2);
  assert.is(await file.read(), 2);
});

test.each(
  [
    ['', 'is empty'],
    ['{"a', 'is damaged'],
    ['"text"', 'has not the form that it should have'],
  ] as const,
  ([, what]) => `a file that ${what} is replaced by its backup, loudly`,
  async ([text, what]) => {
    const file = open();
    await file.write(1);
    await file.write(2);
    writeFileSync(join(directory, 'n.json'), text);
    const reader = open();
    assert.is(await reader.read(), 1);
    assert.equal(notices, [
      `STORE_BACKUP_USED  DIR/n.json ${what}; its backup is used. The last change may be lost; compare it with what you last applied.`,
    ]);
    await reader.write(3);
    assert.is(content('n.json.bak'), '1\n', 'the damaged content did not become the backup');
    assert.is(await open().read(), 3);
  },
);

test('a file that is gone is replaced by its backup too', async () => {
  const file = open();
  await file.write(1);
  await file.write(2);
  unlinkSync(join(directory, 'n.json'));
  assert.is(await open().read(), 1);
  assert.match(notices.join(), 'is gone; its backup is used');
});

test('when both are damaged, reading fails and says what to do', async () => {
  const file = open();
  await file.write(1);
  await file.write(2);
  for (const name of ['n.json', 'n.json.bak']) writeFileSync(join(directory, name), '{');
  await assert.rejects(open().read(), /n\.json is damaged, and so is its backup/);
  seen('error', 'STORE_CORRUPT');
});

test('what the disk refuses is an error with a name', async () => {
  await makeDirectoryDurably(join(directory, 'n.json'));
  await assert.rejects(open().read(), (error) => (error as SixgateError).code === 'STORE_UNREADABLE');
  await assert.rejects(writeDurably(join(directory, 'none', 'x'), 'x'), /ENOENT/);
  seen('error', 'STORE_UNREADABLE');
});

test('directories are made for their owner alone', async () => {
  const path = join(directory, 'a', 'b', 'c');
  await makeDirectoryDurably(path);
  await makeDirectoryDurably(path);
  assert.is(statSync(path).mode & 0o777, 0o700);
});

test.run();
