import { type Static, type TSchema, Type } from 'typebox';
import { explainQuerySchema, explainReplySchema } from './api-explain.ts';
import { srv6ReplySchema } from './api-srv6.ts';
import { traceReplySchema, traceRequestSchema } from './api-trace.ts';

/**
 * The API as data: the server, the client, the reference and the tests read these lists. JSON in camelCase, units in
 * names, 64-bit counters as numbers (they stay below 2^53 for centuries), errors as RFC 9457 problems.
 */
export interface ApiRoute<Reply extends TSchema = TSchema> {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly summary: string;
  /** Query values are texts. */
  readonly query?: TSchema;
  readonly body?: TSchema;
  readonly reply: Reply;
  /** `stream`: server-sent events, each a `reply`; one named `gap` is a `gapSchema`. */
  readonly kind?: 'stream';
}

const about = (description: string) => ({ description });
const closed = { additionalProperties: false };
const count = (description: string) => Type.Integer({ minimum: 0, description });
const words = <const W extends readonly string[]>(list: W, description: string) =>
  Type.Unsafe<W[number]>({ type: 'string', enum: [...list], description } as TSchema);
const counts = (description: string) =>
  Type.Unsafe<Record<string, number>>({
    type: 'object',
    additionalProperties: { type: 'integer', minimum: 0 },
    description,
  } as TSchema);

const positionSchema = Type.Object(
  {
    file: Type.Optional(Type.String()),
    line: Type.Integer({ minimum: 1 }),
    column: Type.Integer({ minimum: 1 }),
    path: Type.Optional(Type.String()),
  },
  closed,
);

const problemFields = {
  type: Type.String(about('urn:sixgate:error:CODE')),
  title: Type.String(about('The code')),
  status: Type.Optional(Type.Integer(about('HTTP status'))),
  detail: Type.String(about('What is wrong')),
  code: Type.String(about('Stable code, such as NAT64_POOL_OVERLAP')),
  hint: Type.Optional(Type.String(about('What would be right'))),
  at: Type.Optional(positionSchema),
  path: Type.Optional(Type.String(about('Path in the configuration'))),
  otherPath: Type.Optional(Type.String(about('Path of the other party of a conflict'))),
  kind: Type.Optional(words(['missing-interface'], 'Kinds of errors that are treated apart')),
};

/** RFC 9457; `errors` when a document has several. */
export const problemSchema = Type.Object(
  { ...problemFields, errors: Type.Optional(Type.Array(Type.Object(problemFields, closed))) },
  closed,
);

export const portStatusSchema = Type.Object(
  {
    name: Type.String(about('Name in the configuration')),
    device: Type.String(about('Kernel device')),
    ifindex: count('Kernel number of the device; 0 when it is missing'),
    roles: Type.Array(Type.String()),
    mode: words(
      ['native', 'generic', 'vlan', 'none', 'missing'],
      'How the data path is attached; vlan: by its link, none: management',
    ),
    up: Type.Boolean(about('The link is up')),
    mtu: count('Bytes'),
    received: count('Packets that entered the data path'),
    forwarded: count('Packets of these that left by a port or the door'),
    passed: count('Packets of these that were left to the kernel, unchanged'),
    answered: count('Packets of these that the data path answered itself'),
    dropped: counts('Packets of these that were dropped, by reason'),
    balance: Type.Integer(about('received - forwarded - passed - answered - dropped; 0 at rest')),
    sent: count('Packets that the data path sent out of this port'),
    originated: count('Packets of the sent that no received one stands for: ICMP errors, further fragments'),
    sendFailed: counts('Packets that could not be sent out of this port, by reason'),
  },
  closed,
);

const featureStatusSchema = Type.Object(
  {
    name: Type.String(),
    state: words(['ok', 'warning', 'degraded'], 'ok: as configured'),
    detail: Type.String(about('One line for people')),
  },
  closed,
);

/** GET /v1/status */
export const statusSchema = Type.Object(
  {
    instance: Type.String(about('Name of the instance')),
    version: Type.String(about('Version of Sixgate')),
    name: Type.String(about('Name of the gateway')),
    revision: count('Active revision of the configuration; 0 is none'),
    hash: Type.String(about('SHA-256 of the active configuration, in hex')),
    since: Type.String(about('When the daemon started, ISO 8601')),
    state: words(['ok', 'degraded'], 'degraded: at least one problem'),
    problems: Type.Array(problemSchema),
    ports: Type.Array(portStatusSchema),
    features: Type.Array(featureStatusSchema),
    door: Type.Object(
      {
        state: words(['ok', 'missing'], 'Whether the slow path is attached'),
        device: Type.String(about('Kernel device that the data path redirects into')),
        sendFailed: counts('Packets lost on the way into the door, by reason'),
      },
      closed,
    ),
    sweep: Type.Object(
      { heartbeatAgeMs: Type.Union([count('Milliseconds since every CPU last expired sessions'), Type.Null()]) },
      closed,
    ),
  },
  closed,
);

