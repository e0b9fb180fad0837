import type { Desired, DesiredPort } from '../../contract/desired.ts';
import type { AddressClaim, ConfigWith, Feature } from '../../contract/feature.ts';
import { deviceOf, type InterfaceConfig, rolesOf } from '../../contract/interfaces.ts';
import { formatPrefix, type Prefix, parsePrefix } from '../../model/address.ts';
import { type AddressSet, parseAddressSet } from '../../model/address-set.ts';
import { formatPath } from '../../model/path.ts';
import { checkInterfaces, localAddresses } from './check.ts';
import { type InterfacesConfig, interfacesSchema } from './schema.ts';

type InterfacesDocument = ConfigWith<'interfaces', InterfacesConfig>;

/** Ports of the document, in its order. */
export function planInterfaces(config: InterfacesDocument): Desired {
  const interfaces: Readonly<Record<string, InterfaceConfig>> = config.interfaces ?? {};
  return { ports: Object.entries(interfaces).map(([name, iface]) => planPort(interfaces, name, iface)) };
}

function planPort(
  interfaces: Readonly<Record<string, InterfaceConfig>>,
  name: string,
  iface: InterfaceConfig,
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
  };
}

function claims(config: InterfacesDocument): AddressClaim[] {
  return localAddresses(config.interfaces ?? {}).map(({ name, index, address }) => ({
    addresses: parseAddressSet(address) as AddressSet,
    kind: 'local',
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
