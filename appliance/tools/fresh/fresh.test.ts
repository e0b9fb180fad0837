import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { assert, eventually, suite } from '../../../test/kit/suite.ts';
import { lineOf, momentOf, speedOf, tableOf } from './rows.ts';
import { childrenOf, Run } from './run.ts';

const test = suite('the parts of test:fresh');
const log = join(mkdtempSync(join(tmpdir(), 'fresh-')), 'log');
const env = { PATH: process.env.PATH ?? '' };
/** A program as `nsenter` runs one: it waits for another, which has a child of its own. */
const family = ['-c', 'sh -c "sleep 1000 & wait; true"; exit $?'];

test('a seed repeats the moments, another one changes them, and none leaves its limits', () => {
  const moments = Array.from({ length: 200 }, (_, seed) => momentOf(seed, 'a step', 500, 900));
  assert.equal(
    moments,
    Array.from({ length: 200 }, (_, seed) => momentOf(seed, 'a step', 500, 900)),
  );
  assert.ok(moments.every((moment) => moment >= 500 && moment <= 900));
  assert.ok(new Set(moments).size > 50);
  assert.not.is(momentOf(1, 'a step', 0, 1e6), momentOf(1, 'another', 0, 1e6));
});

test('what takes too long has failed, unless others keep the processors busy', () => {
  assert.equal(speedOf(9.9, 10, 0, 2), {});
  assert.equal(speedOf(10.2, 10, 2.9, 2), { why: '10.2 s is too long' });
  assert.equal(speedOf(10.2, 10, 3.1, 2), { note: 'not judged: load average 3.1, 2 processors' });
});

test('a row is told on one line, and kept in a table', () => {
  const good = { name: 'a', seconds: 1.26 };
  const bad = { name: 'b', seconds: 61, note: '1 | 2', why: 'it ended with 1' };
  assert.is(lineOf('trixie', good), 'ok    trixie: a  1.3 s');
  assert.is(lineOf('trixie', bad), 'FAIL  trixie: b  61.0 s  1 | 2; it ended with 1');
  assert.is(
    tableOf([good, bad]),
    '| step | time | |\n|---|---|---|\n| a | 1.3 s |  |\n| b | 61.0 s | **failed**: 1 \\| 2; it ended with 1 |',
  );
});

test('a program gives its status and its output, and the log has the lines', async () => {
  const { status, text } = await new Run('sh', ['-c', 'echo one; echo two >&2; exit 3'], { log, env, mark: '1| ' })
    .ended;
  assert.is(status, 3);
  assert.equal(text.split('\n').sort(), ['', 'one', 'two']);
  assert.match(readFileSync(log, 'utf8'), /^1\| one\n/m);
  assert.is((await new Run('no-such-program', [], { log, env }).ended).status, -1);
});

test('kill -9 meets the process that was typed, and what it started lives on', async () => {
  const run = new Run('sh', family, { log, env });
  const typed = await onlyChildOf(run.pid);
  const child = await onlyChildOf(typed);
  assert.ok(await run.killAfter(0, 'npm alone'));
  assert.ok(alive(child));
  process.kill(child, 'SIGKILL');
  await run.ended;
});

test('kill -9 of the process group leaves nobody', async () => {
  const run = new Run('sh', family, { log, env });
  const typed = await onlyChildOf(run.pid);
  const child = await onlyChildOf(typed);
  assert.ok(await run.killAfter(0, 'the process group'));
  await eventually(() => assert.not.ok(alive(child)));
  await run.ended;
});

test('who has ended before cannot be killed', async () => {
  const run = new Run('true', [], { log, env });
  assert.is(await run.killAfter(60_000, 'npm alone'), false);
  await run.ended;
});

function onlyChildOf(pid: number): Promise<number> {
  return eventually(() => {
    const [child] = childrenOf(pid);
    if (child === undefined) throw new Error(`${pid} has no child`);
    return child;
  });
}

/** Zombies are not: whoever takes over an orphan may leave it unreaped. */
function alive(pid: number): boolean {
  try {
    return !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}

test.run();
