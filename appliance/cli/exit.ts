import { ConfigErrors, SixgateError } from '../model/errors.ts';

/** Exit statuses of every command; `status --check` has those of monitoring plugins. */
export const EXIT = { done: 0, failed: 1, usage: 2, configuration: 3 } as const;

const USAGE_CODES: readonly string[] = [
  'USAGE',
  'INSTANCE_NAME',
  'SCHEMA_UNKNOWN_PATH',
  'API_BAD_REQUEST',
  'TRACE_PACKET',
  'TRACE_INTERFACE',
];

/** The exit status for an error. */
export function exitStatusOf(error: unknown): number {
  if (!(error instanceof SixgateError)) return EXIT.failed;
  if (isConfigError(error)) return EXIT.configuration;
  return USAGE_CODES.includes(error.code) ? EXIT.usage : EXIT.failed;
}

/** Whether the document is what is wrong. */
export function isConfigError(error: SixgateError): boolean {
  return error instanceof ConfigErrors || error.code.startsWith('CONFIG_');
}

/** An error as lines for the terminal. */
export function errorText(error: unknown): string {
  if (error instanceof SixgateError) return error.toString();
  return `INTERNAL  ${error instanceof Error ? error.message : String(error)}. This is a fault of Sixgate.`;
}
