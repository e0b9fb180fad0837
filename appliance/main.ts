#!/usr/bin/env node
/** Composition root: puts the daemon under the command line. No logic. */
import { readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runCli } from './cli/run-cli.ts';
import { configSchema, featuresModule } from './features/index.ts';
import { instancePaths } from './system/instance.ts';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };

process.exitCode = await runCli(process.argv.slice(2), process, {
  version,
  configSchema,
  featuresModule,
  // Loaded when needed: most commands only talk to the daemon, and start faster without the kernel's libraries.
  daemon: async ({ instance, configFile }) => {
    const { serve } = await import('./daemon/serve.ts');
    return serve({
      paths: instancePaths(instance),
      configFile: resolve(configFile),
      objectFile: join(root, 'build/sixgate.bpf.o'),
      version,
    });
  },
  detach: async (instance) => {
    const { detachInstance } = await import('./daemon/detach.ts');
    await detachInstance(instancePaths(instance));
  },
});
