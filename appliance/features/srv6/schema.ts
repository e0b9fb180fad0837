import { type Static, Type } from 'typebox';
import { namedMap, oneOf, PLAIN_NAME, text } from '../../contract/schema.ts';

/** Segments of one list (bpf/layout/tunnel.h). */
export const MAX_SEGMENTS = 16;
/** Ways that a steered destination can be shared among: the buckets of the data path. */
export const MAX_LISTS = 16;
/** SIDs and segment lists of one document (the other half of the data path's numbers is the mirror's). */
export const MAX_SIDS = 2047;
export const MAX_TUNNELS = 2047;

export const BEHAVIORS = ['End', 'End.X', 'End.DX4', 'End.DX6', 'End.DT4', 'End.DT6', 'End.DT46'] as const;
export type Behavior = (typeof BEHAVIORS)[number];
export const FLAVORS = ['psp', 'usp', 'usd'] as const;
export type Flavor = (typeof FLAVORS)[number];
export const ENCAPSULATIONS = ['H.Encaps', 'H.Encaps.Red'] as const;

export const SRV6_DEFAULTS = { encapsulation: 'H.Encaps.Red', weight: 1, hopLimit: 64, dscp: 'copy' } as const;

const tenant = (what: string) =>
  Type.Optional(Type.String({ description: `Name of a tenant: ${what}`, examples: ['red'] }));

const locatorSchema = Type.Object(
  {
    prefix: text('ip-prefix', {
      description: 'IPv6 prefix in which the SIDs of this gateway lie; the routers of the domain send it here.',
      examples: ['fcbb:bb00:a1::/48'],
    }),
  },
  { additionalProperties: false, description: 'A locator (RFC 8986 3.1).' },
);

export const sidSchema = Type.Object(
  {
    sid: text('ip-address', { description: 'The SID, an address in a locator.', examples: ['fcbb:bb00:a1:1::'] }),
    behavior: oneOf(BEHAVIORS, {
      description:
        'What happens to packets for it (RFC 8986 4). End: on to the next segment. End.X: the same, to one next hop. ' +
        'End.DX4, End.DX6: the inner packet to one next hop. End.DT4, End.DT6, End.DT46: the inner packet by the routes of a table.',
    }),
    tenant: tenant('End.DT* looks routes up in its table. Left out: in the main table.'),
    interface: Type.Optional(
      Type.String({
        description:
          'Interface that the next hop of End.X, End.DX4 and End.DX6 is on. Left out: the one whose network has via.',
        examples: ['core'],
      }),
    ),
    via: Type.Optional(
      text('ip-address', {
        description: 'Next hop of End.X, End.DX4 and End.DX6. A link-local one needs interface.',
        examples: ['2001:db8:c0::2'],
      }),
    ),
    flavors: Type.Optional(
      Type.Array(
        oneOf(FLAVORS, {
          description:
            'psp: the last but one segment takes the header away. usp: the last one does. usd: the last one takes the inner packet out.',
        }),
        {
          uniqueItems: true,
          description: 'Flavors of End and End.X (RFC 8986 4.16).',
          examples: [['psp', 'usd']],
        },
      ),
    ),
  },
  { additionalProperties: false, description: 'A SID of this gateway.' },
);

const segmentListSchema = Type.Object(
  {
    weight: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 1000,
        description: 'Share of the flows that take this list, among the weights of all lists of the policy.',
        default: SRV6_DEFAULTS.weight,
      }),
    ),
    segments: Type.Array(text('ip-address', { description: 'A SID of another node.' }), {
      minItems: 1,
      maxItems: MAX_SEGMENTS,
      description: `SIDs in the order in which they are visited, 1 to ${MAX_SEGMENTS}; the last one decapsulates.`,
      examples: [['fcbb:bb00:c1::', 'fcbb:bb00:d2:1::']],
    }),
  },
  { additionalProperties: false, description: 'One segment list.' },
);

export const policySchema = Type.Object(
  {
    segmentLists: Type.Array(segmentListSchema, {
      minItems: 1,
      maxItems: MAX_LISTS,
      description: `Segment lists, 1 to ${MAX_LISTS}. Each flow takes one of them.`,
      examples: [[{ segments: ['fcbb:bb00:d2:1::'] }]],
    }),
    encapsulation: Type.Optional(
      oneOf(ENCAPSULATIONS, {
        description:
          'H.Encaps: the segment routing header has every segment (RFC 8986 5.1). H.Encaps.Red: the first one stands in the destination only; no header at all for one segment (5.2).',
        default: SRV6_DEFAULTS.encapsulation,
      }),
    ),
  },
  { additionalProperties: false, description: 'A policy: how packets travel that are steered into it (RFC 9256).' },
);

