/** The thread in which one document is read: a large one takes a second and a hundred megabytes, then both are gone. */
import { parentPort, workerData } from 'node:worker_threads';
import type { TSchema } from 'typebox';
import type { Facts, Feature } from '../contract/feature.ts';
import { SixgateError } from '../model/errors.ts';
import { checkText } from './check-text.ts';

/** What the loader hands over. */
export interface LoadJob {
  readonly text: string;
  readonly file: string | undefined;
  readonly featuresModule: string;
  readonly facts: Facts | undefined;
}

const job = workerData as LoadJob;
try {
  const list = (await import(job.featuresModule)) as { features: readonly Feature[]; configSchema: TSchema };
  const { canonical, errors } = checkText(job.text, job.file, list.configSchema, list.features, job.facts);
  parentPort?.postMessage({ canonical, problems: errors.map((error) => error.toJSON()) });
} catch (error) {
  if (!(error instanceof SixgateError)) throw error;
  parentPort?.postMessage({ problems: [error.toJSON()] });
}
