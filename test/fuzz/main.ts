/**
 * `npm run test:fuzz`: the bounded long run. The suite's own test with 200,000 packets, in four processes one after
 * the other, always the same ones; SIXGATE_FUZZ_SEED asks for others. Last line: `N passed, N failed`.
 */
import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const RUNS = 4;
const PACKETS = 50_000;

const here = dirname(fileURLToPath(import.meta.url));
const args = ['--enable-source-maps', join(here, '../kit/runner.js'), '--verbose', '--file'];
const first = Number(process.env.SIXGATE_FUZZ_SEED ?? 83_128);
let failed = 0;
for (let seed = first; seed < first + RUNS; seed += 1) {
  const env = { SIXGATE_FUZZ_PACKETS: String(PACKETS), ...process.env, SIXGATE_FUZZ_SEED: String(seed) };
  const { status } = spawnSync(process.execPath, [...args, join(here, 'fuzz.packet.test.js')], {
    env,
    stdio: 'inherit',
  });
  if (status !== 0) failed += 1;
}
console.log(`${RUNS - failed} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;
