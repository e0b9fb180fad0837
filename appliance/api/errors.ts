import type { ErrorObject } from 'ajv';
import { textFormats } from '../contract/formats.ts';
import { ConfigErrors, type Problem, SixgateError } from '../model/errors.ts';

/** A request that was refused: what to answer. */
export interface Refusal {
  readonly status: number;
  readonly problem: Problem & { readonly status: number };
  /** The fault is the daemon's: worth a line in its log. */
  readonly isOurs: boolean;
}

const STATUS: Readonly<Record<string, number>> = {
  API_BAD_REQUEST: 400,
  API_NOT_FOUND: 404,
  API_METHOD: 405,
  API_TOO_LARGE: 413,
  API_MEDIA_TYPE: 415,
  API_TOO_MANY_STREAMS: 503,
  REVISION_UNKNOWN: 404,
  TRACE_INTERFACE: 404,
  TRACE_PACKET: 400,
};

/** HTTP status of an error: 422 for a configuration that is wrong, 500 for what only the daemon can explain. */
export function statusOf(error: SixgateError): number {
  if (error instanceof ConfigErrors || error.code.startsWith('CONFIG_')) return 422;
  return STATUS[error.code] ?? 500;
}

/** Anything that was thrown → RFC 9457. */
export function refuse(thrown: unknown): Refusal {
  const error = asSixgateError(thrown);
  const status = statusOf(error);
  return { status, problem: { ...error.toJSON(), status }, isOurs: status === 500 };
}

interface Thrown extends Error {
  readonly statusCode?: number;
  readonly validation?: readonly ErrorObject[];
  readonly validationContext?: string;
}

function asSixgateError(thrown: unknown): SixgateError {
  if (thrown instanceof SixgateError) return thrown;
  const { message, statusCode, validation, validationContext } =
    thrown instanceof Error ? (thrown as Thrown) : ({ message: String(thrown) } as Thrown);
  const failure = validation?.[0];
  if (failure !== undefined) return badRequest(failure, validationContext ?? 'request');
  if (statusCode === 413) {
    return new SixgateError('API_TOO_LARGE', 'The request is too large', { hint: 'A document has at most 4 MiB' });
  }
  if (statusCode === 415) {
    return new SixgateError('API_MEDIA_TYPE', 'The body is no JSON', { hint: 'Send Content-Type: application/json' });
  }
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500) {
    return new SixgateError('API_BAD_REQUEST', message);
  }
  const hint = 'This is a fault of Sixgate: the log of the daemon has more';
  return new SixgateError('API_INTERNAL', `Something went wrong: ${message}`, { hint, cause: thrown });
}

/** One failure of the validator in words. */
function badRequest(failure: ErrorObject, context: string): SixgateError {
  const params = failure.params as Record<string, unknown>;
  const place = failure.instancePath.slice(1).replaceAll('/', '.');
  const where = context === 'querystring' ? 'query' : context;
  const name = place === '' ? `The ${where}` : place;
  const schema = (failure.parentSchema ?? {}) as { description?: string; enum?: readonly string[] };
  const say = (sentence: string, hint?: string): SixgateError =>
    new SixgateError('API_BAD_REQUEST', sentence, { hint });
  switch (failure.keyword) {
    case 'additionalProperties': {
      const known = Object.keys((failure.parentSchema as { properties?: object } | undefined)?.properties ?? {});
      return say(`${name} has an unknown key ${String(params.additionalProperty)}`, `Known: ${known.join(', ')}`);
    }
    case 'required':
      return say(`${name} has no ${String(params.missingProperty)}`);
    case 'format': {
      const format = textFormats.find((one) => one.name === params.format);
      const value = String(failure.data);
      return say(`${name}: ${format?.why?.(value) ?? `"${value}" is not ${format?.noun ?? 'right'}`}`, format?.right);
    }
    case 'enum':
      return say(`${name}: "${String(failure.data)}" is none of its values`, `Write ${schema.enum?.join(', ') ?? ''}`);
    default:
      return say(`${name} ${failure.message ?? 'is wrong'}`, schema.description);
  }
}
