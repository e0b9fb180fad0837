import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { assert, seen, suite } from '../../test/kit/suite.ts';
import type { SixgateError } from '../model/errors.ts';
import { Revisions, type RevisionsOptions } from './revisions.ts';

const test = suite('config: revisions');

let directory = '';
let notices: string[] = [];
test.before.each(() => {
  directory = join(mkdtempSync(join(tmpdir(), 'sixgate-revisions-')), 'history');
  notices = [];
});
test.after.each(() => rmSync(join(directory, '..'), { recursive: true }));

function open(more: Partial<RevisionsOptions> = {}): Promise<Revisions> {
  const onNotice = (error: SixgateError): void => {
    seen('error', error.code);
    notices.push(error.code);
  };
  return Revisions.open(directory, { onNotice, now: () => new Date(0), ...more });
}

const doc = (n: number) => ({
  text: `# ${n}\nversion: 1\n`,
  canonical: `{"version":1,"n":${n}}`,
  file: 'gateway.yaml',
  by: 'ops',
});

async function apply(revisions: Revisions, n: number): Promise<void> {
  await revisions.activate((await revisions.store(doc(n))).number);
}

test('an empty history has no active revision', async () => {
  const revisions = await open();
  assert.equal(revisions.pointer, { active: 0, previous: 0 });
  assert.is(await revisions.readActive(), undefined);
  assert.equal(await revisions.list(), []);
});

test('stored, then activated, then found again', async () => {
  const revisions = await open();
  const stored = await revisions.store(doc(1));
  assert.equal(revisions.pointer, { active: 0, previous: 0 });
  await revisions.activate(stored.number);
  await apply(revisions, 2);
  const again = await open();
  assert.equal(again.pointer, { active: 2, previous: 1 });
  const active = await again.readActive();
  assert.equal(active, {
    number: 2,
    at: '1970-01-01T00:00:00.000Z',
    by: 'ops',
    file: 'gateway.yaml',
    hash: active?.hash as string,
    ...{ text: '# 2\nversion: 1\n', canonical: '{"version":1,"n":2}' },
  });
  assert.equal(
    (await again.list()).map(({ number, by }) => `${number} ${by}`),
    ['2 ops', '1 ops'],
  );
  assert.is(statSync(join(directory, 'r2.json')).mode & 0o777, 0o600);
});

test('a revision that was stored and never activated does not count as active, and its number is not used again', async () => {
  const revisions = await open();
  await apply(revisions, 1);
  await revisions.store(doc(2));
  const again = await open();
  assert.is((await again.readActive())?.number, 1);
  assert.is((await again.store(doc(3))).number, 3);
});

test.each(
  [
    'r2.json:after-write',
    'r2.json:after-rename',
    'after-history-write',
    'state.json:after-write',
    'state.json:after-backup',
    'state.json:after-rename',
    'after-activate',
  ],
  (at) => `a crash at ${at} leaves the old or the new configuration`,
  async (at) => {
    await apply(await open(), 1);
    const crashpoint = (name: string): void => {
      if (name === at) throw new Error('crash');
    };
    await assert.rejects(
      open({ crashpoint }).then((revisions) => apply(revisions, 2)),
      /crash/,
    );
    const isDone = ['state.json:after-rename', 'after-activate'].includes(at);
    const again = await open();
    assert.is((await again.readActive())?.number, isDone ? 2 : 1);
    assert.equal(notices, []);
    await apply(again, 3);
    assert.match((await (await open()).readActive())?.text ?? '', '# 3');
  },
);

test('activating the active one keeps the previous one', async () => {
  const revisions = await open();
  await apply(revisions, 1);
  await apply(revisions, 2);
  await revisions.activate(2);
  assert.equal(revisions.pointer, { active: 2, previous: 1 });
  await revisions.activate(1);
  assert.equal((await open()).pointer, { active: 1, previous: 2 });
});

test('a damaged active revision gives way to the previous one, loudly', async () => {
  const revisions = await open();
  await apply(revisions, 1);
  await apply(revisions, 2);
  const path = join(directory, 'r2.json');
  writeFileSync(path, readFileSync(path, 'utf8').replace('\\"n\\":2', '\\"n\\":9'));
  assert.is((await revisions.readActive())?.number, 1);
  assert.equal(notices, ['REVISION_FALLBACK']);
  await assert.rejects(revisions.read(2), (error) => (error as SixgateError).code === 'REVISION_CORRUPT');
  writeFileSync(join(directory, 'r1.json'), '');
  await assert.rejects(revisions.readActive(), (error) => (error as SixgateError).code === 'REVISION_CORRUPT');
  seen('error', 'REVISION_CORRUPT');
});

test('a damaged pointer gives way to its backup, loudly', async () => {
  const revisions = await open();
  await apply(revisions, 1);
  await apply(revisions, 2);
  writeFileSync(join(directory, 'state.json'), '{"active":"2"}');
  const again = await open();
  assert.equal(again.pointer, { active: 1, previous: 0 });
  assert.equal(notices, ['STORE_BACKUP_USED']);
  assert.is((await again.store(doc(3))).number, 3);
});

test('an unknown revision is an error', async () => {
  const revisions = await open();
  for (const failing of [() => revisions.read(7), () => revisions.activate(7)]) {
    await assert.rejects(failing, (error) => (error as SixgateError).code === 'REVISION_UNKNOWN');
  }
  seen('error', 'REVISION_UNKNOWN');
});

test('old revisions go, the active and the previous one stay', async () => {
  const revisions = await open({ keep: 2 });
  for (const n of [1, 2, 3]) await apply(revisions, n);
  await revisions.activate(2);
  for (const n of [4, 5]) await revisions.store(doc(n));
  await revisions.activate(3);
  assert.equal(revisions.numbers, [2, 3, 4, 5]);
  assert.equal(readdirSync(directory).sort(), [
    'r2.json',
    'r3.json',
    'r4.json',
    'r5.json',
    'state.json',
    'state.json.bak',
  ]);
});

test('leftovers of a crash are swept away', async () => {
  await apply(await open(), 1);
  writeFileSync(join(directory, 'r2.json.1.ab.tmp'), '');
  writeFileSync(join(directory, 'state.json.1.ab.tmp.bak'), '');
  await open();
  assert.equal(readdirSync(directory).sort(), ['r1.json', 'state.json']);
});

test.run();
