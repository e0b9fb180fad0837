import type { Config, ConfigWith, Facts } from '../../contract/feature.ts';
import { deviceOf, type InterfaceConfig, rolesOf } from '../../contract/interfaces.ts';
import { tableOf, tenantOf, tenantsHint } from '../../contract/tenants.ts';
import { equalBytes, formatAddress, lastAddress, maskPrefix, parsePrefix } from '../../model/address.ts';
import type { SixgateError } from '../../model/errors.ts';
import { formatPath } from '../../model/path.ts';
import { interfaceError } from './errors.ts';
import { type InterfacesConfig, IPV6_MIN_MTU } from './schema.ts';

type Interfaces = Readonly<Record<string, InterfaceConfig>>;

/** Rules of `interfaces` beyond its schema. */
export function checkInterfaces(
  config: ConfigWith<'interfaces', InterfacesConfig>,
  facts: Facts | undefined,
): SixgateError[] {
  const interfaces: Interfaces = config.interfaces ?? {};
  const carriers = new Set(Object.values(interfaces).map((iface) => iface.link));
  return [
    ...Object.entries(interfaces).flatMap(([name, iface]) => [
      ...checkLink(interfaces, name, iface),
      ...checkRole(name, iface, carriers.has(name)),
      ...checkMtu(interfaces, name, iface),
      ...checkTenant(config, name, iface),
      ...checkAddresses(name, iface),
      ...checkPresence(name, iface, facts),
    ]),
    ...checkDevices(interfaces),
  ];
}

function checkLink(interfaces: Interfaces, name: string, iface: InterfaceConfig): SixgateError[] {
  const vlanHint = 'A VLAN is written {link: INTERFACE, vlan: NUMBER, role: ROLE}';
  if (iface.vlan !== undefined && iface.link === undefined) {
    return [interfaceError('INTERFACE_LINK_VLAN', [name, 'vlan'], `${name} has a vlan without a link`, vlanHint)];
  }
  if (iface.link === undefined) return [];
  if (iface.vlan === undefined) {
    return [interfaceError('INTERFACE_LINK_VLAN', [name, 'link'], `${name} has a link without a vlan`, vlanHint)];
  }
  for (const key of ['device', 'xdp'] as const) {
    if (iface[key] === undefined) continue;
    const sentence = `${name} is a VLAN of ${iface.link}, so it has no ${key} of its own`;
    return [interfaceError('INTERFACE_LINK_VLAN', [name, key], sentence, `Leave out ${key}, or link and vlan`)];
  }
  const lower = Object.hasOwn(interfaces, iface.link) ? interfaces[iface.link] : undefined;
  const able = Object.keys(interfaces).filter((other) => canCarry(interfaces[other]));
  const hint = able.length === 0 ? 'No interface here can carry VLANs' : `VLANs can be on: ${able.join(', ')}`;
  const at = [name, 'link'];
  if (lower === undefined) {
    return [interfaceError('INTERFACE_LINK_UNKNOWN', at, `No interface is named ${iface.link}`, hint)];
  }
  if (lower.link !== undefined) {
    return [interfaceError('INTERFACE_LINK_UNKNOWN', at, `${iface.link} is itself a VLAN of ${lower.link}`, hint)];
  }
  if (!canCarry(lower)) {
    const sentence = `${iface.link} has role management, and the data path never touches its device`;
    return [interfaceError('INTERFACE_LINK_UNKNOWN', at, sentence, hint)];
  }
  return [];
}

function canCarry(iface: InterfaceConfig | undefined): boolean {
  return iface !== undefined && iface.link === undefined && !rolesOf(iface).includes('management');
}

function checkRole(name: string, iface: InterfaceConfig, carriesVlans: boolean): SixgateError[] {
  const roles = rolesOf(iface);
  if (roles.length === 0 && !carriesVlans) {
    return [
      interfaceError(
        'INTERFACE_ROLE_MISSING',
        [name],
        `${name} has no role`,
        'Write role: inside, outside, core or management',
      ),
    ];
  }
  if (!roles.includes('management')) return [];
  if (roles.length > 1) {
    const sentence = `${name} is for management and for ${roles.filter((role) => role !== 'management').join(' and ')}`;
    return [
      interfaceError('INTERFACE_ROLE_CONFLICT', [name, 'role'], sentence, 'A management interface has no other role'),
    ];
  }
  if (iface.xdp === undefined) return [];
  const sentence = `${name} is for management: the data path is never attached there`;
  return [interfaceError('INTERFACE_ROLE_CONFLICT', [name, 'xdp'], sentence, 'Leave out xdp')];
}