const endpointSchema = Type.Object({ address: Type.String(), port: count('Port, or ICMP identifier') }, closed);

export const PROTOCOLS = ['tcp', 'udp', 'icmp'] as const;

export const sessionSchema = Type.Object(
  {
    id: count('Number of the session'),
    feature: Type.String(),
    instance: Type.String(about('NAT64: instance. Egress: pool')),
    policy: Type.Optional(Type.String(about('Egress policy that chose the pool'))),
    table: Type.Optional(Type.String(about('Tenant or VXLAN slot of the inside; absent: the main table'))),
    identity: Type.Optional(count('Security identity of the client in its slot')),
    insidePath: Type.Optional(Type.String(about('Tunnel towards the inside: srv6 SEGMENTS, vxlan NODE'))),
    outsidePath: Type.Optional(Type.String(about('Tunnel towards the outside'))),
    proto: words(PROTOCOLS, 'Protocol'),
    inside: endpointSchema,
    destination: endpointSchema,
    outside: endpointSchema,
    state: Type.String(about('State of the protocol: established, transitory, …')),
    ageMs: count('Time since it was made'),
    idleMs: count('Time since its last packet'),
    expiresMs: count('Time until it ends without a packet'),
    packets: Type.Optional(Type.Object({ toOutside: count('Packets'), toInside: count('Packets') }, closed)),
    bytes: Type.Optional(Type.Object({ toOutside: count('Bytes'), toInside: count('Bytes') }, closed)),
  },
  closed,
);

/** GET /v1/sessions; a walk is no snapshot. */
export const sessionPageSchema = Type.Object(
  {
    sessions: Type.Array(sessionSchema),
    next: Type.Optional(Type.String(about('Give it as `after` for the next page; absent on the last one'))),
    total: count('Sessions in all, filtered or not, from counters'),
  },
  closed,
);

const sessionQuerySchema = Type.Object(
  {
    limit: Type.Optional(
      Type.String({ pattern: '^([1-9]\\d{0,2}|1000)$', description: 'Sessions a page, at most 1000', default: '100' }),
    ),
    after: Type.Optional(Type.String({ pattern: '^[A-Za-z0-9_-]{1,200}$', description: '`next` of the page before' })),
    feature: Type.Optional(Type.String(about('Only of this feature'))),
    instance: Type.Optional(Type.String(about('Only of this instance'))),
    proto: Type.Optional(words(PROTOCOLS, 'Only this protocol')),
    inside: Type.Optional(Type.String({ format: 'address-set', description: 'Only clients in this prefix or range' })),
    destination: Type.Optional(
      Type.String({ format: 'address-set', description: 'Only destinations in this prefix or range' }),
    ),
    outside: Type.Optional(
      Type.String({ format: 'address-set', description: 'Only pool addresses in this prefix or range' }),
    ),
    port: Type.Optional(
      Type.String({ format: 'port-range', description: 'Only when one of the ports is in this range' }),
    ),
    state: Type.Optional(Type.String(about('Only in this state'))),
  },
  closed,
);

/** GET /v1/drops */
export const dropsSchema = Type.Object(
  {
    received: count('Packets received on all ports, the base of the shares'),
    dropped: count('Packets dropped, all reasons'),
    drops: Type.Array(
      Type.Object(
        {
          reason: Type.String(),
          where: Type.String(about('Port, or "door"')),
          count: count('Packets'),
          meaning: Type.String(about('What the reason means')),
        },
        closed,
      ),
    ),
  },
  closed,
);

/** GET /v1/events, one server-sent event */
export const eventSchema = Type.Object(
  {
    at: Type.String(about('ISO 8601 with microseconds')),
    type: Type.String(about('drop, session-new, session-end, config, link, …')),
    port: Type.Optional(Type.String()),
    feature: Type.Optional(Type.String()),
    reason: Type.Optional(Type.String()),
    text: Type.String(about('One line for people')),
    packet: Type.Optional(Type.String(about('Start of the packet, in hex'))),
    lost: Type.Optional(count('Events before this one that were not sent')),
  },
  closed,
);

/** Server-sent event `gap`: this client did not read fast enough. */
export const gapSchema = Type.Object({ dropped: count('Events that were not sent to this client') }, closed);

export const differenceSchema = Type.Object(
  {
    kind: words(['~', '-', '+'], 'Changed, removed, added'),
    path: Type.String(),
    before: Type.Optional(Type.Unknown()),
    after: Type.Optional(Type.Unknown()),
  },
  closed,
);

