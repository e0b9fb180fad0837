/** Stands for the daemon and its CLI in the kit's own tests. */
import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const [verb, , file] = process.argv.slice(2);
if (verb === 'run' && file !== undefined) {
  const config = readFileSync(file, 'utf8');
  if (!config.startsWith('version: 1')) {
    console.error(`${file}:1:1  CONFIG_INVALID  there is no version.`);
    process.exit(3);
  }
  console.log(`${config}ready`);
  setInterval(() => {}, 60_000);
} else if (verb === 'status') {
  process.stdout.write(readFileSync(join(tmpdir(), 'stub-status.json'), 'utf8'));
} else if (verb !== 'stop') {
  process.exit(2);
}
