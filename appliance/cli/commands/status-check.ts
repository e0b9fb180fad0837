import type { Status } from '../../contract/api.ts';
import { errorText } from '../exit.ts';
import { printable } from '../table.ts';
import { plural } from '../words.ts';

/** Exit statuses of monitoring plugins. */
const LEVELS = ['OK', 'WARNING', 'CRITICAL'] as const;

/** Every CPU expires sessions once a second; much later, pools fill up. */
const HEARTBEAT_LIMIT_MS = 30_000;

/**
 * One line for a monitoring system.
 * @param status the status, or the error that came instead
 * @returns level 0 ok, 1 warning, 2 critical: traffic is not forwarded as configured
 */
export function verdict(status: unknown): { readonly level: 0 | 1 | 2; readonly line: string } {
  const [critical, warnings] = isStatus(status) ? complaints(status) : [[errorText(status)], []];
  const level = critical.length > 0 ? 2 : warnings.length > 0 ? 1 : 0;
  const what = isStatus(status) && level === 0 ? [summary(status)] : [...critical, ...warnings];
  return { level, line: `${LEVELS[level]} - ${what.map(printable).join('; ')}` };
}

function isStatus(value: unknown): value is Status {
  return !(value instanceof Error);
}

function summary({ name, revision, ports }: Status): string {
  return `${name} r${revision}, ${plural(ports.length, 'interface')}`;
}

function complaints(status: Status): [critical: string[], warnings: string[]] {
  const { ports, features, door, sweep } = status;
  const served = ports.filter(({ mode }) => mode !== 'none');
  const late = sweep.heartbeatAgeMs !== null && sweep.heartbeatAgeMs > HEARTBEAT_LIMIT_MS;
  return [
    [
      ...(status.revision === 0 ? ['no configuration'] : []),
      ...served.filter(({ mode }) => mode === 'missing').map(({ name }) => `interface ${name} is missing`),
      ...served.filter(({ mode, up }) => mode !== 'missing' && !up).map(({ name }) => `interface ${name} is down`),
      ...(door.state === 'missing' ? ['the slow path is missing'] : []),
      ...features.filter(({ state }) => state === 'degraded').map(({ name, detail }) => `${name}: ${detail}`),
    ],
    [
      ...features.filter(({ state }) => state === 'warning').map(({ name, detail }) => `${name}: ${detail}`),
      ...status.problems.map(({ code, detail }) => `${code} ${detail}`),
      ...(status.state === 'degraded' && status.problems.length === 0 ? ['degraded'] : []),
      ...(late ? ['sessions are not expired'] : []),
    ],
  ];
}