const documentFields = {
  text: Type.String(about('The YAML document')),
  file: Type.Optional(Type.String({ maxLength: 4096, description: 'Its name, for positions in errors' })),
};
const documentSchema = Type.Object(documentFields, closed);
const applySchema = Type.Object(
  {
    ...documentFields,
    by: Type.Optional(Type.String({ maxLength: 64, description: 'Who applies it, for the history' })),
  },
  closed,
);

export const configReplySchema = Type.Object(
  {
    revision: count('Number; 0 is none'),
    at: Type.Optional(Type.String(about('When it was stored, ISO 8601'))),
    by: Type.Optional(Type.String()),
    file: Type.Optional(Type.String()),
    hash: Type.String(about('SHA-256 of the canonical JSON, in hex')),
    text: Type.String(about('The document as it was given')),
    config: Type.Unknown(about('The same as data')),
  },
  closed,
);

export const validateReplySchema = Type.Object(
  { valid: Type.Literal(true), hash: Type.String(), warnings: Type.Array(problemSchema) },
  closed,
);

export const diffReplySchema = Type.Object(
  {
    revision: count('Revision that it is compared with'),
    differences: Type.Array(differenceSchema),
    lines: Type.Array(Type.String(about('The same for people'))),
    effects: Type.Array(Type.String(about('What the change does to traffic, for people'))),
  },
  closed,
);

export const applyReplySchema = Type.Object(
  {
    revision: count('Active revision now'),
    previous: count('Active revision before'),
    changed: Type.Boolean(about('False when the document is the active one')),
    differences: Type.Array(differenceSchema),
    lines: Type.Array(Type.String()),
    effects: Type.Array(Type.String()),
    tookMs: count('Time that applying took'),
    problems: Type.Array(problemSchema, about('What is not yet as the document says; the daemon tries it again')),
  },
  closed,
);

export type Status = Static<typeof statusSchema>;
export type PortStatus = Static<typeof portStatusSchema>;
export type FeatureStatus = Static<typeof featureStatusSchema>;
export type Session = Static<typeof sessionSchema>;
export type SessionPage = Static<typeof sessionPageSchema>;
export type SessionQuery = Static<typeof sessionQuerySchema>;
export type Drops = Static<typeof dropsSchema>;
export type MonitorEvent = Static<typeof eventSchema>;
export type Gap = Static<typeof gapSchema>;
export type ProblemReply = Static<typeof problemSchema>;
export type ConfigReply = Static<typeof configReplySchema>;
export type ConfigDocument = Static<typeof documentSchema>;
export type ApplyDocument = Static<typeof applySchema>;
export type ValidateReply = Static<typeof validateReplySchema>;
export type DiffReply = Static<typeof diffReplySchema>;
export type ApplyReply = Static<typeof applyReplySchema>;

const get = <Reply extends TSchema>(
  path: string,
  summary: string,
  reply: Reply,
  more: Pick<ApiRoute, 'query' | 'kind'> = {},
): ApiRoute<Reply> => ({ method: 'GET', path, summary, reply, ...more });
const post = <Reply extends TSchema>(path: string, summary: string, body: TSchema, reply: Reply): ApiRoute<Reply> => ({
  method: 'POST',
  path,
  summary,
  body,
  reply,
});

/** Every route of the API. Errors of all of them are `problemSchema`. */
export const apiRoutes = {
  status: get('/v1/status', 'How the gateway is', statusSchema),
  sessions: get('/v1/sessions', 'Sessions, a page at a time', sessionPageSchema, { query: sessionQuerySchema }),
  drops: get('/v1/drops', 'Dropped packets by reason and place', dropsSchema),
  explain: get('/v1/explain', 'Which egress policy a packet falls under, and why', explainReplySchema, {
    query: explainQuerySchema,
  }),
  srv6: get('/v1/srv6', 'Segment routing: SIDs with their packets, policies, steering', srv6ReplySchema),
  trace: post('/v1/trace', 'What would become of a packet; nothing is sent', traceRequestSchema, traceReplySchema),
  events: get('/v1/events', 'What happens, as it happens', eventSchema, { kind: 'stream' }),
  config: get('/v1/config', 'The active configuration', configReplySchema),
  schema: get('/v1/schema', 'JSON Schema of the configuration', Type.Unknown()),
  validate: post('/v1/config/validate', 'Checks a document against this gateway', documentSchema, validateReplySchema),
  diff: post('/v1/config/diff', 'What a document would change', documentSchema, diffReplySchema),
  apply: post('/v1/config/apply', 'Makes a document the configuration', applySchema, applyReplySchema),
} as const satisfies Record<string, ApiRoute>;

export type RouteName = keyof typeof apiRoutes;

/** What a route answers. */
export type ReplyOf<Name extends RouteName> = Static<(typeof apiRoutes)[Name]['reply']>;
