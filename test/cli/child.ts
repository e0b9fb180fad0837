/** The command line as a program of its own, whose `run` is a daemon with fake services. */
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startApi } from '../../appliance/api/server.ts';
import type { DaemonOptions } from '../../appliance/cli/cli.ts';
import { runCli } from '../../appliance/cli/run-cli.ts';
import { ConfigLoader } from '../../appliance/config/load.ts';
import { readDocument } from '../../appliance/config/text.ts';
import { configSchema, featuresModule } from '../../appliance/features/index.ts';
import { claimInstance, instancePaths } from '../../appliance/system/instance.ts';
import { fakeServices } from './fake-services.ts';

async function daemon({ instance, configFile }: DaemonOptions): Promise<number> {
  const paths = instancePaths(instance);
  const read = readDocument(configFile);
  if (!read.ok) throw read.error;
  const loaded = await new ConfigLoader({ featuresModule }).load(read.value, { file: configFile });
  if (!loaded.ok) throw loaded.error;
  process.stdout.write('starting\n');
  const release = await claimInstance(paths);
  const services = fakeServices();
  await services.apply({ text: loaded.value.text, file: configFile });
  const api = await startApi(paths.socket, instance, services, { checkReplies: true });
  let number = 0;
  const events = setInterval(() => {
    number++;
    services.events.send(
      number % 2 === 0 ? { type: 'link', port: 'lan', text: 'up' } : { reason: 'no_session', port: 'uplink' },
    );
  }, 5);
  const deaf = configFile.endsWith('deaf.yaml');
  await new Promise<void>((resolve) => process.on('SIGTERM', () => deaf || resolve()));
  clearInterval(events);
  await api.close();
  release();
  return 0;
}

async function detach(instance: string): Promise<void> {
  const path = join(instancePaths(instance).run, '..', 'detached');
  rmSync(path, { force: true });
  writeFileSync(path, instance);
}

process.exitCode = await runCli(process.argv.slice(2), process, {
  daemon,
  detach,
  version: '1.2.3',
  configSchema,
  featuresModule,
});
