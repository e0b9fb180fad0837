/**
 * `npm run test:fresh [-- bookworm|trixie …] [--seed N] [--starts] [--dirty] [--keep]`: a newcomer's first hour. Makes a
 * bare Debian root, puts the distribution's own nodejs and npm and a fresh clone into it, and types the two commands of
 * the README: once, once more, after a kill -9 at a random moment, and in two clones at once.
 *
 * `--seed` repeats the moments of a run, which it prints; `--starts` leaves `npm test` out; `--dirty` adds what is not
 * committed; `--keep` leaves the roots.
 *
 * The kernel is this machine's. Mirror, proxies, certificates and npm registry are this machine's too; credentials are
 * not copied. Logs: .sixgate/fresh-SUITE.log. Last line: `N passed, N failed`.
 */
import { parseArgs } from 'node:util';
import type { Row } from './fresh/rows.ts';
import { freshMachine } from './fresh/scenario.ts';
import { readSettings } from './fresh/settings.ts';

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      dirty: { type: 'boolean', default: false },
      keep: { type: 'boolean', default: false },
      starts: { type: 'boolean', default: false },
      seed: { type: 'string', default: String(Math.floor(Math.random() * 2 ** 31)) },
    },
  });
  const seed = Number(values.seed);
  if (!Number.isSafeInteger(seed)) throw new Error('--seed wants a number');
  console.log(`moments by --seed ${seed}`);
  const suites = positionals.length > 0 ? positionals : ['bookworm', 'trixie'];
  const settings = readSettings();
  const rows: Row[] = [];
  for (const suite of suites) rows.push(...(await freshMachine(suite, settings, { ...values, seed })));
  const failed = rows.filter((row) => row.why !== undefined).length;
  console.log(`${rows.length - failed} passed, ${failed} failed`);
  return failed > 0 ? 1 : 0;
}

process.exitCode = await main();
