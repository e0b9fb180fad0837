import type { AddCommand } from '../cli.ts';
import { addApply } from './apply.ts';
import { addDiff } from './diff.ts';
import { addDrops } from './drops.ts';
import { addExplain } from './explain.ts';
import { addMonitor } from './monitor.ts';
import { addRun } from './run.ts';
import { addSchema } from './schema.ts';
import { addSessions } from './sessions.ts';
import { addShow } from './show.ts';
import { addSrv6 } from './srv6.ts';
import { addStatus } from './status.ts';
import { addStop } from './stop.ts';
import { addTrace } from './trace.ts';
import { addValidate } from './validate.ts';

/** Every command, in the order of the help. */
export const commands: readonly AddCommand[] = [
  addRun,
  addStop,
  addValidate,
  addDiff,
  addApply,
  addShow,
  addSchema,
  addStatus,
  addSessions,
  addDrops,
  addExplain,
  addSrv6,
  addMonitor,
  addTrace,
];
