import { setTimeout as delay } from 'node:timers/promises';
import type { Command } from 'commander';
import { parseDuration } from '../../model/duration.ts';
import { SixgateError } from '../../model/errors.ts';
import { type InstancePaths, isAlive, runningDaemon } from '../../system/instance.ts';
import type { AddCommand, Cli } from '../cli.ts';
import { printLines } from '../output.ts';
import { withFormat } from './format-option.ts';

const LOOK_EVERY_MS = 20;

export const addStop: AddCommand = (program, cli) => {
  program
    .command('stop')
    .description('end the daemon; established traffic goes on being forwarded unless --detach is given')
    .option('--detach', 'take the data path off the interfaces as well: this gateway then forwards nothing')
    .addOption(withFormat('--within <duration>', 'time that the daemon may take', 'duration').default('10s'))
    .action(async (options: { detach?: true; within: string }, command: Command) => {
      const paths = cli.paths(command);
      const pid = await end(cli, paths, options.within);
      const what = pid === undefined ? `${paths.name} was not running` : `${paths.name} ended (process ${pid})`;
      if (options.detach) {
        await cli.parts.detach(paths.name);
        printLines(cli.io, [`${what}; the data path is off`]);
        return;
      }
      const goesOn = `The data path, if attached, goes on:   sixgate stop --detach --instance ${paths.name} takes it off`;
      printLines(cli.io, [what, goesOn]);
    });
};

/** @returns the process that ended; undefined if none ran */
async function end(cli: Cli, paths: InstancePaths, within: string): Promise<number | undefined> {
  const daemon = runningDaemon(paths);
  if (daemon === undefined) return undefined;
  try {
    process.kill(daemon.pid, 'SIGTERM');
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'ESRCH') return daemon.pid;
    throw new SixgateError('STOP_DENIED', `You may not end process ${daemon.pid}`, {
      hint: 'Type sudo in front of it',
      cause,
    });
  }
  for (const deadline = performance.now() + (parseDuration(within) ?? 0); isAlive(daemon); ) {
    if (performance.now() > deadline) {
      const sentence = `Process ${daemon.pid} did not end within ${within}`;
      throw new SixgateError('STOP_TOO_SLOW', sentence, {
        hint: `Look at its log, or type kill -9 ${daemon.pid}: traffic goes on meanwhile`,
      });
    }
    await delay(LOOK_EVERY_MS, undefined, { signal: cli.signal });
  }
  return daemon.pid;
}
