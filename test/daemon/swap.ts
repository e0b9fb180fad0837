/** A gateway whose data path object a test can replace by a later version of it. */
import { appendFileSync, copyFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { GatewayOptions } from '../kit/gateway.ts';

const here = dirname(fileURLToPath(import.meta.url));
const built = resolve(here, '../../../build/sixgate.bpf.o');

/** Options for `lab.gateway`; the object is a copy of ours. */
export function swappable(): GatewayOptions {
  const object = join(tmpdir(), 'object.bpf.o');
  copyFileSync(built, object);
  return { main: join(here, 'upgrade-main.js'), env: { SIXGATE_TEST_OBJECT: object } };
}

/** Another object with the same maps: bytes behind the last section belong to nothing, but change its digest. */
export function nextVersion(): void {
  appendFileSync(join(tmpdir(), 'object.bpf.o'), 'a later version');
}
