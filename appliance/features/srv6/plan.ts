import type { Desired, DesiredRoute } from '../../contract/desired.ts';
import type { AddressClaim, ConfigWith, Facts, Feature } from '../../contract/feature.ts';
import { deviceOf, type InterfaceConfig } from '../../contract/interfaces.ts';
import { tableOf } from '../../contract/tenants.ts';
import { familyOf, formatAddress, formatPrefix, type Prefix, parseAddress, parsePrefix } from '../../model/address.ts';
import { type AddressSet, parseAddressSet } from '../../model/address-set.ts';
import { assignIds } from '../../model/ids.ts';
import { formatPath } from '../../model/path.ts';
import { checkSrv6 } from './check.ts';
import { defaultSource, interfacesOfSid } from './places.ts';
import {
  type Behavior,
  type Flavor,
  MAX_SIDS,
  type PolicyConfig,
  type SidConfig,
  SRV6_DEFAULTS,
  type Srv6Config,
  srv6Schema,
} from './schema.ts';

/** A SID as the data path shall have it. */
export interface DesiredSid {
  /** 0 to MAX_SIDS - 1, kept as long as the SID stays in the document: its packets are counted by it. */
  readonly number: number;
  /** 16 bytes, network order. */
  readonly sid: Uint8Array;
  readonly behavior: Behavior;
  readonly flavors: readonly Flavor[];
  /** Table of its tenant or of its interface; 0: the main one. */
  readonly table: number;
  readonly tenant?: string;
  /** Of End.X and End.DX*: interface, its kernel device, and next hop in 4 or 16 bytes. */
  readonly next?: { readonly interface: string; readonly device: string; readonly via: Uint8Array };
}

export interface DesiredPolicy {
  readonly name: string;
  readonly reduced: boolean;
  /** 16 bytes a segment, in the order of the visit. */
  readonly lists: readonly { readonly weight: number; readonly segments: readonly Uint8Array[] }[];
}

export interface DesiredSteering {
  readonly to: Prefix;
  readonly table: number;
  readonly tenant?: string;
  readonly policy: string;
}

/** Outer header of what is encapsulated. */
export interface OuterHeader {
  /** 16 bytes. */
  readonly source: Uint8Array;
  readonly hopLimit: number;
  readonly dscp: number | 'copy';
}

export interface Srv6Desired {
  readonly locators: readonly { readonly name: string; readonly prefix: Prefix }[];
  readonly domain: readonly Prefix[];
  /** Empty: every source. */
  readonly sources: readonly Prefix[];
  readonly sids: readonly DesiredSid[];
  readonly policies: readonly DesiredPolicy[];
  readonly steering: readonly DesiredSteering[];
  /** Absent: the box has no address that could be its source. */
  readonly outer?: OuterHeader;
}

type Srv6Document = ConfigWith<'srv6', Srv6Config>;

const SID_ID = 'srv6.sid.';

/**
 * SIDs, policies and steering, and blackhole routes below locators and steered prefixes: with no program attached the
 * kernel drops what it would else send on as it is, and the data path asks for a tunnel only where it finds them.
 */
export function planSrv6(config: Srv6Document, facts: Facts): Desired<Srv6Desired> {
  const srv6 = config.srv6;
  if (srv6 === undefined) return {};
  const names = (srv6.sids ?? []).map(({ sid }) => SID_ID + formatAddress(parseAddress(sid) as Uint8Array));
  const previous = new Map([...(facts.ids ?? [])].filter(([name]) => name.startsWith(SID_ID)));
  const ids = assignIds(names, previous, MAX_SIDS);
  const source = srv6.source === undefined ? defaultSource(config, facts) : parseAddress(srv6.source);
  const { hopLimit = SRV6_DEFAULTS.hopLimit, dscp = SRV6_DEFAULTS.dscp } = srv6.outer ?? {};
  const own: Srv6Desired = {
    locators: Object.entries(srv6.locators ?? {}).map(([name, { prefix }]) => ({ name, prefix: prefixOf(prefix) })),
    domain: (srv6.filter?.domain ?? []).map(prefixOf),
    sources: (srv6.filter?.sources ?? []).map(prefixOf),
    sids: (srv6.sids ?? []).map((sid, i) => planSid(config, sid, ids.get(names[i] as string) as number, facts)),
    policies: Object.entries(srv6.policies ?? {}).map(planPolicy),
    steering: (srv6.steering ?? []).map(({ to, tenant, policy }) => ({
      to: prefixOf(to),
      table: tableOf(config, tenant),
      ...(tenant === undefined ? {} : { tenant }),
      policy,
    })),
    ...(source === undefined ? {} : { outer: { source, hopLimit, dscp } }),
  };
  return { own, ids, routes: blackholes(own) };
}

const prefixOf = (text: string): Prefix => parsePrefix(text) as Prefix;

function planSid(config: Srv6Document, sid: SidConfig, number: number, facts: Facts): DesiredSid {
  const [name] = sid.via === undefined ? [] : interfacesOfSid(config, sid, facts);
  const iface = name === undefined ? undefined : (config.interfaces?.[name] as InterfaceConfig);
  const tenant = sid.tenant ?? iface?.tenant;
  return {
    number,
    sid: parseAddress(sid.sid) as Uint8Array,
    behavior: sid.behavior,
    flavors: sid.flavors ?? [],
    table: tableOf(config, tenant),
    ...(tenant === undefined ? {} : { tenant }),
    ...(name === undefined || iface === undefined
      ? {}
      : {
          next: {
            interface: name,
            device: deviceOf(name, iface),
            via: parseAddress(sid.via as string) as Uint8Array,
          },
        }),
  };
}

function planPolicy([name, policy]: [string, PolicyConfig]): DesiredPolicy {
  return {
    name,
    reduced: (policy.encapsulation ?? SRV6_DEFAULTS.encapsulation) === 'H.Encaps.Red',
    lists: policy.segmentLists.map(({ weight, segments }) => ({
      weight: weight ?? SRV6_DEFAULTS.weight,
      segments: segments.map((segment) => parseAddress(segment) as Uint8Array),
    })),
  };
}

function blackholes({ locators, steering }: Srv6Desired): DesiredRoute[] {
  const route = (prefix: Prefix, table: number, owner: string): DesiredRoute => ({
    family: familyOf(prefix.bytes),
    to: formatPrefix(prefix),
    type: 'blackhole',
    ...(table === 0 ? {} : { table }),
    owner,
  });
  return [
    ...locators.map(({ name, prefix }) => route(prefix, 0, formatPath(['srv6', 'locators', name]))),
    ...steering.map(({ to, table }, i) => route(to, table, formatPath(['srv6', 'steering', i]))),
  ];
}

/** Locators belong to this feature alone; what other checks refuse is claimed by no one. */
function claims(config: Srv6Document): AddressClaim[] {
  return Object.entries(config.srv6?.locators ?? {}).flatMap(([name, { prefix }]): AddressClaim[] => {
    const addresses: AddressSet | undefined = parseAddressSet(prefix);
    if (addresses?.family !== 6 || addresses.meant !== undefined) return [];
    const owner = formatPath(['srv6', 'locators', name]);
    const codes = { overlapCode: 'SRV6_LOCATOR_OVERLAP', localCode: 'SRV6_LOCATOR_LOCAL' };
    return [{ addresses, kind: 'pool', owner, path: `${owner}.prefix`, ...codes }];
  });
}

export const srv6: Feature<'srv6', Srv6Config, Srv6Desired> = {
  name: 'srv6',
  schema: srv6Schema,
  check: checkSrv6,
  claims,
  plan: planSrv6,
};
