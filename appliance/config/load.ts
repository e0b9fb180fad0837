import { createHash } from 'node:crypto';
import { Worker } from 'node:worker_threads';
import type { Config, Facts } from '../contract/feature.ts';
import { ConfigErrors, type ErrorKind, type Problem, SixgateError } from '../model/errors.ts';
import { fail, ok, type Result } from '../model/result.ts';
import type { LoadJob } from './load-worker.ts';
import { decodeText } from './text.ts';

/** A document that may be applied. */
export interface LoadedConfig {
  /** The text as it was given. */
  readonly text: string;
  readonly file?: string;
  readonly config: Config;
  /** JSON with sorted keys. */
  readonly canonical: string;
  /** SHA-256 of `canonical`, in hex: same hash, same configuration. */
  readonly hash: string;
  /** Errors of the tolerated kind. */
  readonly tolerated: readonly SixgateError[];
}

export interface LoadOptions {
  /** Name of the file in positions. */
  readonly file?: string;
  /** What is known of the gateway; without it only the document itself is checked. */
  readonly facts?: Facts;
  /** `missing-interface` when a daemon starts: the device may come later. */
  readonly tolerate?: ErrorKind;
}

export interface LoaderOptions {
  /** Module that exports `features` and `configSchema` (features/index.ts: `featuresModule`). */
  readonly featuresModule: string;
  /** Time that reading one document may take. */
  readonly timeLimitMs?: number;
  /** JavaScript heap that reading one document may take. */
  readonly memoryLimitMb?: number;
}

interface Reply {
  readonly canonical?: string;
  readonly problems: readonly Problem[];
}

/** Reads documents, one at a time, each in a thread that ends with it. */
export class ConfigLoader {
  readonly #options: Required<LoaderOptions>;
  #last: Promise<unknown> = Promise.resolve();

  constructor(options: LoaderOptions) {
    this.#options = { timeLimitMs: 30_000, memoryLimitMb: 512, ...options };
  }

  /**
   * Reads and checks a YAML document.
   * @param source text, or bytes as they stand in the file
   * @returns the configuration, or every error with its position, sorted by line
   */
  load(source: string | Uint8Array, options: LoadOptions = {}): Promise<Result<LoadedConfig, ConfigErrors>> {
    const decoded = decodeText(source, options.file);
    if (!decoded.ok) return Promise.resolve(fail(new ConfigErrors([decoded.error])));
    const turn = this.#last.then(() => this.#read(decoded.value, options));
    this.#last = turn.catch(() => undefined);
    return turn;
  }

  async #read(text: string, options: LoadOptions): Promise<Result<LoadedConfig, ConfigErrors>> {
    const { featuresModule } = this.#options;
    const reply = await this.#run({ text, file: options.file, featuresModule, facts: options.facts });
    const errors = reply.problems.map(SixgateError.fromProblem);
    const isTolerated = (error: SixgateError): boolean => error.kind !== undefined && error.kind === options.tolerate;
    if (reply.canonical === undefined || !errors.every(isTolerated)) return fail(new ConfigErrors(errors));
    const { canonical } = reply;
    return ok({
      text,
      ...(options.file === undefined ? {} : { file: options.file }),
      config: JSON.parse(canonical) as Config,
      canonical,
      hash: hashOf(canonical),
      tolerated: errors,
    });
  }

  #run(job: LoadJob): Promise<Reply> {
    const { timeLimitMs, memoryLimitMb } = this.#options;
    return new Promise((resolve) => {
      const worker = new Worker(new URL('./load-worker.js', import.meta.url), {
        workerData: job,
        resourceLimits: { maxOldGenerationSizeMb: memoryLimitMb, stackSizeMb: 4 },
      });
      const refuse = (code: string, sentence: string): void => {
        const at = { ...(job.file === undefined ? {} : { file: job.file }), line: 1, column: 1 };
        const hint = 'Make the document smaller or less nested';
        finish({ problems: [new SixgateError(code, sentence, { at, hint }).toJSON()] });
      };
      const timer = setTimeout(
        () => refuse('CONFIG_TOO_SLOW', `The document could not be read within ${timeLimitMs / 1000} seconds`),
        timeLimitMs,
      );
      const finish = (reply: Reply): void => {
        clearTimeout(timer);
        resolve(reply);
        void worker.terminate();
      };
      worker.once('message', finish);
      worker.once('error', (error: Error & { code?: string }) => {
        if (error.code === 'ERR_WORKER_OUT_OF_MEMORY') {
          refuse('CONFIG_TOO_LARGE', `The document takes more than ${memoryLimitMb} MB to read`);
        } else if (error instanceof RangeError) refuse('CONFIG_TOO_DEEP', 'The document is nested too deeply');
        else refuse('CONFIG_UNREADABLE', `The document could not be read: ${error.message}`);
      });
    });
  }
}

/** SHA-256 of canonical JSON, in hex. */
export function hashOf(canonical: string): string {
  return createHash('sha256').update(canonical).digest('hex');
}
