/** Every SRv6 behaviour and flavour, whatever stands behind it: traces say what becomes of it. */
import { execFileSync } from 'node:child_process';
import type { PacketGateway } from '../kit/datapath.ts';
import { assert, needs, suite } from '../kit/suite.ts';
import { runTraced } from '../kit/traced.ts';
import { openWorld } from '../srv6/world.ts';

interface Case {
  readonly sid: string;
  readonly title: string;
  readonly port: string;
  readonly frame: string;
}

let gateway: PacketGateway;
const test = suite('trace: SRv6 endpoints');

test('each of their cases', async () => {
  needs('scapy');
  gateway = await openWorld();
  const printed = execFileSync('/usr/bin/python3', ['test/srv6/cases.py'], { encoding: 'utf8', maxBuffer: 1 << 26 });
  const cases = printed
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Case);
  assert.ok(cases.length > 100, 'there are many');
  for (const [index, { sid, title, port, frame }] of cases.entries()) {
    // The budget of ICMP errors.
    if (index % 50 === 0) gateway.reset();
    runTraced(gateway, Uint8Array.from(Buffer.from(frame, 'hex')), port, `${sid}: ${title}`);
  }
});

test.run();
