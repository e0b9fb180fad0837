/**
 * Mutated packets through the real program: it never aborts, what it forwards is judged by an independent reader,
 * intact packets pass in between, and every frame is accounted for. `SIXGATE_FUZZ_PACKETS` and `SIXGATE_FUZZ_SEED`
 * make it longer and different.
 */
import { writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { uncleanFrames } from '../kit/capture.ts';
import { PacketGateway, type TierName } from '../kit/datapath.ts';
import { readGolden } from '../kit/golden.ts';
import { mismatch } from '../kit/packet.ts';
import { assert, suite } from '../kit/suite.ts';
import { devices, interfaces } from '../nat64/packets.ts';
import { judge } from './check.ts';
import { mutations, repair } from './mutations.ts';
import { Random } from './random.ts';

const count = Number(process.env.SIXGATE_FUZZ_PACKETS ?? '10000');
const seed = Number(process.env.SIXGATE_FUZZ_SEED ?? '20260');
const CONTROL_EVERY = 100;
/** Frames that tshark looks at as well. */
const SAMPLE = 4_000;

// The first address has one port, which the golden packets' flows get; all others have room at the second.
const config = `${interfaces}
nat64:
  main:
    pool6: 64:ff9b::/96
    pool4: [{addresses: 198.51.100.10, ports: 2000-2000}, {addresses: 198.51.100.11}]
    limits: {sessions: 65536}
`;
const files = ['tcp', 'udp', 'echo', 'header', 'options', 'fragment', 'errors-4to6', 'errors-6to4', 'neighbour'];

/** A classic pcap file (microseconds, Ethernet). */
function pcap(frames: readonly Uint8Array[]): Uint8Array {
  const head = Buffer.alloc(24);
  for (const [at, value] of [0xa1b2c3d4, 0x00040002, 0, 0, 65_535, 1].entries()) head.writeUInt32LE(value, at * 4);
  return Buffer.concat([
    head,
    ...frames.flatMap((frame) => {
      const record = Buffer.alloc(16);
      record.writeUInt32LE(frame.length, 8);
      record.writeUInt32LE(frame.length, 12);
      return [record, frame];
    }),
  ]);
}

const test = suite('fuzz');

test(`${count} mutated packets from seed ${seed}`, async () => {
  const gateway = await PacketGateway.open(config, devices, { sessions: 65_536 });
  const random = new Random(seed);
  const seeds = files.flatMap((name) => readGolden(`nat64/${name}`).flatMap(({ steps }) => steps));
  const forwardable = seeds.filter(({ expected }) => expected.every(({ verdict }) => verdict === 'redirect'));
  const frames = seeds.map(({ frame }) => frame);
  const opening = ['tcp', 'udp', 'echo'].map((name) => readGolden(`nat64/${name}`)[name === 'tcp' ? 1 : 0]);
  const sample: { input: Uint8Array; output: Uint8Array }[] = [];
  const names = Object.keys(mutations);
  let forwarded = 0;
  let held = 0;
  let candidates = 0;
  const fail = (what: string, name: string, input: Uint8Array, output?: Uint8Array): void => {
    const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
    assert.unreachable(
      `${what}\n  ${name}\n  in  ${hex(input)}${output === undefined ? '' : `\n  out ${hex(output)}`}`,
    );
  };
  /** The opening of golden flows, which keep their sessions, and are compared byte by byte. */
  const control = (): void => {
    for (const golden of opening) {
      for (const step of golden?.steps.slice(0, 2) ?? []) {
        const [result] = gateway.run(step.frame, step.port);
        const expected = step.expected[0];
        if (result === undefined || expected === undefined) throw new Error('a golden step without expectation');
        const difference = mismatch(expected, result);
        if (difference !== undefined) fail(`an intact packet is not as expected\n${difference}`, 'intact', step.frame);
      }
    }
  };
  const tiers: readonly TierName[] = ['fast', 'fast', 'general', 'door'];

  control();
  for (let number = 0; number < count; number += 1) {
    if (number % CONTROL_EVERY === 0) {
      gateway.tier = random.pick(tiers);
      control();
    }
    const { frame, port } = random.pick(random.oneIn(4) ? seeds : forwardable);
    const name = names[number % names.length] as string;
    const mutated = (mutations[name] as (typeof mutations)[string])(frame, random, frames);
    const input = random.oneIn(5) ? mutated : repair(mutated);
    if (input.length < 14 || input.length > 3_000) continue;
    const results = gateway.run(input, port);
    const leaving = results.find(({ action }) => action !== 'drop');
    if (leaving !== undefined && leaving.action === 'redirect') forwarded += 1;
    for (const result of results) {
      if (result.reason === 'held') held += 1;
      if (result.action === 'aborted') fail('the program was aborted', name, input);
      if (result.reason === 'internal') fail('an internal look-up failed', name, input);
      const { problem, clean } = judge(input, result);
      if (problem !== undefined) fail(problem, name, input, result.frame);
      if (!clean || result.action !== 'redirect') continue;
      candidates += 1;
      const place = sample.length < SAMPLE ? sample.length : random.below(candidates);
      if (place < SAMPLE) sample[place] = { input, output: result.frame };
    }
  }

  assert.ok(names.length >= 20);
  const share = Math.round((forwarded / count) * 100);
  process.stdout.write(`${share} % forwarded, ${sample.length} in the sample\n`);
  assert.ok(share >= 30, `only ${share} % of the packets were forwarded`);
  const timeouts = ['lan', 'uplink'].map((name) => gateway.counters(name).dropped.frag_timeout ?? 0);
  assert.is(gateway.unaccounted() + timeouts.reduce((a, b) => a + b, 0), held);
  const badOf = async (side: 'input' | 'output'): Promise<Set<number>> => {
    const file = join(tmpdir(), `${side}.pcap`);
    writeFileSync(file, pcap(sample.map((pair) => pair[side])));
    return new Set(await uncleanFrames(file));
  };
  const before = await badOf('input');
  for (const index of await badOf('output')) {
    const pair = sample[index - 1];
    // What is wrong within a quote was so before.
    if (!before.has(index) && pair !== undefined) fail('tshark finds it malformed', 'sample', pair.input, pair.output);
  }
});

test.run();