export const steeringSchema = Type.Object(
  {
    to: text('ip-prefix', {
      description: 'Destinations, IPv4 or IPv6. The longest match decides between these and routes.',
      examples: ['10.2.0.0/16'],
    }),
    tenant: tenant('packets of its table are meant. Left out: those of the main table.'),
    policy: Type.String({ description: 'Name of the policy.', examples: ['dc2'] }),
  },
  { additionalProperties: false, description: 'Destinations that are reached through a policy.' },
);

export const srv6Schema = Type.Object(
  {
    locators: Type.Optional(
      namedMap(locatorSchema, PLAIN_NAME, {
        description: 'Locators of this gateway by name.',
        examples: [{ edge: { prefix: 'fcbb:bb00:a1::/48' } }],
      }),
    ),
    sids: Type.Optional(
      Type.Array(sidSchema, {
        maxItems: MAX_SIDS,
        description: 'SIDs of this gateway.',
        examples: [[{ sid: 'fcbb:bb00:a1:1::', behavior: 'End.DT46', tenant: 'red' }]],
      }),
    ),
    policies: Type.Optional(
      namedMap(policySchema, PLAIN_NAME, {
        description: 'Policies by name.',
        examples: [{ dc2: { segmentLists: [{ segments: ['fcbb:bb00:d2:1::'] }] } }],
      }),
    ),
    steering: Type.Optional(
      Type.Array(steeringSchema, {
        description: 'Which destinations are reached through which policy.',
        examples: [[{ to: '10.2.0.0/16', tenant: 'red', policy: 'dc2' }]],
      }),
    ),
    source: Type.Optional(
      text('ip-address', {
        description:
          'Outer source of encapsulated packets, an IPv6 address of this gateway that the domain has a route to. Left out: the first IPv6 address of an interface with role core.',
        examples: ['2001:db8:c0::11'],
      }),
    ),
    filter: Type.Optional(
      Type.Object(
        {
          domain: Type.Optional(
            Type.Array(text('ip-prefix', { description: 'An IPv6 prefix of the SR domain.' }), {
              description:
                'Prefixes of the SR domain: only core interfaces reach them (RFC 8754 5.1). The locators of this gateway always belong to it.',
              examples: [['fcbb:bb00::/32']],
            }),
          ),
          sources: Type.Optional(
            Type.Array(text('ip-prefix', { description: 'An IPv6 prefix.' }), {
              minItems: 1,
              description: 'Who may send to SIDs of this gateway, on core interfaces. Left out: everybody there.',
              examples: [['2001:db8:ffff::/48']],
            }),
          ),
        },
        { additionalProperties: false, description: 'Filter at the edge of the SR domain; always on.' },
      ),
    ),
    outer: Type.Optional(
      Type.Object(
        {
          hopLimit: Type.Optional(
            Type.Integer({
              minimum: 1,
              maximum: 255,
              description: 'Hop limit of the outer header (RFC 2473 6.3).',
              default: SRV6_DEFAULTS.hopLimit,
            }),
          ),
          dscp: Type.Optional(
            Type.Unsafe<'copy' | number>({
              anyOf: [
                { type: 'string', enum: ['copy'] },
                { type: 'integer', minimum: 0, maximum: 63 },
              ],
              description:
                'DSCP of the outer header: copy, that of the packet, or a number, 0 to 63. ECN is always copied (RFC 6040).',
              default: SRV6_DEFAULTS.dscp,
            }),
          ),
        },
        { additionalProperties: false, description: 'Outer header of encapsulated packets.' },
      ),
    ),
  },
  { additionalProperties: false, description: 'Segment routing over IPv6 (RFC 8754, RFC 8986).' },
);

export type SidConfig = Static<typeof sidSchema>;
export type PolicyConfig = Static<typeof policySchema>;
export type SteeringConfig = Static<typeof steeringSchema>;
export type Srv6Config = Static<typeof srv6Schema>;
