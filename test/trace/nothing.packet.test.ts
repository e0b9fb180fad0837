/** Asking changes nothing: a thousand traces of every golden frame that there is, and the maps as they were. */
import { readdirSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PacketGateway } from '../kit/datapath.ts';
import { readGolden } from '../kit/golden.ts';
import { snapshot } from '../kit/snapshot.ts';
import { assert, suite } from '../kit/suite.ts';
import { traceFrame } from '../kit/traced.ts';
import { config, devices } from '../nat64/packets.ts';

const tests = resolve(dirname(fileURLToPath(import.meta.url)), '../../../test');
const TRACES = 1000;

/** Every frame of every feature that has goldens; in this world most are somebody's, and some are nobody's. */
const frames = readdirSync(tests)
  .flatMap((feature) => goldenNames(feature))
  .flatMap((name) => readGolden(name).flatMap(({ steps }) => steps));

function goldenNames(feature: string): string[] {
  try {
    return readdirSync(join(tests, feature, 'golden'))
      .filter((file) => file.endsWith('.txt'))
      .map((file) => `${feature}/${file.slice(0, -4)}`);
  } catch {
    return [];
  }
}

let gateway: PacketGateway;
const test = suite('trace: nothing is changed');
test.before(async () => {
  gateway = await PacketGateway.open(config, devices);
});

const known = (port: string): string => (devices.some(({ name }) => name === port) ? port : 'lan');
const maps = (): Record<string, string> => Object.fromEntries(snapshot(gateway.dataPath, gateway.portTables));

function traceAll(): Map<string, number> {
  const verdicts = new Map<string, number>();
  for (let i = 0; i < TRACES; i += 1) {
    const { frame, port } = frames[i % frames.length] as { frame: Uint8Array; port: string };
    const { verdict } = traceFrame(gateway, frame, known(port)).result;
    verdicts.set(verdict, (verdicts.get(verdict) ?? 0) + 1);
  }
  return verdicts;
}

test('a thousand traces before the first session', () => {
  const before = maps();
  const verdicts = traceAll();
  assert.equal(maps(), before);
  assert.equal([...verdicts.keys()].sort(), ['answer', 'drop', 'forward', 'fragment', 'pass']);
});

test('a thousand traces among the sessions that the same frames have made', () => {
  // Fragments end by themselves within seconds, which would be a change.
  for (const { frame, port } of frames) {
    if (traceFrame(gateway, frame, known(port)).result.verdict !== 'fragment') gateway.run(frame, known(port));
  }
  const before = maps();
  traceAll();
  assert.equal(maps(), before);
});

test('a frame that is sent is seen in the maps', () => {
  const before = maps();
  const { frame, port } = frames[0] as { frame: Uint8Array; port: string };
  gateway.run(frame, known(port));
  const after = maps();
  assert.ok(Object.keys(after).some((name) => after[name] !== before[name]));
});

test.run();
