import type { Desired, DesiredPort, DesiredRoute } from '../../contract/desired.ts';
import type { AddressClaim, ConfigWith, Feature } from '../../contract/feature.ts';
import { deviceOf, type InterfaceConfig, rolesOf } from '../../contract/interfaces.ts';
import { tableOf } from '../../contract/tenants.ts';
import { formatPrefix, maskPrefix, type Prefix, parsePrefix } from '../../model/address.ts';
import { type AddressSet, parseAddressSet } from '../../model/address-set.ts';
import { formatPath } from '../../model/path.ts';
import { checkInterfaces, localAddresses } from './check.ts';
import { type InterfacesConfig, interfacesSchema } from './schema.ts';

type InterfacesDocument = ConfigWith<'interfaces', InterfacesConfig>;

/** Ports of the document, in its order, and the routes that come with addresses of tenants. */
export function planInterfaces(config: InterfacesDocument): Desired {
  const interfaces: Readonly<Record<string, InterfaceConfig>> = config.interfaces ?? {};
  const ports = Object.entries(interfaces).map(([name, iface]) =>
    planPort(interfaces, name, iface, tableOf(config, iface.tenant)),
  );
  return { ports, routes: ports.flatMap(connectedRoutes) };
}

/**
 * The network of an address of a tenant: the kernel itself would put the route into the main table. The address alone is
 * a blackhole, because the kernel takes nothing of a tenant: it would be looked for among the neighbours.
 */
function connectedRoutes({ addresses, device, name, table }: DesiredPort): DesiredRoute[] {
  if (table === 0) return [];
  const owner = formatPath(['interfaces', name]);
  return addresses.flatMap((text): DesiredRoute[] => {
    const address = parsePrefix(text) as Prefix;
    const { family, bytes } = address;
    const to = formatPrefix(maskPrefix(address));
    const own = formatPrefix({ family, bytes, length: bytes.length * 8 });
    const itself: DesiredRoute = { family, to: own, type: 'blackhole', table, owner };
    return to === own ? [itself] : [{ family, to, type: 'unicast', device, table, owner }, itself];
  });
}

function planPort(
  interfaces: Readonly<Record<string, InterfaceConfig>>,
  name: string,
  iface: InterfaceConfig,
  table: number,
): DesiredPort {
  const { link, vlan, mtu } = iface;
  const roles = rolesOf(iface);
  const lower = link === undefined ? undefined : interfaces[link];
  return {
    name,
    device: deviceOf(name, iface),
    lowerDevice: link === undefined || lower === undefined ? deviceOf(name, iface) : deviceOf(link, lower),
    ...(link === undefined ? {} : { link }),
    ...(vlan === undefined ? {} : { vlan }),
    roles,
    addresses: (iface.addresses ?? []).map((text) => formatPrefix(parsePrefix(text) as Prefix)),
    ...(mtu === undefined ? {} : { mtu }),
    xdp: link !== undefined || roles.includes('management') ? 'none' : (iface.xdp ?? 'auto'),
    table,
  };
}

function claims(config: InterfacesDocument): AddressClaim[] {
  return localAddresses(config).map(({ name, index, address, table }) => ({
    addresses: parseAddressSet(address) as AddressSet,
    kind: 'local',
    table,
    owner: formatPath(['interfaces', name]),
    path: formatPath(['interfaces', name, 'addresses', index]),
    overlapCode: 'INTERFACE_ADDRESS_DUPLICATE',
    localCode: 'INTERFACE_ADDRESS_DUPLICATE',
  }));
}

export const interfaces: Feature<'interfaces', InterfacesConfig> = {
  name: 'interfaces',
  schema: interfacesSchema,
  check: checkInterfaces,
  claims,
  plan: planInterfaces,
};
