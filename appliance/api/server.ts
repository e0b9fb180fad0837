import { chmodSync } from 'node:fs';
import { Ajv } from 'ajv';
import { type FastifyInstance, type FastifyReply, type FastifyRequest, fastify } from 'fastify';
import type { TSchema } from 'typebox';
import {
  type ApiRoute,
  type ApplyDocument,
  apiRoutes,
  type ConfigDocument,
  type RouteName,
  type SessionQuery,
} from '../contract/api.ts';
import type { ExplainQuery } from '../contract/api-explain.ts';
import type { TraceRequest } from '../contract/api-trace.ts';
import { textFormats } from '../contract/formats.ts';
import { SixgateError } from '../model/errors.ts';
import { removeStaleSocket } from '../system/instance.ts';
import { refuse } from './errors.ts';
import { EventStream, type EventStreamOptions } from './event-stream.ts';
import type { Services } from './services.ts';

export interface ApiOptions extends EventStreamOptions {
  /** Gets what went wrong on our side, for the log. */
  readonly onFault?: (thrown: unknown, request: string) => void;
  /** Refuse replies that are not as the contract says; for tests. */
  readonly checkReplies?: boolean;
}

/** The API of one instance on its unix socket. */
export interface ApiServer {
  /** Ends the streams and the requests under way, and removes the socket. */
  close(): Promise<void>;
}

/** A document has at most 4 MiB, and JSON may write a letter of it in two. */
const MOST_BODY_BYTES = 9 * 1024 * 1024;

/**
 * Listens on the unix socket, which only root may use (0600). A file that a dead daemon left there is replaced.
 * @throws SixgateError INSTANCE_RUNNING when something answers there, API_SOCKET
 */
export async function startApi(
  socketPath: string,
  instance: string,
  services: Services,
  options: ApiOptions = {},
): Promise<ApiServer> {
  await removeStaleSocket(socketPath, instance);
  const app = buildApi(services, options);
  try {
    await app.listen({ path: socketPath });
    chmodSync(socketPath, 0o600);
  } catch (cause) {
    await app.close();
    throw new SixgateError('API_SOCKET', `No socket at ${socketPath}: ${(cause as Error).message}`, { cause });
  }
  return { close: () => app.close() };
}

/** The API without a socket. */
export function buildApi(services: Services, options: ApiOptions = {}): FastifyInstance {
  const app = fastify({ bodyLimit: MOST_BODY_BYTES, forceCloseConnections: true, exposeHeadRoutes: false });
  const compile = compiler();
  const stream = new EventStream(services.events, options);
  const answer = answers(services, stream);

  app.setValidatorCompiler(({ schema }) => compile(schema as TSchema));
  app.setErrorHandler((thrown, request, reply) => {
    const { status, problem, isOurs } = refuse(thrown);
    if (isOurs) options.onFault?.(thrown, `${request.method} ${request.url}`);
    return send(reply, status, problem);
  });
  app.setNotFoundHandler((request, reply) => {
    const { status, problem } = refuse(unknownRoute(request));
    return send(reply, status, problem);
  });
  app.addHook('preClose', async () => stream.close());

  for (const [name, route] of Object.entries(apiRoutes) as [RouteName, ApiRoute][]) {
    const isRight = options.checkReplies && route.kind !== 'stream' ? compile(route.reply) : undefined;
    app.route({
      method: route.method,
      url: route.path,
      schema: {
        querystring: route.query ?? { type: 'object', additionalProperties: false },
        ...(route.body === undefined ? {} : { body: route.body }),
      },
      handler: async (request, reply) => {
        const value = await answer[name](request, reply);
        if (isRight !== undefined && !isRight(JSON.parse(JSON.stringify(value)))) {
          throw new Error(`the reply is not as its contract says: ${JSON.stringify(isRight.errors)}`);
        }
        return value;
      },
    });
  }
  return app;
}

type Answer = (request: FastifyRequest, reply: FastifyReply) => unknown;

function answers(services: Services, stream: EventStream): Readonly<Record<RouteName, Answer>> {
  return {
    status: () => services.status(),
    sessions: ({ query }) => services.sessions({ ...(query as SessionQuery & { limit: string }) }),
    drops: () => services.drops(),
    explain: ({ query }) => services.explain({ ...(query as ExplainQuery) }),
    srv6: () => services.srv6(),
    trace: ({ body }) => services.trace(body as TraceRequest),
    events: (_request, reply) => {
      if (stream.isFull) {
        const hint = 'Close another sixgate monitor';
        throw new SixgateError('API_TOO_MANY_STREAMS', 'Too many clients listen to events', { hint });
      }
      reply.hijack();
      stream.add(reply.raw);
      return undefined;
    },
    config: () => services.config(),
    schema: () => services.schema,
    validate: ({ body }) => services.validate(body as ConfigDocument),
    diff: ({ body }) => services.diff(body as ConfigDocument),
    apply: ({ body }) => services.apply(body as ApplyDocument),
  };
}

/** Nothing is changed silently: no value is converted, no unknown key removed. Only defaults are filled in. */
function compiler(): (schema: TSchema) => ReturnType<Ajv['compile']> {
  const ajv = new Ajv({
    allErrors: false,
    coerceTypes: false,
    removeAdditional: false,
    useDefaults: true,
    strict: true,
    strictTypes: false,
    verbose: true,
  });
  for (const { name, valid } of textFormats) ajv.addFormat(name, valid);
  return (schema) => ajv.compile(schema);
}

function send(reply: FastifyReply, status: number, problem: unknown): FastifyReply {
  return reply.code(status).type('application/problem+json').send(JSON.stringify(problem));
}

function unknownRoute(request: FastifyRequest): SixgateError {
  const path = request.url.replace(/\?.*$/s, '');
  const methods = Object.values(apiRoutes).filter((route) => route.path === path);
  if (methods.length === 0) return new SixgateError('API_NOT_FOUND', `There is nothing at ${path}`);
  const hint = `Use ${methods.map(({ method }) => method).join(' or ')}`;
  return new SixgateError('API_METHOD', `${request.method} is not possible at ${path}`, { hint });
}
