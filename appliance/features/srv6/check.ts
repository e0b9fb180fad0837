import type { ConfigWith, Facts } from '../../contract/feature.ts';
import { deviceOf, rolesOf, withRole } from '../../contract/interfaces.ts';
import { tenantOf, tenantsHint } from '../../contract/tenants.ts';
import {
  contains,
  formatPrefix,
  hasHostBits,
  maskPrefix,
  type Prefix,
  parseAddress,
  parsePrefix,
} from '../../model/address.ts';
import type { SixgateError } from '../../model/errors.ts';
import { formatPath, type PathStep } from '../../model/path.ts';
import { checkSids } from './check-sids.ts';
import { srv6Error } from './errors.ts';
import { defaultSource, hasAddress, isLinkLocal } from './places.ts';
import { MAX_TUNNELS, type Srv6Config, type SteeringConfig } from './schema.ts';

type Srv6Document = ConfigWith<'srv6', Srv6Config>;

/** Rules of `srv6` beyond its schema. Overlaps of locators are found over all features, from the claims. */
export function checkSrv6(config: Srv6Document, facts: Facts | undefined): SixgateError[] {
  const { srv6 } = config;
  if (srv6 === undefined) return [];
  const { locators = {}, filter = {} } = srv6;
  return [
    ...checkCore(config, srv6),
    ...Object.entries(locators).flatMap(([name, { prefix }]) => checkPrefix(['locators', name, 'prefix'], prefix)),
    ...(['domain', 'sources'] as const).flatMap((key) =>
      (filter[key] ?? []).flatMap((prefix, i) => checkPrefix(['filter', key, i], prefix)),
    ),
    ...checkSids(config, srv6, facts),
    ...checkPolicies(srv6),
    ...checkMtu(config, srv6, facts),
    ...checkSteering(config, srv6),
    ...checkSource(config, srv6, facts),
  ];
}

function checkCore(config: Srv6Document, { sids = [], steering = [] }: Srv6Config): SixgateError[] {
  if (sids.length + steering.length === 0 || withRole(config.interfaces ?? {}, 'core').length > 0) return [];
  return [srv6Error('SRV6_CORE_MISSING', [], 'No interface has role core', 'Give an interface role: core')];
}

function checkPrefix(at: readonly PathStep[], text: string): SixgateError[] {
  const prefix = parsePrefix(text);
  if (prefix === undefined) return [];
  if (prefix.family !== 6) {
    return [srv6Error('SRV6_PREFIX_FAMILY', at, `${text} is IPv4`, 'Write an IPv6 prefix, such as fcbb:bb00:a1::/48')];
  }
  if (!hasHostBits(prefix)) return [];
  const hint = `Write ${formatPrefix(maskPrefix(prefix))}`;
  return [srv6Error('SRV6_PREFIX_HOST_BITS', at, `${text} has bits set after its length`, hint)];
}

function checkPolicies({ policies = {}, locators = {} }: Srv6Config): SixgateError[] {
  const own = Object.values(locators).map(({ prefix }) => parsePrefix(prefix));
  const errors: SixgateError[] = [];
  let lists = 0;
  for (const [name, { segmentLists }] of Object.entries(policies)) {
    lists += segmentLists.length;
    if (lists > MAX_TUNNELS && lists - segmentLists.length <= MAX_TUNNELS) {
      const sentence = `With ${name} there are ${lists} segment lists`;
      errors.push(srv6Error('SRV6_TUNNELS', ['policies', name], sentence, `One gateway has at most ${MAX_TUNNELS}`));
    }
    for (const [i, { segments }] of segmentLists.entries()) {
      for (const [j, text] of segments.entries()) {
        const why = whyNoSegment(text, j === 0 ? own : []);
        if (why === undefined) continue;
        const at = ['policies', name, 'segmentLists', i, 'segments', j];
        errors.push(srv6Error('SRV6_SEGMENT', at, `${text} ${why}`, 'Write a SID of another node'));
      }
    }
  }
  return errors;
}

/** RFC 8200 section 5: hosts send 1280 bytes whatever they are told, so that less than that would be a black hole. */
function checkMtu(config: Srv6Document, { policies = {} }: Srv6Config, facts: Facts | undefined): SixgateError[] {
  const core = Object.entries(config.interfaces ?? {}).filter(([, iface]) => rolesOf(iface).includes('core'));
  const carried = core.map(
    ([name, iface]) => iface.mtu ?? facts?.links.find((link) => link.name === deviceOf(name, iface))?.mtu,
  );
  const known = carried.filter((mtu) => mtu !== undefined);
  if (known.length === 0 || known.length < carried.length) return [];
  const most = Math.max(...known);
  return Object.entries(policies).flatMap(([name, policy]) =>
    policy.segmentLists.flatMap(({ segments }, i) => {
      const listed = policy.encapsulation === 'H.Encaps' ? segments.length : segments.length - 1;
      const front = listed === 0 ? 40 : 48 + 16 * listed;
      if (most >= 1280 + front) return [];
      const sentence = `With ${front} bytes in front, an IPv6 packet of 1280 bytes does not fit into ${most}`;
      const hint = `Give ${core[0]?.[0]} an MTU of ${1280 + front} or more, or take fewer segments`;
      return [srv6Error('SRV6_MTU', ['policies', name, 'segmentLists', i, 'segments'], sentence, hint)];
    }),
  );
}

