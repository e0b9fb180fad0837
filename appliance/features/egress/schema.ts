import { type Static, Type } from 'typebox';
import { MAX_POOL_ADDRESSES } from '../../contract/feature.ts';
import { namedMap, oneOf, PLAIN_NAME, text } from '../../contract/schema.ts';

/** Pools that one gateway can have (bpf/layout/egress.h: MAX_EGRESS_POOLS); their numbers run from 0. */
export const MAX_POOLS = 64;
/** Policies that one gateway can have; their numbers run from 1. */
export const MAX_POLICIES = 16_384;
/** Half of what the data path's tables hold, because they hold the rules in force and the next ones. */
export const MAX_SOURCES = 32_768;
export const MAX_IDENTITIES = 65_536;
export const MAX_DESTINATIONS = 65_536;
export const MAX_FORWARDS = 4096;

export const MAX_TIMEOUT = '7d';
export const MIN_TIMEOUT = '1s';

/** RFC 4787 REQ-5, RFC 5382 REQ-5, RFC 5508 REQ-2. */
export const EGRESS_DEFAULTS = {
  ports: '1024-65535',
  sessions: 262_144,
  timeouts: { udp: '5m', tcpEstablished: '2h4m', tcpTransitory: '4m', icmp: '1m' },
} as const;

export type TimeoutName = keyof typeof EGRESS_DEFAULTS.timeouts;

function timeout(name: TimeoutName, description: string) {
  return Type.Optional(text('duration', { description, default: EGRESS_DEFAULTS.timeouts[name] }));
}

const prefixes = (description: string, examples: readonly string[]) =>
  Type.Array(text('ip-prefix', { description: 'A prefix of either family.' }), {
    minItems: 1,
    uniqueItems: true,
    description,
    examples: [[...examples]],
  });

const tenant = Type.Optional(
  Type.String({ description: 'Tenant that the clients are of. Left out: no tenant.', examples: ['red'] }),
);
const slot = Type.Optional(
  Type.String({ description: 'VXLAN slot that the clients are behind. Left out: none.', examples: ['prod-a'] }),
);

export const poolSchema = Type.Object(
  {
    addresses: Type.Array(text('address-set', { description: 'A prefix, a range or one address, of either family.' }), {
      minItems: 1,
      uniqueItems: true,
      description: `Addresses that clients are seen with outside; at most ${MAX_POOL_ADDRESSES} over the pools of all features. They belong to this pool alone and to no interface.`,
      examples: [['203.0.113.100-203.0.113.107', '2001:db8:e::100/124']],
    }),
    ports: Type.Optional(
      text('port-range', {
        description: 'Ports and ICMP identifiers that sessions get on these addresses. Static forwards need others.',
        default: EGRESS_DEFAULTS.ports,
        examples: ['2048-65535'],
      }),
    ),
    timeouts: Type.Optional(
      Type.Object(
        {
          udp: timeout('udp', 'A UDP session without packets.'),
          tcpEstablished: timeout('tcpEstablished', 'An open TCP connection without packets.'),
          tcpTransitory: timeout('tcpTransitory', 'A TCP connection that opens, closes or was reset.'),
          icmp: timeout('icmp', 'An ICMP echo session without packets.'),
        },
        { additionalProperties: false, description: 'When sessions end that carry no packets.' },
      ),
    ),
  },
  { additionalProperties: false, description: 'Addresses that policies send clients out with.' },
);

export const policySchema = Type.Object(
  {
    sources: Type.Optional(prefixes('Clients, by their addresses.', ['10.20.0.0/16'])),
    slot,
    identities: Type.Optional(
      Type.Array(Type.Integer({ minimum: 1, maximum: 16_777_215, description: 'A VNI.' }), {
        minItems: 1,
        uniqueItems: true,
        description:
          'Pods of the slot, by their security identities, in place of sources. Where an identity has policies, those of addresses do not count for it.',
        examples: [[12_077]],
      }),
    ),
    tenant,
    destinations: prefixes('Where to, by address.', ['0.0.0.0/0', '::/0']),
    excluded: Type.Optional(prefixes('Destinations that the policy does not apply to.', ['10.0.0.0/8'])),
    priority: Type.Optional(
      Type.Integer({
        minimum: -1_000_000,
        maximum: 1_000_000,
        description:
          'Of several policies the highest wins; then the longest destination, the longest source, and the name.',
        default: 0,
        examples: [100],
      }),
    ),
    pool: Type.String({ description: 'Name of the pool that clients leave with.', examples: ['blue'] }),
  },
  { additionalProperties: false, description: 'Which clients leave with which addresses, and for where.' },
);

export const forwardSchema = Type.Object(
  {
    proto: oneOf(['tcp', 'udp'], { description: 'Protocol.', examples: ['tcp'] }),
    outside: text('endpoint', {
      description: "ADDRESS:PORT of a pool; the port is not among the pool's ports.",
      examples: ['203.0.113.100:22', '[2001:db8:e::100]:22'],
    }),
    inside: text('endpoint', {
      description: 'ADDRESS:PORT of the host that answers, of the same family.',
      examples: ['10.20.0.5:22'],
    }),
    tenant,
    slot,
  },
  { additionalProperties: false, description: 'A port of a pool address that always leads to one inside host.' },
);

const interfaceNames = (description: string) =>
  Type.Optional(
    Type.Array(Type.String({ description: 'Name of an interface with role inside.' }), {
      minItems: 1,
      uniqueItems: true,
      description,
      examples: [['lan']],
    }),
  );

export const egressSchema = Type.Object(
  {
    pools: namedMap(poolSchema, PLAIN_NAME, {
      description: `Pools by name, at most ${MAX_POOLS}.`,
      examples: [{ blue: { addresses: ['203.0.113.100-203.0.113.107'] } }],
    }),
    policies: Type.Optional(
      namedMap(policySchema, PLAIN_NAME, {
        description: 'Policies by name. What no policy names is plain traffic (see firewall.forward).',
        examples: [{ vms: { sources: ['10.20.0.0/16'], destinations: ['0.0.0.0/0'], pool: 'blue' } }],
      }),
    ),
    inside: interfaceNames(
      'Interfaces whose clients may fall under policies. Left out: every interface with role inside, and what comes out of tunnels.',
    ),
    only: interfaceNames(
      'Interfaces whose clients need a policy: without one their packets are dropped, even if firewall.forward is allow.',
    ),
    forwards: Type.Optional(
      Type.Array(forwardSchema, {
        description: 'Static forwards from the outside to inside hosts.',
        examples: [[{ proto: 'tcp', outside: '203.0.113.100:22', inside: '10.20.0.5:22' }]],
      }),
    ),
    limits: Type.Optional(
      Type.Object(
        {
          sessions: Type.Optional(
            Type.Integer({
              minimum: 1,
              maximum: 4_194_304,
              description: 'Sessions at the same time; further flows are refused and counted.',
              default: EGRESS_DEFAULTS.sessions,
            }),
          ),
        },
        { additionalProperties: false, description: 'How much egress may hold.' },
      ),
    ),
  },
  {
    additionalProperties: false,
    description: 'Egress NAT (RFC 3022, RFC 4787): clients leave with addresses that policies choose.',
  },
);

export type PoolConfig = Static<typeof poolSchema>;
export type PolicyConfig = Static<typeof policySchema>;
export type ForwardConfig = Static<typeof forwardSchema>;
export type EgressConfig = Static<typeof egressSchema>;