function checkMtu(interfaces: Interfaces, name: string, iface: InterfaceConfig): SixgateError[] {
  const { mtu } = iface;
  if (mtu === undefined) return [];
  const roles = rolesOf(iface);
  const ipv6 =
    roles.includes('inside') || roles.includes('core') || iface.addresses?.some((text) => text.includes(':'));
  if (mtu < IPV6_MIN_MTU && ipv6) {
    const sentence = `${name} carries IPv6, and ${mtu} bytes are too few for it`;
    return [interfaceError('INTERFACE_MTU', [name, 'mtu'], sentence, `Write ${IPV6_MIN_MTU} or more`)];
  }
  const lower = iface.link !== undefined && Object.hasOwn(interfaces, iface.link) ? interfaces[iface.link] : undefined;
  if (lower?.mtu === undefined || lower.mtu >= mtu) return [];
  const sentence = `${name} has an MTU of ${mtu} on ${iface.link}, which carries ${lower.mtu}`;
  const otherPath = formatPath(['interfaces', iface.link as string, 'mtu']);
  return [interfaceError('INTERFACE_MTU', [name, 'mtu'], sentence, `Write ${lower.mtu} or less`, { otherPath })];
}

function checkTenant(config: Config, name: string, iface: InterfaceConfig): SixgateError[] {
  if (iface.tenant === undefined) return [];
  const at = [name, 'tenant'];
  if (tenantOf(config, iface.tenant) === undefined) {
    const sentence = `No tenant is named ${iface.tenant}`;
    return [interfaceError('INTERFACE_TENANT_UNKNOWN', at, sentence, tenantsHint(config))];
  }
  const common = rolesOf(iface).find((role) => role === 'core' || role === 'management');
  if (common === undefined) return [];
  const sentence = `${name} has role ${common}, which all tenants share`;
  return [interfaceError('INTERFACE_TENANT_ROLE', at, sentence, 'Leave out tenant, or write role: inside or outside')];
}

function checkAddresses(name: string, iface: InterfaceConfig): SixgateError[] {
  return (iface.addresses ?? []).flatMap((text, i) => {
    const reason = whyNotHost(text);
    if (reason === undefined) return [];
    const hint = 'Write an address that a host can have, such as 198.51.100.2/24';
    return [interfaceError('INTERFACE_ADDRESS_NOT_HOST', [name, 'addresses', i], `${text} ${reason}`, hint)];
  });
}

/** Why the address can be no host's, or undefined. */
function whyNotHost(text: string): string | undefined {
  const prefix = parsePrefix(text);
  if (prefix === undefined) return undefined;
  const first = prefix.bytes[0] as number;
  if (prefix.bytes.every((byte) => byte === 0)) return 'is the unspecified address';
  if (prefix.family === 6) return first === 0xff ? 'is a multicast address' : undefined;
  if (first >= 224) return first < 240 ? 'is a multicast address' : 'is a reserved address';
  if (first === 0) return 'is no address of a host';
  if (prefix.length > 30) return undefined;
  if (equalBytes(prefix.bytes, maskPrefix(prefix).bytes)) return 'is the address of the network itself';
  return equalBytes(prefix.bytes, lastAddress(prefix)) ? 'is the broadcast address of its network' : undefined;
}

function checkPresence(name: string, iface: InterfaceConfig, facts: Facts | undefined): SixgateError[] {
  if (facts === undefined || iface.link !== undefined) return [];
  const device = deviceOf(name, iface);
  if (facts.links.some((link) => link.name === device)) return [];
  const known = facts.links.map((link) => link.name).filter((other) => other !== 'lo');
  const hint = known.length === 0 ? 'This box has no devices' : `This box has: ${known.slice(0, 8).join(', ')}`;
  const path = iface.device === undefined ? [name] : [name, 'device'];
  return [
    interfaceError('INTERFACE_MISSING', path, `There is no device ${device}`, hint, { kind: 'missing-interface' }),
  ];
}

function checkDevices(interfaces: Interfaces): SixgateError[] {
  const seen = new Map<string, string>();
  return Object.entries(interfaces).flatMap(([name, iface]) => {
    const key = iface.link === undefined ? deviceOf(name, iface) : `VLAN ${iface.vlan} of ${iface.link}`;
    const other = seen.get(key);
    if (other === undefined) {
      seen.set(key, name);
      return [];
    }
    const step = iface.link === undefined ? 'device' : 'vlan';
    const path = iface[step] === undefined ? [name] : [name, step];
    const what = iface.link === undefined ? `Device ${key}` : key;
    return [
      interfaceError(
        'INTERFACE_DEVICE_DUPLICATE',
        path,
        `${what} is already ${other}`,
        'One device is one interface; it may have several roles',
        {
          otherPath: formatPath(['interfaces', other]),
        },
      ),
    ];
  });
}

/** The address part of every interface address, as a claim: no pool may hold one of them. */
export function localAddresses(config: Config): { name: string; index: number; address: string; table: number }[] {
  return Object.entries(config.interfaces ?? {}).flatMap(([name, iface]) =>
    (iface.addresses ?? []).flatMap((text, index) => {
      const prefix = parsePrefix(text);
      const table = tableOf(config, iface.tenant);
      return prefix === undefined ? [] : [{ name, index, address: formatAddress(prefix.bytes), table }];
    }),
  );
}
