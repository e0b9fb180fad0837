import { type IncomingMessage, request } from 'node:http';
import {
  type ApiRoute,
  apiRoutes,
  type Gap,
  type MonitorEvent,
  type ReplyOf,
  type RouteName,
} from '../contract/api.ts';
import { type Problem, SixgateError } from '../model/errors.ts';

export interface Call {
  readonly query?: Readonly<Record<string, string | undefined>>;
  readonly body?: unknown;
}

/** No code of ours takes longer; a daemon that hangs is told apart from one that works. */
const TIME_LIMIT_MS = 120_000;

/** Codes that mean that no daemon could be asked. */
export const UNREACHABLE: readonly string[] = ['API_UNREACHABLE', 'API_DENIED'];

/** Speaks to one gateway over its unix socket. */
export class ApiClient {
  readonly #socketPath: string;
  readonly #instance: string;
  readonly #signal: AbortSignal;
  readonly #timeLimitMs: number;

  /**
   * @param instance name of the gateway, for sentences
   * @param signal ends every call
   */
  constructor(socketPath: string, instance: string, signal: AbortSignal, timeLimitMs = TIME_LIMIT_MS) {
    this.#socketPath = socketPath;
    this.#instance = instance;
    this.#signal = signal;
    this.#timeLimitMs = timeLimitMs;
  }

  /**
   * Calls a route.
   * @throws SixgateError what the gateway answered, or API_UNREACHABLE, API_DENIED, API_BROKEN, API_TOO_SLOW
   */
  async call<Name extends RouteName>(name: Name, call: Call = {}): Promise<ReplyOf<Name>> {
    const response = await this.#send(apiRoutes[name], call, this.#timeLimitMs);
    return (await this.#answer(response)) as ReplyOf<Name>;
  }

  /**
   * Listens to events until the signal, which ends it without an error.
   * @throws SixgateError API_STREAM_ENDED when the gateway ends it, and as `call`
   */
  async listen(onEvent: (event: MonitorEvent) => void, onGap: (gap: Gap) => void, signal: AbortSignal): Promise<void> {
    const response = await this.#send(apiRoutes.events, {}, 0);
    if (response.statusCode !== 200) await this.#answer(response);
    const stop = (): void => void response.destroy();
    if (signal.aborted) return stop();
    signal.addEventListener('abort', stop);
    try {
      let rest = '';
      for await (const chunk of response.setEncoding('utf8')) {
        const messages = (rest + chunk).split('\n\n');
        rest = messages.pop() as string;
        for (const message of messages) {
          if (signal.aborted) return;
          deliver(message, onEvent, onGap);
        }
      }
    } catch (error) {
      if (!signal.aborted) throw this.#streamEnded(error);
      return;
    } finally {
      signal.removeEventListener('abort', stop);
      response.destroy();
    }
    if (!signal.aborted) throw this.#streamEnded(undefined);
  }

  #streamEnded(cause: unknown): SixgateError {
    const hint = `sixgate status --instance ${this.#instance} says whether it runs`;
    return new SixgateError('API_STREAM_ENDED', 'The gateway ended the stream', { hint, cause });
  }

  #send(route: ApiRoute, call: Call, timeLimitMs: number): Promise<IncomingMessage> {
    const query = new URLSearchParams();
    for (const [key, value] of Object.entries(call.query ?? {})) if (value !== undefined) query.set(key, value);
    const body = call.body === undefined ? undefined : JSON.stringify(call.body);
    return new Promise((resolve, reject) => {
      const outgoing = request({
        socketPath: this.#socketPath,
        method: route.method,
        path: query.size === 0 ? route.path : `${route.path}?${query}`,
        agent: false,
        signal: this.#signal,
        headers: {
          accept: route.kind === 'stream' ? 'text/event-stream' : 'application/json',
          ...(body === undefined
            ? {}
            : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }),
        },
      });
      outgoing.setTimeout(timeLimitMs, () => {
        const sentence = `The gateway ${this.#instance} did not answer within ${timeLimitMs / 1000} seconds`;
        outgoing.destroy(new SixgateError('API_TOO_SLOW', sentence, { hint: 'Look at its log' }));
      });
      outgoing.once('response', resolve);
      outgoing.once('error', (cause) => reject(this.#connectionError(cause)));
      outgoing.end(body);
    });
  }

  async #answer(response: IncomingMessage): Promise<unknown> {
    let text = '';
    let value: unknown;
    try {
      for await (const chunk of response.setEncoding('utf8')) text += chunk;
      value = JSON.parse(text);
    } catch (cause) {
      throw this.#broken('the answer is not whole', cause);
    }
    if (response.statusCode === 200) return value;
    const problem = value as Partial<Problem>;
    if (typeof problem.code !== 'string') throw this.#broken(`status ${response.statusCode}`, undefined);
    throw SixgateError.fromProblem(problem as Problem);
  }

  #connectionError(cause: NodeJS.ErrnoException): SixgateError {
    if (cause instanceof SixgateError) return cause;
    const name = this.#instance;
    switch (cause.code) {
      case 'ENOENT':
      case 'ECONNREFUSED':
      case 'ENOTDIR': {
        const start = `sixgate run --config FILE${name === 'main' ? '' : ` --instance ${name}`}`;
        const hint = `Type ${start} to start it, or --instance NAME for another one`;
        return new SixgateError('API_UNREACHABLE', `The gateway ${name} does not run`, { hint, cause });
      }
      case 'EACCES':
      case 'EPERM': {
        const hint = 'Type sudo in front of it';
        return new SixgateError('API_DENIED', `Only root may ask the gateway ${name}`, { hint, cause });
      }
      default:
        return this.#broken(cause.message, cause);
    }
  }

  #broken(what: string, cause: unknown): SixgateError {
    const hint = `sixgate status --instance ${this.#instance} says whether it runs`;
    return new SixgateError('API_BROKEN', `The connection to the gateway broke: ${what}`, { hint, cause });
  }
}

/** One server-sent event; comments are signs of life. */
function deliver(message: string, onEvent: (event: MonitorEvent) => void, onGap: (gap: Gap) => void): void {
  let name = 'message';
  const data: string[] = [];
  for (const line of message.split('\n')) {
    if (line.startsWith('event: ')) name = line.slice(7);
    else if (line.startsWith('data: ')) data.push(line.slice(6));
  }
  if (data.length === 0) return;
  const value: unknown = JSON.parse(data.join('\n'));
  if (name === 'gap') onGap(value as Gap);
  else if (name === 'message') onEvent(value as MonitorEvent);
}
