import { type Static, type TSchema, Type } from 'typebox';

const about = (description: string) => ({ description });
const closed = { additionalProperties: false };
const words = <const W extends readonly string[]>(list: W, description: string) =>
  Type.Unsafe<W[number]>({ type: 'string', enum: [...list], description } as TSchema);

export const explainQuerySchema = Type.Object(
  {
    source: Type.String({ format: 'ip-address', description: 'The inside client' }),
    destination: Type.String({ format: 'ip-address', description: 'Where it sends to' }),
    tenant: Type.Optional(Type.String(about('Tenant of the client'))),
    slot: Type.Optional(Type.String(about('VXLAN slot that the client is behind'))),
    identity: Type.Optional(
      Type.String({ pattern: '^[1-9]\\d{0,7}$', description: 'Security identity of the client in its slot' }),
    ),
  },
  closed,
);

export const verdictSchema = Type.Object(
  {
    policy: Type.String(),
    pool: Type.String(),
    priority: Type.Integer(),
    verdict: words(['chosen', 'loses', 'does-not-apply'], 'What became of the policy'),
    reason: Type.String(about('Why')),
  },
  closed,
);

/** GET /v1/explain */
export const explainReplySchema = Type.Object(
  {
    source: Type.String(),
    destination: Type.String(),
    tenant: Type.Optional(Type.String()),
    slot: Type.Optional(Type.String()),
    identity: Type.Optional(Type.Integer()),
    verdicts: Type.Array(verdictSchema, about('Policies that name the client, the winner first')),
    outcome: words(
      ['translated', 'no-address', 'no-policy'],
      'no-address: the pool has none of the family; no-policy: plain traffic, or dropped where a policy is needed',
    ),
    policy: Type.Optional(Type.String(about('The winner'))),
    pool: Type.Optional(Type.String(about('Its pool'))),
    addresses: Type.Array(Type.String(), about('Addresses of the pool that have the family')),
    first: Type.Optional(Type.String(about('The one that the client gets as long as it has ports'))),
    needed: Type.Array(Type.String(), about('Where a packet without a policy is dropped: interfaces, or the slot')),
  },
  closed,
);

export type ExplainQuery = Static<typeof explainQuerySchema>;
export type ExplainReply = Static<typeof explainReplySchema>;
