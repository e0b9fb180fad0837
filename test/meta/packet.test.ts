import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { dissect, problemsOf } from '../kit/oracle.ts';
import { checkComparison, goldenTests, mismatch, type PacketResult, parseGolden, readGolden } from '../kit/packet.ts';
import { trial } from '../kit/scope.ts';
import { assert, suite } from '../kit/suite.ts';

const generator = resolve(dirname(fileURLToPath(import.meta.url)), '../../../test/kit/golden-gen.py');
const cases = readGolden('meta/example');

const test = suite('golden packets');

/** Stands for a program that does everything right, by looking the answer up. */
function perfect(frame: Uint8Array): PacketResult {
  for (const step of cases.flatMap((golden) => golden.steps)) {
    const expected = step.expected[0];
    if (expected === undefined || Buffer.compare(step.frame, frame) !== 0) continue;
    return {
      action: expected.verdict,
      frame: expected.frame ?? new Uint8Array(),
      ...(expected.port === undefined ? {} : { port: expected.port }),
      ...(expected.reason === undefined ? {} : { reason: expected.reason }),
    };
  }
  throw new Error('a frame that no case holds');
}

goldenTests(test, 'meta/example', perfect);

test('a file is read with its steps and masks', () => {
  assert.equal(
    cases.map((golden) => golden.steps.length),
    [2, 2, 6],
  );
  const expected = cases[0]?.steps[0]?.expected[0];
  assert.is(expected?.verdict, 'redirect');
  assert.is(expected?.port, 'uplink');
  assert.equal(
    expected?.masks.map((mask) => [mask.from, mask.to]),
    [
      [18, 19],
      [24, 25],
    ],
  );
  assert.is(cases[1]?.steps[1]?.expected[0]?.reason, 'HOP_LIMIT');
});

test('a difference names the field', () => {
  const expected = cases[0]?.steps[0]?.expected[0];
  if (expected?.frame === undefined) return assert.unreachable();
  const frame = Uint8Array.from(expected.frame);
  frame[22] = 62;
  assert.match(
    mismatch(expected, { action: 'redirect', port: 'uplink', frame }) ?? '',
    /22 {2}ipv4.ttl +expected 3f\n.*actual {3}3e/,
  );
  assert.match(
    mismatch(expected, { action: 'drop', reason: 'X', frame }) ?? '',
    'expected redirect uplink, actual drop X',
  );
  assert.match(
    mismatch(expected, { action: 'redirect', port: 'lan', frame: expected.frame }) ?? '',
    'actual redirect lan',
  );
  const masked = Uint8Array.from(expected.frame);
  masked[18] = 0xee;
  assert.is(mismatch(expected, { action: 'redirect', port: 'uplink', frame: masked }), undefined);
});

test('the proof notices a comparison that is blind', () => {
  const expected = cases[0]?.steps[0]?.expected[0];
  const drop = cases[1]?.steps[1]?.expected[0];
  if (expected?.frame === undefined || drop === undefined) return assert.unreachable();
  const good: PacketResult = { action: 'redirect', port: 'uplink', frame: expected.frame };
  assert.is(checkComparison(expected, good), undefined);
  const differs = 'differs';
  assert.throws(() => checkComparison(expected, good, () => undefined), /does not notice byte 0/);
  assert.throws(() => checkComparison(expected, good, () => differs), /does not notice that byte 18 is masked/);
  const frameOnly: typeof mismatch = (wanted, result) =>
    mismatch({ ...expected, ...(wanted.frame && { frame: wanted.frame }) }, result);
  assert.throws(() => checkComparison(expected, good, frameOnly), /another verdict/);
  const noLength: typeof mismatch = (wanted, result) =>
    wanted.frame?.length === result.frame.length ? mismatch(wanted, result) : undefined;
  assert.throws(() => checkComparison(expected, good, noLength), /the length/);
  const noPort: typeof mismatch = (wanted, result) => mismatch({ ...wanted, port: 'uplink' }, result);
  assert.throws(() => checkComparison(expected, good, noPort), /another port/);
  const dropped: PacketResult = { action: 'drop', reason: 'HOP_LIMIT', frame: new Uint8Array() };
  assert.throws(() => checkComparison(drop, dropped, () => undefined), /another reason/);
});

