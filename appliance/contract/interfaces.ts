/** What an interface is for; an interface may have several roles (one-armed gateways). */
export const ROLES = ['inside', 'outside', 'core', 'management'] as const;
export type Role = (typeof ROLES)[number];

/** How XDP is attached to a device. */
export const XDP_MODES = ['auto', 'native', 'generic'] as const;
export type XdpMode = (typeof XDP_MODES)[number];

/** What every feature may read of an interface of the document. */
export interface InterfaceConfig {
  device?: string;
  link?: string;
  vlan?: number;
  role?: Role | Role[];
  mtu?: number;
  addresses?: string[];
  xdp?: XdpMode;
  tenant?: string;
}

/** The roles as a list; empty for an interface that only carries VLANs. */
export function rolesOf(iface: InterfaceConfig): readonly Role[] {
  if (iface.role === undefined) return [];
  return typeof iface.role === 'string' ? [iface.role] : iface.role;
}

/** The kernel device that carries the interface's addresses. */
export function deviceOf(name: string, iface: InterfaceConfig): string {
  return iface.device ?? name;
}

/** Names of the interfaces that have `role`, in document order. */
export function withRole(interfaces: Readonly<Record<string, InterfaceConfig>>, role: Role): string[] {
  return Object.entries(interfaces)
    .filter(([, iface]) => rolesOf(iface).includes(role))
    .map(([name]) => name);
}