/** @param own locators that the segment must not be in: the first one is on another node */
function whyNoSegment(text: string, own: readonly (Prefix | undefined)[]): string | undefined {
  const bytes = parseAddress(text);
  if (bytes === undefined) return undefined;
  if (bytes.length === 4) return 'is IPv4, and a SID is an IPv6 address';
  if (bytes[0] === 0xff) return 'is a multicast address';
  if (isLinkLocal(bytes)) return 'is link-local, and no router sends it on';
  if (bytes.subarray(0, 15).every((byte) => byte === 0)) return 'is no address of another node';
  return own.some((prefix) => prefix !== undefined && contains(prefix, bytes))
    ? 'is in a locator of this gateway'
    : undefined;
}

function checkSteering(config: Srv6Document, { steering = [], policies = {} }: Srv6Config): SixgateError[] {
  const seen = new Map<string, number>();
  return steering.flatMap((entry, i) => {
    const to = parsePrefix(entry.to);
    if (to === undefined) return [];
    const errors = checkEntry(config, entry, i, Object.keys(policies));
    if (hasHostBits(to)) {
      const hint = `Write ${formatPrefix(maskPrefix(to))}`;
      const at = ['steering', i, 'to'];
      errors.push(srv6Error('SRV6_PREFIX_HOST_BITS', at, `${entry.to} has bits set after its length`, hint));
    }
    const key = `${entry.tenant ?? ''} ${formatPrefix(maskPrefix(to))}`;
    const other = seen.get(key);
    if (other === undefined) seen.set(key, i);
    else {
      const otherPath = formatPath(['srv6', 'steering', other, 'to']);
      const hint = 'Leave one of them out; a policy shares flows among its lists';
      errors.push(
        srv6Error('SRV6_STEERING_DUPLICATE', ['steering', i, 'to'], `${entry.to} is steered already`, hint, {
          otherPath,
        }),
      );
    }
    return errors;
  });
}

function checkEntry(config: Srv6Document, entry: SteeringConfig, i: number, policies: string[]): SixgateError[] {
  const errors: SixgateError[] = [];
  if (entry.tenant !== undefined && tenantOf(config, entry.tenant) === undefined) {
    const sentence = `No tenant is named ${entry.tenant}`;
    errors.push(srv6Error('SRV6_TENANT_UNKNOWN', ['steering', i, 'tenant'], sentence, tenantsHint(config)));
  }
  if (!policies.includes(entry.policy)) {
    const hint = policies.length === 0 ? 'No policies are named here' : `Policies: ${policies.join(', ')}`;
    const sentence = `No policy is named ${entry.policy}`;
    errors.push(srv6Error('SRV6_POLICY_UNKNOWN', ['steering', i, 'policy'], sentence, hint));
  }
  return errors;
}

function checkSource(config: Srv6Document, srv6: Srv6Config, facts: Facts | undefined): SixgateError[] {
  const core = withRole(config.interfaces ?? {}, 'core');
  const present = new Set(facts?.links.map(({ name }) => name));
  const waits =
    facts !== undefined &&
    Object.entries(config.interfaces ?? {}).some(([name, iface]) => !present.has(deviceOf(name, iface)));
  const more = { kind: waits ? ('missing-interface' as const) : undefined };
  if (srv6.source === undefined) {
    if ((srv6.steering ?? []).length === 0 || core.length === 0 || defaultSource(config, facts) !== undefined)
      return [];
    const sentence = `No IPv6 address of ${core.join(' or ')} can be the outer source`;
    const hint = 'Give it an address of the domain, or write source: ADDRESS';
    return [srv6Error('SRV6_SOURCE', ['steering'], sentence, hint, more)];
  }
  const source = parseAddress(srv6.source);
  if (source === undefined) return [];
  if (source.length === 4) {
    const hint = 'Write an IPv6 address of this gateway';
    return [srv6Error('SRV6_SOURCE', ['source'], `${srv6.source} is IPv4`, hint)];
  }
  if (facts === undefined || hasAddress(config, source, facts)) return [];
  const hint = 'Write an IPv6 address of an interface, or give it to one';
  return [srv6Error('SRV6_SOURCE', ['source'], `${srv6.source} is no address of this box`, hint, more)];
}
