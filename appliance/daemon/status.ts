import type { Link } from 'netlink-ts';
import type { FeatureStatus, PortStatus, Status } from '../contract/api.ts';
import type { DesiredPort, DesiredState } from '../contract/desired.ts';
import type { DataPath } from '../dataplane/datapath.ts';
import { maps } from '../dataplane/layout.gen.ts';
import type { EgressDesired } from '../features/egress/plan.ts';
import { doorDevices } from '../features/interfaces/door.ts';
import type { Nat64Desired } from '../features/nat64/plan.ts';
import type { Srv6Desired } from '../features/srv6/plan.ts';
import type { VxlanDesired } from '../features/vxlan/plan.ts';
import { formatAddress } from '../model/address.ts';
import type { SixgateError } from '../model/errors.ts';
import { type PortCounters, readPorts } from '../telemetry/counters.ts';

/** A sweep that has not ticked for so long is dead: its tick is 50 ms. */
const SWEEP_DEAD_MS = 2_000;

export interface StatusInputs {
  readonly instance: string;
  readonly version: string;
  readonly name: string;
  readonly revision: number;
  readonly hash: string;
  readonly since: string;
  readonly problems: readonly SixgateError[];
  readonly desired: DesiredState;
  readonly numbers: ReadonlyMap<string, number>;
  readonly links: readonly Link[];
}

const nothing: PortCounters = {
  received: 0,
  forwarded: 0,
  passed: 0,
  answered: 0,
  sent: 0,
  originated: 0,
  dropped: {},
};

/** The answer of GET /v1/status. */
export function statusOf(dataPath: DataPath, inputs: StatusInputs): Status {
  const { desired, numbers, links, problems } = inputs;
  const byName = new Map(links.map((link) => [link.name, link]));
  const counters = readPorts(dataPath, [...numbers.values()]);
  const attached = dataPath.ports.attached();
  const ports = desired.ports.map((port): PortStatus => {
    const link = byName.get(port.device);
    const number = numbers.get(port.name);
    const counted = (number === undefined ? undefined : counters.get(number)) ?? nothing;
    const dropped = Object.values(counted.dropped).reduce((sum, count) => sum + count, 0);
    return {
      name: port.name,
      device: port.device,
      ifindex: link?.index ?? 0,
      roles: [...port.roles],
      mode: modeOf(port, link, attached.get(port.device)?.mode),
      up: link?.lowerUp ?? false,
      mtu: link?.mtu ?? port.mtu ?? 0,
      ...counted,
      dropped: { ...counted.dropped },
      balance: counted.received - counted.forwarded - counted.passed - counted.answered - dropped,
      sendFailed: failures(dataPath, byName.get(port.lowerDevice)?.index),
    };
  });
  const sweep = sweepAge(dataPath);
  const dead = sweep.heartbeatAgeMs === null || sweep.heartbeatAgeMs > SWEEP_DEAD_MS;
  return {
    instance: inputs.instance,
    version: inputs.version,
    name: inputs.name,
    revision: inputs.revision,
    hash: inputs.hash,
    since: inputs.since,
    state: problems.length > 0 || dead || ports.some(isGeneric) ? 'degraded' : 'ok',
    problems: [
      ...problems.map((problem) => problem.toJSON() as Status['problems'][number]),
      ...ports.filter(isGeneric).map(genericProblem),
    ],
    ports,
    features: featuresOf(dataPath, desired),
    door: doorStatus(dataPath, inputs.instance, byName),
    sweep,
  };
}

const isGeneric = ({ mode }: PortStatus): boolean => mode === 'generic';

/** Generic XDP works, at a fraction of the speed: nobody should find that out from a graph. */
function genericProblem({ name, device }: PortStatus): Status['problems'][number] {
  return {
    type: 'urn:sixgate:error:INTERFACE_GENERIC_XDP',
    title: 'INTERFACE_GENERIC_XDP',
    code: 'INTERFACE_GENERIC_XDP',
    detail: `${device} runs in generic XDP mode, which is several times slower than native`,
    hint: 'Write xdp: native if the driver of the device can do it, or use another device',
    path: `interfaces.${name}.xdp`,
  };
}

