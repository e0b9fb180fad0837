import { type Static, Type } from 'typebox';
import { MAX_POOL_ADDRESSES } from '../../contract/feature.ts';
import { namedMap, PLAIN_NAME, text } from '../../contract/schema.ts';

/** Instances that one gateway can have; their numbers run from 0. */
export const MAX_INSTANCES = 16;
/** Longest time without a packet that a session may live. */
export const MAX_TIMEOUT = '7d';
export const MIN_TIMEOUT = '1s';

/** Defaults of one instance. RFC 6146 4: the timers; RFC 7857 2.1 keeps tcpEstablished. */
export const NAT64_DEFAULTS = {
  ports: '1024-65535',
  sessions: 262_144,
  timeouts: { udp: '5m', tcpEstablished: '2h4m', tcpTransitory: '4m', tcpIncomingSyn: '6s', icmp: '1m' },
} as const;

export type TimeoutName = keyof typeof NAT64_DEFAULTS.timeouts;

function timeout(name: TimeoutName, description: string) {
  return Type.Optional(text('duration', { description, default: NAT64_DEFAULTS.timeouts[name] }));
}

export const poolSchema = Type.Object(
  {
    addresses: text('address-set', {
      description:
        'IPv4 addresses as a prefix, a range or one address. They belong to this instance alone and to no interface.',
      examples: ['203.0.113.16/28', '203.0.113.40-203.0.113.43'],
    }),
    ports: Type.Optional(
      text('port-range', {
        description: 'Ports and ICMP identifiers that sessions get on these addresses.',
        default: NAT64_DEFAULTS.ports,
        examples: ['2048-65535'],
      }),
    ),
  },
  { additionalProperties: false, description: 'Some addresses of the pool.' },
);

export const instanceSchema = Type.Object(
  {
    pool6: text('ip-prefix', {
      description:
        'Translation prefix: clients reach IPv4 address A at the IPv6 address that holds A in this prefix (RFC 6052). Length 32, 40, 48, 56, 64 or 96.',
      examples: ['64:ff9b::/96'],
    }),
    pool4: Type.Array(poolSchema, {
      minItems: 1,
      description: `IPv4 addresses that clients are seen with outside; at most ${MAX_POOL_ADDRESSES} over the pools of all features.`,
      examples: [[{ addresses: '203.0.113.16/28' }]],
    }),
    inside: Type.Optional(
      Type.Array(Type.String({ description: 'Name of an interface with role inside.' }), {
        minItems: 1,
        uniqueItems: true,
        description:
          'Interfaces whose clients are translated. Left out: every interface with role inside of the tenant, or without one, and what comes out of tunnels.',
        examples: [['lan']],
      }),
    ),
    tenant: Type.Optional(
      Type.String({
        description: 'Name of a tenant: its clients reach pool6, and nobody else. Left out: those of the main table.',
        examples: ['red'],
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
              default: NAT64_DEFAULTS.sessions,
            }),
          ),
        },
        { additionalProperties: false, description: 'How much the instance may hold.' },
      ),
    ),
    timeouts: Type.Optional(
      Type.Object(
        {
          udp: timeout('udp', 'A UDP session without packets.'),
          tcpEstablished: timeout('tcpEstablished', 'An open TCP connection without packets.'),
          tcpTransitory: timeout('tcpTransitory', 'A TCP connection that opens, closes or was reset.'),
          tcpIncomingSyn: timeout(
            'tcpIncomingSyn',
            'How long a SYN from outside without a session waits for one from inside.',
          ),
          icmp: timeout('icmp', 'An ICMP echo session without packets.'),
        },
        { additionalProperties: false, description: 'When sessions end that carry no packets (RFC 6146 4).' },
      ),
    ),
  },
  { additionalProperties: false, description: 'One NAT64 instance (RFC 6146): IPv6 clients reach IPv4 servers.' },
);

export const nat64Schema = namedMap(instanceSchema, PLAIN_NAME, {
  description: 'Stateful NAT64: instances by name.',
  examples: [{ main: { pool6: '64:ff9b::/96', pool4: [{ addresses: '203.0.113.16/28' }] } }],
});

export type InstanceConfig = Static<typeof instanceSchema>;
export type Nat64Config = Static<typeof nat64Schema>;