test.each(
  [
    ['a step before a case', 'in lan\n', /before the first case/],
    ['no dump', 'case x\nin lan\n  Ether()\npass\n', /no dump/],
    ['no expression', 'case x\nin lan\n  0000  01\npass\n', /no scapy expression/],
    ['no expectation', 'case x\nin lan\n  Ether()\n  0000  01\n', /no expectation/],
    ['no input', 'case x\n', /no input/],
    ['an expectation first', 'case x\npass\n', /before the first input/],
    [
      'an unknown expectation',
      'case x\nin lan\n  Ether()\n  0000  01\nout sideways\n  Ether()\n  0000  01\n',
      /is no expectation/,
    ],
    [
      'a mask outside',
      'case x\nin lan\n  Ether()\n  0000  01\nout tx\n  mask 1-2 why\n  Ether()\n  0000  01\n',
      /outside of an expected frame/,
    ],
    ['a mask without reason', 'case x\nin lan\n  Ether()\n  0000  01\nout tx\n  mask 0\n', /mask FROM-TO why/],
    ['a wrong offset', 'case x\nin lan\n  Ether()\n  0001  01\npass\n', /offset of the dump/],
    ['the same title twice', 'case x\nin lan\n  Ether()\n  0000  01\npass\ncase x\n', /title of its own/],
    ['nothing', '', /there is no case/],
  ] as const,
  ([name]) => `refuses a file with ${name}`,
  ([, text, expected]) => assert.throws(() => parseGolden(text, 'x.txt'), expected),
);

test('a wrong result fails the test', async () => {
  const { runGolden } = await import('../kit/packet.ts');
  const golden = cases[0];
  if (golden === undefined) return assert.unreachable();
  let failure = '';
  await trial(() => runGolden(golden, (frame) => ({ action: 'pass', frame }))).catch((error: unknown) => {
    failure = String(error);
  });
  assert.match(failure, /example.txt:\d+: not as expected/);
});

test('the generator refuses a dump that scapy does not make', () => {
  const directory = mkdtempSync(join(tmpdir(), 'golden-'));
  const file = join(directory, 'wrong.txt');
  writeFileSync(
    file,
    'case x\nin lan\n  Ether(src="02:00:00:00:00:02", dst="02:00:00:00:00:01", type=0x86dd)\n  0000  02 00 00 00 00 01 02 00 00 00 00 02 86 de\npass\n',
  );
  assert.throws(
    () => execFileSync('/usr/bin/python3', [generator, '--check', file], { encoding: 'utf8', stdio: 'pipe' }),
    /Command failed/,
  );
  execFileSync('/usr/bin/python3', [generator, file], { stdio: 'pipe' });
  assert.match(
    execFileSync('/usr/bin/python3', [generator, '--check', file], { encoding: 'utf8' }),
    '1 golden files are what scapy makes',
  );
  rmSync(directory, { recursive: true });
});

const frames = cases.flatMap((golden) => golden.steps.map((step) => step.frame));

test.each(
  frames.map((frame, index) => ({ frame, index })),
  ({ frame, index }) => `the oracle finds nothing wrong with frame ${index}: ${dissect(frame).headers.join(' ')}`,
  ({ frame }) => assert.equal(problemsOf(frame), []),
);

test('the oracle notices each flipped byte that a checksum or a length covers', () => {
  for (const frame of frames.filter(
    (candidate) => !['arp', 'fragment'].some((name) => dissect(candidate).headers.includes(name)),
  )) {
    const start = dissect(frame).headers.includes('vlan') ? 18 : 14;
    // From the IP addresses on every byte is covered, by the header's or the payload's checksum.
    const covered = dissect(frame).headers.includes('ipv6') ? start + 8 : start;
    for (let offset = covered; offset < frame.length; offset += 1) {
      if (dissect(frame).headers.includes('routing') && offset < start + 40 + 40) continue;
      const broken = Uint8Array.from(frame);
      broken[offset] = (broken[offset] ?? 0) ^ 0x41;
      assert.ok(problemsOf(broken).length > 0, `byte ${offset} of ${dissect(frame).headers.join(' ')}`);
    }
  }
});

test('the oracle notices frames that are cut off or too long', () => {
  for (const frame of frames.filter((candidate) => !dissect(candidate).headers.includes('arp'))) {
    assert.ok(problemsOf(frame.subarray(0, -1)).length > 0);
    assert.ok(problemsOf(Uint8Array.from([...frame, 0])).length > 0);
    assert.equal(problemsOf(Uint8Array.from([...frame, 0]), { padding: true }), []);
    for (let length = 0; length < 40; length += 1) assert.ok(problemsOf(frame.subarray(0, length)).length > 0);
  }
});

test.run();
