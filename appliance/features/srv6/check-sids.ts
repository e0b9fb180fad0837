import type { Config, Facts } from '../../contract/feature.ts';
import { rolesOf } from '../../contract/interfaces.ts';
import { tenantOf, tenantsHint } from '../../contract/tenants.ts';
import { contains, formatAddress, parseAddress, parsePrefix } from '../../model/address.ts';
import type { SixgateError } from '../../model/errors.ts';
import { formatPath } from '../../model/path.ts';
import { srv6Error } from './errors.ts';
import { hasAddress, interfacesOfSid, isLinkLocal } from './places.ts';
import type { Behavior, SidConfig, Srv6Config } from './schema.ts';

/** What a behaviour takes beside its SID (RFC 8986 section 4). */
interface Needs {
  /** Family of the next hop. */
  readonly via?: 4 | 6;
  readonly tenant?: true;
  readonly flavors?: true;
}

const needs: Readonly<Record<Behavior, Needs>> = {
  End: { flavors: true },
  'End.X': { via: 6, flavors: true },
  'End.DX4': { via: 4 },
  'End.DX6': { via: 6 },
  'End.DT4': { tenant: true },
  'End.DT6': { tenant: true },
  'End.DT46': { tenant: true },
};

const behaviorsWith = (key: keyof Needs): string =>
  Object.keys(needs)
    .filter((behavior) => needs[behavior as Behavior][key] !== undefined)
    .join(', ');

/** Rules of `srv6.sids`. */
export function checkSids(config: Config, srv6: Srv6Config, facts: Facts | undefined): SixgateError[] {
  const seen = new Map<string, number>();
  return (srv6.sids ?? []).flatMap((sid, i) => [
    ...checkPlace(srv6, sid, i, seen),
    ...checkKeys(config, sid, i),
    ...(needs[sid.behavior].via === undefined ? [] : checkNext(config, sid, i, facts)),
  ]);
}

function checkPlace(srv6: Srv6Config, { sid }: SidConfig, i: number, seen: Map<string, number>): SixgateError[] {
  const bytes = parseAddress(sid);
  if (bytes === undefined) return [];
  const at = ['sids', i, 'sid'];
  const prefixes = Object.values(srv6.locators ?? {}).map(({ prefix }) => prefix);
  const inside = prefixes.map(parsePrefix).some((prefix) => prefix !== undefined && contains(prefix, bytes));
  if (!inside) {
    const hint =
      prefixes.length === 0 ? 'Write locators: {NAME: {prefix: PREFIX}}' : `Locators: ${prefixes.join(', ')}`;
    return [srv6Error('SRV6_SID_OUTSIDE', at, `${sid} lies in no locator`, hint)];
  }
  const text = formatAddress(bytes);
  const other = seen.get(text);
  if (other === undefined) {
    seen.set(text, i);
    return [];
  }
  const otherPath = formatPath(['srv6', 'sids', other, 'sid']);
  const hint = 'One SID has one behaviour';
  return [srv6Error('SRV6_SID_DUPLICATE', at, `${sid} is there already`, hint, { otherPath })];
}

function checkKeys(config: Config, sid: SidConfig, i: number): SixgateError[] {
  const { behavior, tenant, flavors = [] } = sid;
  const need = needs[behavior];
  const errors: SixgateError[] = [];
  if (tenant !== undefined && need.tenant === undefined) {
    const hint = `Leave out tenant; it stands with ${behaviorsWith('tenant')}`;
    errors.push(srv6Error('SRV6_SID_TENANT', ['sids', i, 'tenant'], `${behavior} looks nothing up in a table`, hint));
  } else if (tenant !== undefined && tenantOf(config, tenant) === undefined) {
    const at = ['sids', i, 'tenant'];
    errors.push(srv6Error('SRV6_TENANT_UNKNOWN', at, `No tenant is named ${tenant}`, tenantsHint(config)));
  }
  if (flavors.length > 0 && need.flavors === undefined) {
    const hint = `Leave out flavors; they stand with ${behaviorsWith('flavors')}`;
    errors.push(srv6Error('SRV6_SID_FLAVORS', ['sids', i, 'flavors'], `${behavior} has no flavors`, hint));
  }
  for (const key of ['via', 'interface'] as const) {
    if (sid[key] === undefined || need.via !== undefined) continue;
    const code = key === 'via' ? 'SRV6_SID_VIA' : 'SRV6_SID_INTERFACE';
    const hint = `Leave out ${key}; it stands with ${behaviorsWith('via')}`;
    errors.push(srv6Error(code, ['sids', i, key], `${behavior} has no next hop of its own`, hint));
  }
  return errors;
}

/** The next hop, and the interface that it is on. */
function checkNext(config: Config, sid: SidConfig, i: number, facts: Facts | undefined): SixgateError[] {
  const { behavior, via: text } = sid;
  const family = needs[behavior].via as 4 | 6;
  if (text === undefined) {
    const hint = `Write via: an IPv${family} address`;
    return [srv6Error('SRV6_SID_VIA', ['sids', i], `${behavior} needs a next hop`, hint)];
  }
  const via = parseAddress(text);
  if (via === undefined) return [];
  const at = ['sids', i, 'via'];
  if (via.length !== (family === 4 ? 4 : 16)) {
    const hint = `Write an IPv${family} address`;
    return [srv6Error('SRV6_SID_VIA', at, `${text} is not IPv${family}, as next hops of ${behavior} are`, hint)];
  }
  if (via[0] === (family === 4 ? 224 : 0xff) || hasAddress(config, via, facts)) {
    return [srv6Error('SRV6_SID_VIA', at, `${text} is no other node`, 'Write the address of the next hop')];
  }
  return checkInterface(config, sid, i, via, facts);
}

function checkInterface(
  config: Config,
  sid: SidConfig,
  i: number,
  via: Uint8Array,
  facts: Facts | undefined,
): SixgateError[] {
  const interfaces = config.interfaces ?? {};
  const usable = Object.keys(interfaces).filter((name) =>
    rolesOf(interfaces[name] ?? {}).some((role) => role !== 'management'),
  );
  const hint = usable.length === 0 ? 'No interface here can be used' : `Interfaces: ${usable.join(', ')}`;
  if (sid.interface !== undefined) {
    if (usable.includes(sid.interface)) return [];
    const known = Object.hasOwn(interfaces, sid.interface);
    const sentence = known ? `The data path never touches ${sid.interface}` : `No interface is named ${sid.interface}`;
    return [srv6Error('SRV6_SID_INTERFACE', ['sids', i, 'interface'], sentence, hint)];
  }
  const found = interfacesOfSid(config, sid, facts);
  if (found.length === 1) return [];
  const at = ['sids', i, 'via'];
  if (isLinkLocal(via)) {
    const sentence = `${sid.via} is link-local, so it does not say on which interface`;
    return [srv6Error('SRV6_SID_INTERFACE', at, sentence, `Write interface: NAME. ${hint}`)];
  }
  const sentence =
    found.length === 0 ? `${sid.via} is in no network of an interface` : `${sid.via} can be on ${found.join(' or ')}`;
  return [srv6Error('SRV6_SID_INTERFACE', at, sentence, `Write interface: NAME. ${hint}`)];
}
