/** More events than the socket holds: the kernel's routes are read again as a whole. */
import { execFileSync } from 'node:child_process';
import { type Device, PacketGateway } from '../kit/datapath.ts';
import { assert, eventually, needs, suite } from '../kit/suite.ts';

const devices: readonly Device[] = [
  { name: 'core', mac: '02:00:00:00:00:01', neighbours: { '2001:db8:c0::2': '02:00:00:00:00:02' } },
  { name: 'lan', mac: '02:00:00:00:00:03' },
];
const config = `version: 1
interfaces:
  core: {device: core, role: core, addresses: ["2001:db8:c0::1/64"]}
  lan: {device: lan, role: inside, addresses: ["2001:db8:1::1/64"]}
routes:
  - {to: "fcbb:bb00::/32", via: "2001:db8:c0::2"}
srv6: {}
`;

const test = suite('mirror: lost events');
test.before(() => needs('seg6'));

const COUNT = 15_000;

/** All at once: while this process waits for `ip`, nobody reads its socket. */
function batch(verb: string): void {
  const lines = Array.from(
    { length: COUNT },
    (_, at) =>
      `route ${verb} 2001:db8:a:${at.toString(16)}::/64 encap seg6 mode encap.red segs fcbb:bb00:b1:: dev core\n`,
  );
  execFileSync('ip', ['-6', '-batch', '-'], { input: lines.join('') });
}

test('a burst of 15,000 routes comes and goes', async () => {
  const gateway = await PacketGateway.open(config, devices);
  batch('add');
  await eventually(() => assert.is(gateway.mirror.mirror.counts.steered, COUNT), { within: 30_000 });
  assert.ok(gateway.mirror.mirror.counts.overruns > 0);
  batch('del');
  await eventually(() => assert.is(gateway.mirror.mirror.counts.steered, 0), { within: 30_000 });
  assert.equal(gateway.notices, []);
});

test.run();
