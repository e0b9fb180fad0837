import { type Static, Type } from 'typebox';
import { ROLES, XDP_MODES } from '../../contract/interfaces.ts';
import { DEVICE_NAME, namedMap, oneOf, oneOrMany, text } from '../../contract/schema.ts';

/** The smallest MTU that IPv6 works with (RFC 8200 5). */
export const IPV6_MIN_MTU = 1280;
/** Largest IP packet that the data path carries. */
export const MAX_MTU = 9000;

export const interfaceSchema = Type.Object(
  {
    device: Type.Optional(
      Type.String({
        pattern: DEVICE_NAME.pattern,
        errorMessage: DEVICE_NAME.right,
        description: 'Kernel device. Left out: the name of the interface is the device.',
        examples: ['eth0'],
      }),
    ),
    link: Type.Optional(
      Type.String({
        description:
          'Interface of this document whose frames carry this VLAN. Stands together with vlan, without device.',
        examples: ['lan'],
      }),
    ),
    vlan: Type.Optional(
      Type.Integer({ minimum: 1, maximum: 4094, description: 'VLAN number (IEEE 802.1Q) on link.', examples: [100] }),
    ),
    role: Type.Optional(
      oneOrMany(
        oneOf(ROLES, {
          description:
            'inside: clients. outside: the IPv4 or public world. core: the domain of segment routing. management: never touched.',
        }),
        {
          description:
            'What the interface is for: inside, outside, core or management. [inside, outside] on one interface is a one-armed gateway. Left out only on an interface that is the link of VLANs.',
          examples: ['inside', ['inside', 'outside']],
        },
      ),
    ),
    mtu: Type.Optional(
      Type.Integer({
        minimum: 576,
        maximum: MAX_MTU,
        description: 'Largest IP packet in bytes, set on the device. Left out: the device keeps what it has.',
        examples: [1500],
      }),
    ),
    addresses: Type.Optional(
      Type.Array(text('interface-address', { description: 'An address of the box with its prefix length.' }), {
        description: 'Addresses of the box on this interface, IPv4 and IPv6. Pool addresses do not stand here.',
        examples: [['198.51.100.2/24', '2001:db8:51::2/64']],
      }),
    ),
    xdp: Type.Optional(
      oneOf(XDP_MODES, {
        description:
          'How the data path is attached. auto: in the driver where it can do that, else generic. native: in the driver or an error. generic: behind the driver, slower.',
        default: 'auto',
      }),
    ),
    tenant: Type.Optional(
      Type.String({
        description:
          'Name of a tenant: addresses and routes of this interface stand in its table. Left out: in the main table.',
        examples: ['red'],
      }),
    ),
  },
  { additionalProperties: false, description: 'One interface.' },
);

export const interfacesSchema = namedMap(interfaceSchema, DEVICE_NAME, {
  description: 'Interfaces by name. The other parts of the document name them by these names.',
  examples: [{ lan: { device: 'eth0', role: 'inside' } }],
});

export type InterfacesConfig = Static<typeof interfacesSchema>;
