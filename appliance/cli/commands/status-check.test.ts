import { fakeStatus } from '../../../test/cli/fake-services.ts';
import { assert, suite } from '../../../test/kit/suite.ts';
import type { PortStatus, Status } from '../../contract/api.ts';
import { SixgateError } from '../../model/errors.ts';
import { verdict } from './status-check.ts';

const test = suite('cli: status --check');
const port = fakeStatus.ports[0] as PortStatus;
const withPort = (change: Partial<PortStatus>): Partial<Status> => ({ ports: [{ ...port, ...change }] });
const problem = new SixgateError('ROUTE_REFUSED', 'The route is refused').toJSON() as Status['problems'][number];

const cases: readonly (readonly [line: string, change: Partial<Status>])[] = [
  ['OK - edge-a r1, 1 interface', {}],
  ['OK - edge-a r1, 1 interface', withPort({ mode: 'none', up: false })],
  ['OK - edge-a r1, 1 interface', { sweep: { heartbeatAgeMs: null } }],
  ['WARNING - ROUTE_REFUSED The route is refused', { state: 'degraded', problems: [problem] }],
  ['WARNING - degraded', { state: 'degraded' }],
  ['WARNING - sessions are not expired', { sweep: { heartbeatAgeMs: 31_000 } }],
  ['WARNING - nat64: pool low', { features: [{ name: 'nat64', state: 'warning', detail: 'pool low' }] }],
  ['CRITICAL - nat64: off', { features: [{ name: 'nat64', state: 'degraded', detail: 'off' }] }],
  ['CRITICAL - interface uplink is missing', withPort({ mode: 'missing', up: false })],
  ['CRITICAL - interface uplink is down; degraded', { ...withPort({ up: false }), state: 'degraded' }],
  ['CRITICAL - the slow path is missing', { door: { ...fakeStatus.door, state: 'missing' } }],
  ['CRITICAL - no configuration', { revision: 0 }],
];

test.each(
  cases,
  ([line, change]) => `${line} ${JSON.stringify(change).slice(0, 40)}`,
  ([line, change]) => {
    const found = verdict({ ...fakeStatus, ...change });
    const level: number = found.level;
    assert.equal([level, found.line], [['OK', 'WARNING', 'CRITICAL'].indexOf(line.replace(/ .*/, '')), line]);
  },
);

test('no gateway is critical', () => {
  assert.equal(verdict(new SixgateError('API_UNREACHABLE', 'It does not run')), {
    level: 2,
    line: 'CRITICAL - API_UNREACHABLE  It does not run.',
  });
});

test.run();
