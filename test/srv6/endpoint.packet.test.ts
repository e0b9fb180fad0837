/**
 * Every behaviour and flavour × every state of the segment list × what stands behind it, at the general tier and through
 * the door. Packets and expectations come from cases.py, which is written from the RFCs with scapy.
 */
import { execFileSync } from 'node:child_process';
import { isDeepStrictEqual } from 'node:util';
import type { PacketGateway } from '../kit/datapath.ts';
import type { PacketResult } from '../kit/packet.ts';
import { assert, needs, seen, suite } from '../kit/suite.ts';
import { openWorld } from './world.ts';

interface Case {
  readonly sid: string;
  readonly title: string;
  readonly port: string;
  readonly frame: string;
  readonly expected: readonly ({ readonly drop: string } | { readonly port: string; readonly frame: string })[];
}

const flavors = ['', ' psp', ' usp', ' usd', ' psp usp', ' psp usd', ' usp usd', ' psp usp usd'];
const names = [
  ...flavors.map((words) => `End${words}`),
  ...flavors.map((words) => `End.X${words}`),
  ...['End.DX4', 'End.DX6', 'End.DT4', 'End.DT6', 'End.DT46'],
];

let gateway: PacketGateway;
let cases: readonly Case[] = [];

const test = suite('SRv6: endpoints');

test.before(async () => {
  needs('scapy');
  const printed = execFileSync('/usr/bin/python3', ['test/srv6/cases.py'], { encoding: 'utf8', maxBuffer: 1 << 26 });
  cases = printed
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Case);
  gateway = await openWorld();
});

test('each case has a behaviour that is looked at', () => {
  assert.equal([...new Set(cases.map(({ sid }) => sid))], names);
});

function asText({ action, port, reason, frame }: PacketResult): string {
  return action === 'redirect' ? `${port} ${Buffer.from(frame).toString('hex')}` : (reason ?? action);
}

/** Dots where the expectation has them. */
function hideFree(actual: readonly string[], expected: readonly string[]): string[] {
  return actual.map((text, at) =>
    [...text].map((digit, index) => (expected[at]?.[index] === '.' ? '.' : digit)).join(''),
  );
}

for (const tier of ['general', 'door'] as const)
  test.each(
    names,
    (name) => `${name}, ${tier}`,
    (name) => {
      gateway.reset();
      gateway.tier = tier;
      const wrong: string[] = [];
      for (const [index, one] of cases.filter(({ sid }) => sid === name).entries()) {
        // A source gets a hundred ICMP errors a second.
        if (index % 40 === 39) gateway.reset();
        const results = gateway.run(Buffer.from(one.frame, 'hex'), one.port).map(asText);
        const expected = one.expected.map((each) => Object.values(each).join(' '));
        if (!isDeepStrictEqual(hideFree(results, expected), expected))
          wrong.push(`${one.title}\n  ${one.frame}\n- ${results.join('\n- ')}\n+ ${expected.join('\n+ ')}`);
        for (const each of one.expected) if ('drop' in each) seen('drop', each.drop);
      }
      assert.ok(wrong.length === 0, `${wrong.length} of ${name} (- actual, + expected):\n${wrong.join('\n')}`);
    },
  );

test('every frame is accounted for', () => {
  assert.is(gateway.unaccounted(), 0);
});

test.run();
