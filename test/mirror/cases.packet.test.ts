/**
 * SIDs and tunnels that `ip route` puts into the kernel do what the RFCs say: the same cases as for those of the
 * configuration, as far as the kernel has the behaviours.
 */
import { execFileSync } from 'node:child_process';
import type { PacketGateway } from '../kit/datapath.ts';
import { assert, eventually, needs, suite } from '../kit/suite.ts';
import { casesOf, checkCases, type ModelCase } from '../srv6/model.ts';
import { bareConfiguration, openWorld } from '../srv6/world.ts';

/** By the names of cases.py: last groups of the SID, and iproute2's words. */
const sids: Readonly<Record<string, readonly [string, string]>> = {
  End: ['100', 'End'],
  'End psp': ['101', 'End flavors psp'],
  'End.X': ['200', 'End.X nh6 2001:db8:c0::9'],
  'End.DX4': ['4', 'End.DX4 nh4 10.1.0.7'],
  'End.DX6': ['6', 'End.DX6 nh6 2001:db8:1::7'],
  'End.DT6': ['16', 'End.DT6 table 254'],
};

let gateway: PacketGateway;
let cases: readonly ModelCase[] = [];

const test = suite('mirror: cases');

function ip(words: string): void {
  execFileSync('ip', words.split(' '), { stdio: ['ignore', 'ignore', 'pipe'] });
}

test.before(async () => {
  needs('scapy', 'seg6');
  // Lists through several SIDs need those that the kernel does not have.
  cases = casesOf('cases.py').filter(({ title }) => /hop limit (64|1)/.test(title));
  gateway = await openWorld(bareConfiguration);
  for (const [group, words] of Object.values(sids))
    ip(`-6 route add fcbb:bb00:a1:${group}::/128 encap seg6local action ${words} dev core`);
  await eventually(() => assert.is(gateway.mirror.mirror.counts.sids, 6));
});

test.each(
  Object.keys(sids),
  (name) => name,
  (name) => {
    gateway.tier = 'general';
    gateway.reset();
    const own = cases.filter(({ group }) => group === name);
    assert.ok(own.length > 60);
    checkCases(gateway, name, own);
  },
);

const lists = Array.from({ length: 16 }, (_, at) =>
  Array.from({ length: at + 1 }, (_, index) => `fcbb:bb00:b${(index + 1).toString(16)}::`).join(','),
);

test('H.Encaps and H.Encaps.Red of 1 to 16 segments', async () => {
  for (const [at, segments] of lists.entries())
    for (const [kind, mode] of ['encap', 'encap.red'].entries()) {
      const encap = `encap seg6 mode ${mode} segs ${segments} dev core`;
      ip(`-6 route add 2001:db8:e${kind}:${(at + 1).toString(16)}::/64 ${encap}`);
      ip(`route add 10.6${kind}.${at + 1}.0/24 ${encap}`);
    }
  await eventually(() => assert.is(gateway.mirror.mirror.counts.steered, 64));
  const own = casesOf('headend_cases.py');
  assert.ok(own.length > 100);
  checkCases(gateway, 'mirrored routes', own);
});

test('a table is mirrored when it is a tenant’s, and no longer when it is not', async () => {
  const route = '2001:db8:77::/48 encap seg6 mode encap.red segs fcbb:bb00:b1:: dev core';
  const before = gateway.mirror.mirror.counts.steered;
  ip(`-6 route add ${route} table 110`);
  await gateway.apply(`${bareConfiguration}tenants: {red: {table: 110}}\n`);
  await eventually(() => assert.is(gateway.mirror.mirror.counts.steered, before + 1));
  await gateway.apply(bareConfiguration);
  assert.is(gateway.mirror.mirror.counts.steered, before);
  assert.equal(gateway.notices, []);
});

test('every frame is accounted for', () => {
  assert.is(gateway.unaccounted(), 0);
});

test.run();
