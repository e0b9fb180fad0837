/** Sixgate with another data path object: SIXGATE_TEST_OBJECT names it. For tests that swap programs. */
import { resolve } from 'node:path';
import { runCli } from '../../appliance/cli/run-cli.ts';
import { detachInstance } from '../../appliance/daemon/detach.ts';
import { serve } from '../../appliance/daemon/serve.ts';
import { configSchema, featuresModule } from '../../appliance/features/index.ts';
import { instancePaths } from '../../appliance/system/instance.ts';

const version = '0.0.0-test';

process.exitCode = await runCli(process.argv.slice(2), process, {
  version,
  configSchema,
  featuresModule,
  daemon: ({ instance, configFile }) =>
    serve({
      paths: instancePaths(instance),
      configFile: resolve(configFile),
      objectFile: process.env.SIXGATE_TEST_OBJECT as string,
      version,
    }),
  detach: (instance) => detachInstance(instancePaths(instance)),
});
