import { type Static, Type } from 'typebox';

const about = (description: string) => ({ description });
const closed = { additionalProperties: false };
const count = (description: string) => Type.Integer({ minimum: 0, description });

export const sidViewSchema = Type.Object(
  {
    sid: Type.String(about('The SID, an IPv6 address')),
    behavior: Type.String(about('End, End.X, …')),
    flavors: Type.Array(Type.String()),
    tenant: Type.Optional(Type.String(about('Tenant whose table or interface it leads to'))),
    interface: Type.Optional(Type.String(about('Interface of the next hop'))),
    via: Type.Optional(Type.String(about('Next hop'))),
    state: Type.Unsafe<'ok' | 'waiting'>({
      type: 'string',
      enum: ['ok', 'waiting'],
      description: 'waiting: the device of its interface is not there',
    }),
    packets: count('Packets that it has processed (RFC 8986 6)'),
    bytes: count('Bytes of their layer 3 packets as received'),
  },
  closed,
);

export const policyViewSchema = Type.Object(
  {
    name: Type.String(),
    encapsulation: Type.String(about('H.Encaps or H.Encaps.Red')),
    lists: Type.Array(
      Type.Object(
        {
          weight: count('As in the configuration'),
          share: count('Flows of 16 that take this list, by and large'),
          segments: Type.Array(Type.String()),
          overhead: count('Bytes in front of each packet'),
        },
        closed,
      ),
    ),
    steered: count('Destinations that are steered into it'),
  },
  closed,
);

export const steeringViewSchema = Type.Object(
  {
    to: Type.String(about('Prefix')),
    tenant: Type.Optional(Type.String()),
    policy: Type.String(),
  },
  closed,
);

/** GET /v1/srv6 */
export const srv6ReplySchema = Type.Object(
  {
    source: Type.Optional(Type.String(about('Outer source of encapsulated packets'))),
    locators: Type.Array(Type.Object({ name: Type.String(), prefix: Type.String() }, closed)),
    sids: Type.Array(sidViewSchema),
    policies: Type.Array(policyViewSchema),
    steering: Type.Array(steeringViewSchema),
  },
  closed,
);

export type SidView = Static<typeof sidViewSchema>;
export type PolicyView = Static<typeof policyViewSchema>;
export type SteeringView = Static<typeof steeringViewSchema>;
export type Srv6Reply = Static<typeof srv6ReplySchema>;
