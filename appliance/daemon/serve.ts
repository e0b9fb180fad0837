import { writeSync } from 'node:fs';
import { destination, pino } from 'pino';
import { type Daemon, type DaemonOptions, startDaemon } from './daemon.ts';

/** sysexits.h: EX_SOFTWARE. */
const EXIT_SOFTWARE = 70;
const END_WITHIN_MS = 2_000;

/**
 * Runs the daemon until SIGTERM or SIGINT: the first ends it in order, a second one at once. SIGHUP reads the
 * configuration file again. Logs are JSON lines on stderr; stdout has only the line `ready`.
 * @returns exit status
 * @throws what startDaemon throws
 */
export async function serve(options: Omit<DaemonOptions, 'log' | 'onReady'>): Promise<number> {
  // Synchronous: the last line before a crash is the one that counts.
  const log = pino({ base: { instance: options.paths.name } }, destination({ dest: 2, sync: true }));
  process.on('uncaughtException', (error) => {
    writeSync(
      2,
      `${JSON.stringify({ level: 60, msg: 'crash', err: { message: error.message, stack: error.stack } })}\n`,
    );
    process.exit(EXIT_SOFTWARE);
  });
  const daemon = await startDaemon({
    ...options,
    log,
    onReady: () => {
      log.info('ready');
      process.stdout.write('ready\n');
    },
  });
  await untilTold(daemon);
  log.info('ended; forwarding goes on');
  return 0;
}

function untilTold(daemon: Daemon): Promise<void> {
  return new Promise((resolve) => {
    let ending = false;
    const end = (): void => {
      if (ending) process.exit(0);
      ending = true;
      setTimeout(() => process.exit(0), END_WITHIN_MS).unref();
      void daemon.stop().then(resolve);
    };
    process.on('SIGTERM', end);
    process.on('SIGINT', end);
    process.on('SIGHUP', () => void daemon.reload());
  });
}
