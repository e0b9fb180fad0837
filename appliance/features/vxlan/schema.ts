import { type Static, Type } from 'typebox';
import { namedMap, PLAIN_NAME, text } from '../../contract/schema.ts';
import { MAX_SLOTS } from '../../contract/slots.ts';

/** Nodes of all slots together: each has a tunnel of its own in the data path. */
export const MAX_NODES = 1024;

export const VXLAN_DEFAULTS = { port: 8472, ttl: 64 } as const;

export const slotSchema = Type.Object(
  {
    address: text('ip-address', {
      description: 'Tunnel endpoint: an address of this box that no other slot has. It says which slot a packet is of.',
      examples: ['10.1.0.1', '2001:db8:1::1'],
    }),
    port: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 65_535,
        description: 'UDP port of the tunnel, on both ends.',
        default: VXLAN_DEFAULTS.port,
        examples: [4789],
      }),
    ),
    nodes: Type.Array(text('address-set', { description: 'Addresses of nodes: one, a prefix or a range.' }), {
      minItems: 1,
      uniqueItems: true,
      description: `Nodes of the cluster, of the family of address; at most ${MAX_NODES} over all slots. Packets of others are dropped.`,
      examples: [['10.1.7.2', '10.1.8.0/28']],
    }),
    ttl: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 255,
        description: 'TTL or hop limit of packets to the nodes.',
        default: VXLAN_DEFAULTS.ttl,
        examples: [255],
      }),
    ),
  },
  {
    additionalProperties: false,
    description: 'One cluster whose nodes send the traffic of their pods to this gateway in VXLAN (RFC 7348).',
  },
);

export const vxlanSchema = namedMap(slotSchema, PLAIN_NAME, {
  description: `Slots by name, at most ${MAX_SLOTS}: pods of two clusters may have the same addresses.`,
  examples: [{ 'prod-a': { address: '10.1.0.1', nodes: ['10.1.7.2'] } }],
});

export type SlotPart = Static<typeof slotSchema>;
export type VxlanConfig = Static<typeof vxlanSchema>;