function modeOf(port: DesiredPort, link: Link | undefined, mode: 'native' | 'generic' | undefined): PortStatus['mode'] {
  if (link === undefined) return 'missing';
  if (port.link !== undefined) return 'vlan';
  return mode ?? 'none';
}

function failures(dataPath: DataPath, ifindex: number | undefined): Record<string, number> {
  const failure = ifindex === undefined ? undefined : dataPath.map(maps.sgTxfail).lookup(ifindex);
  if (failure === undefined || failure.frames === 0n) return {};
  return { transmit: Number(failure.frames) };
}

function sweepAge(dataPath: DataPath): Status['sweep'] {
  const core = dataPath.map(maps.sgCore).lookup(0);
  if (core === undefined || core.heartbeat === 0n) return { heartbeatAgeMs: null };
  return { heartbeatAgeMs: Math.max(Number((process.hrtime.bigint() - core.tickKtime) / 1_000_000n), 0) };
}

function doorStatus(dataPath: DataPath, instance: string, links: ReadonlyMap<string, Link>): Status['door'] {
  const { near } = doorDevices(instance);
  const failed = failures(dataPath, links.get(near)?.index);
  return { state: links.has(near) ? 'ok' : 'missing', device: near, sendFailed: failed };
}

function featuresOf(dataPath: DataPath, desired: DesiredState): FeatureStatus[] {
  const nat64 = desired.features.get('nat64') as Nat64Desired | undefined;
  const egress = desired.features.get('egress') as EgressDesired | undefined;
  const core = dataPath.map(maps.sgCore).lookup(0);
  // One table holds the sessions of all features, so that each of their lines tells of the same numbers.
  const held = `${Number(core?.sessions ?? 0n)} sessions, ${Number(core?.bibs ?? 0n)} BIB entries`;
  const lines: FeatureStatus[] = [];
  if (nat64 !== undefined && nat64.instances.length > 0) {
    const names = nat64.instances.map(({ name, pool4 }) => `${name} ${pool4.length} pool4 addresses`).join(' | ');
    lines.push({ name: 'nat64', state: 'ok', detail: `${held} | ${names}` });
  }
  if (egress !== undefined) lines.push({ name: 'egress', state: 'ok', detail: `${held} | ${egressLine(egress)}` });
  const vxlan = desired.features.get('vxlan') as VxlanDesired | undefined;
  if (vxlan !== undefined && vxlan.slots.length > 0)
    lines.push({ name: 'vxlan', state: 'ok', detail: vxlanLine(vxlan) });
  const srv6 = desired.features.get('srv6') as Srv6Desired | undefined;
  if (srv6 !== undefined) lines.push({ name: 'srv6', state: 'ok', detail: srv6Line(srv6) });
  return lines;
}

function srv6Line({ outer, policies, sids, steering }: Srv6Desired): string {
  const counts = `${sids.length} SIDs, ${policies.length} policies, ${steering.length} steered prefixes`;
  return outer === undefined ? counts : `${counts} | source ${formatAddress(outer.source)}`;
}

function egressLine({ forwards, policies, pools }: EgressDesired): string {
  const names = pools.map(
    ({ addresses4, addresses6, name }) => `${name} ${addresses4.length} IPv4, ${addresses6.length} IPv6 addresses`,
  );
  return [`${policies.length} policies, ${forwards.length} forwards`, ...names].join(' | ');
}

function vxlanLine({ slots }: VxlanDesired): string {
  const names = slots.map(
    ({ address, name, nodes, port }) => `${name} ${nodes.length} nodes, ${formatAddress(address)} port ${port}`,
  );
  return [`${slots.length} slots`, ...names].join(' | ');
}
