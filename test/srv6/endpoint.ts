/** The cases of cases.py at one tier: every behaviour and flavour × every state of the list × what stands behind it. */
import type { PacketGateway, TierName } from '../kit/datapath.ts';
import { assert, needs, type Suite } from '../kit/suite.ts';
import { casesOf, checkCases, type ModelCase } from './model.ts';
import { flavorSets, openWorld } from './world.ts';

const names = [
  ...['End', 'End.X'].flatMap((behavior) => flavorSets.map((flavors) => [behavior, ...flavors].join(' '))),
  ...['End.DX4', 'End.DX6', 'End.DT4', 'End.DT6', 'End.DT46'],
];

/** What the tests have opened; there once the suite has begun. */
export interface Endpoints {
  gateway: PacketGateway;
  cases: readonly ModelCase[];
}

/** Adds a test for each behaviour with its flavours; the gateway stays open for more. */
export function endpointTests(test: Suite, tier: TierName): Endpoints {
  const opened: { gateway?: PacketGateway; cases?: readonly ModelCase[] } = {};
  test.before(async () => {
    needs('scapy');
    opened.cases = casesOf('cases.py');
    opened.gateway = await openWorld();
    opened.gateway.tier = tier;
  });
  const endpoints = opened as Endpoints;
  test('each case has a behaviour that is looked at', () => {
    assert.equal([...new Set(endpoints.cases.map(({ group }) => group))], names);
  });
  test.each(
    names,
    (name) => name,
    (name) => {
      endpoints.gateway.reset();
      const own = endpoints.cases.filter(({ group }) => group === name);
      checkCases(endpoints.gateway, name, own);
    },
  );
  test('every frame is accounted for', () => {
    assert.is(endpoints.gateway.unaccounted(), 0);
  });
  return endpoints;
}
