import { writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkClean, readFields } from '../kit/lab.ts';
import { assert, suite } from '../kit/suite.ts';
import { cases, wayBack } from './cases.ts';
import { sumOf, template } from './frames.ts';
import { pcap, type Row } from './measure.ts';
import { ratios, readBars } from './report.ts';

const test = suite('bench');

const ends = {
  destinationMac: '02:00:00:00:00:02',
  source: '2001:db8:2::1:0',
  destination: '64:ff9b::203.0.113.1',
  sourcePort: 1024,
  destinationPort: 9000,
  vary: 'sources',
} as const;

/** What gen.bpf.c makes of a template for one flow. */
function frameOf({ frame, fields, l3, l4 }: ReturnType<typeof template>, flow: number): Uint8Array {
  const made = frame.slice();
  const view = new DataView(made.buffer);
  const sums = { l3: l3?.base ?? 0, l4: l4.base };
  for (const field of fields) {
    view.setUint16(field.offset, field.add + ((flow >> field.shift) & field.mask));
    const value = made.subarray(field.offset, field.offset + 2);
    if (field.inL3) sums.l3 += sumOf(value);
    if (field.inL4) sums.l4 += sumOf(value);
  }
  const folded = (sum: number): number => ~((sum & 0xffff) + (sum >> 16)) & 0xffff;
  if (l3 !== undefined) view.setUint16(l3.offset, folded(sums.l3), true);
  view.setUint16(l4.offset, folded(sums.l4), true);
  return made;
}

function written(name: string, frames: readonly Uint8Array[]): string {
  const file = join(tmpdir(), `${name}-${process.pid}.pcap`);
  writeFileSync(file, pcap(frames.map((frame) => ({ length: frame.length, frame }))));
  return file;
}

test('frames of both families have right checksums, whatever the flow', async () => {
  const four = template({ ...ends, source: '10.2.1.0', destination: '203.0.113.1', vary: 'ports' });
  const flows = [0, 1, 255, 40_000, 200_000];
  const file = written(
    'bench-frames',
    [four, template(ends)].flatMap((one) => flows.map((flow) => frameOf(one, flow))),
  );
  await checkClean(file);
  const packets = await readFields(file, ['frame.len', 'udp.srcport']);
  assert.equal(
    packets.map((packet) => packet['frame.len']),
    [...flows.map(() => '64'), ...flows.map(() => '84')],
  );
  assert.equal(packets[3]?.['udp.srcport'], String(1024 + (40_000 & 0x7fff)));
});

test('a wrong checksum does not pass', async () => {
  const frame = frameOf(template(ends), 1);
  frame[70] = 99;
  await assert.rejects(() => checkClean(written('bench-wrong', [frame])), /wrong checksums/);
});

const row = (name: string, netNs: number): Row => ({
  ...{ name, netNs, title: name, cpuNs: netNs, spread: 0, generatorNs: 60, disturbed: 0, packets: 1 },
});

test('ratios: how many packets in the time of the other, and good from the bar on', () => {
  const bars = [{ row: 'own', against: 'other', goal: 3, bar: 2 }];
  assert.equal(ratios([row('own', 100), row('other', 200)], bars), [
    { ...(bars[0] as (typeof bars)[number]), ratio: 2, good: true },
  ]);
  assert.equal(ratios([row('own', 101), row('other', 200)], bars)[0]?.good, false);
  assert.equal(ratios([row('own', -1), row('other', -200)], bars)[0]?.good, false);
  assert.equal(ratios([row('own', 100)], bars), []);
});

test('every bar is about rows that are measured', () => {
  const names = [...cases(), wayBack({ address: '198.51.100.16', port: 2000 })].map(({ name }) => name);
  const bars = readBars([]);
  assert.ok(bars.length > 0);
  assert.equal(
    bars.flatMap(({ row, against }) => [row, against]).filter((name) => !names.includes(name)),
    [],
  );
  assert.equal(readBars(['no such row']), []);
});

test.run();
