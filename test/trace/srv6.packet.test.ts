/** Every SRv6 behaviour and flavour, and every length of a segment list: traces say what becomes of the packets. */
import type { PacketGateway } from '../kit/datapath.ts';
import { assert, needs, suite } from '../kit/suite.ts';
import { runTraced } from '../kit/traced.ts';
import { casesOf } from '../srv6/model.ts';
import { openWorld } from '../srv6/world.ts';

let gateway: PacketGateway;
const test = suite('trace: SRv6');
test.before(async () => {
  needs('scapy');
  gateway = await openWorld();
});

test.each(['cases.py', 'headend_cases.py'], String, (script) => {
  const cases = casesOf(script);
  assert.ok(cases.length > 100, 'there are many');
  for (const [index, { group, title, port, frame }] of cases.entries()) {
    // A source gets a hundred ICMP errors a second.
    if (index % 40 === 0) gateway.reset();
    runTraced(gateway, Uint8Array.from(Buffer.from(frame, 'hex')), port, `${group}: ${title}`);
  }
});

test.run();
