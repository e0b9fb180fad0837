import { type Static, Type } from 'typebox';

const closed = { additionalProperties: false };
const about = (description: string) => ({ description });

/** POST /v1/trace */
export const traceRequestSchema = Type.Object(
  {
    in: Type.String({ maxLength: 64, description: 'Interface that the packet comes in by' }),
    packet: Type.String({ maxLength: 32_768, description: 'The packet, such as `tcp A:PORT > B:PORT syn ttl 2`' }),
    hex: Type.Optional(Type.Boolean({ description: 'Give the bytes of both packets, too' })),
  },
  closed,
);

export const TRACE_STAGES = [
  'parse',
  'flow',
  'class',
  'decide',
  'claim',
  'replay',
  'error',
  'route',
  'tunnel',
] as const;
export const TRACE_VERDICTS = ['forward', 'pass', 'answer', 'drop', 'fragment'] as const;

const words = <const W extends readonly string[]>(list: W, description: string) =>
  Type.Unsafe<W[number]>({ type: 'string', enum: [...list], description });

export const traceReplySchema = Type.Object(
  {
    in: Type.String(about('Interface')),
    packet: Type.String(about('The packet as it was understood')),
    length: Type.Integer({ minimum: 0, description: 'Bytes of its frame' }),
    revision: Type.Integer({ minimum: 0, description: 'Active revision of the configuration' }),
    steps: Type.Array(
      Type.Object(
        {
          stage: words(TRACE_STAGES, 'Part of the way; flow, class, decide and so on come again for what is inside'),
          lines: Type.Array(Type.String(), about('What it found out')),
        },
        closed,
      ),
    ),
    result: Type.Object(
      {
        verdict: words(TRACE_VERDICTS, 'pass: to the kernel; answer: by the data path; fragment: waits for others'),
        port: Type.Optional(Type.String(about('Interface that the packet, or the error about it, leaves by'))),
        reason: Type.Optional(Type.String(about('Reason of the drop'))),
        meaning: Type.Optional(Type.String(about('What the reason means'))),
        packet: Type.Optional(Type.String(about('What leaves: the packet, or the ICMP error about it'))),
        length: Type.Optional(Type.Integer({ minimum: 0, description: 'Bytes of its frame' })),
      },
      closed,
    ),
    hex: Type.Optional(
      Type.Object(
        {
          in: Type.String(about('IP packet that comes in, in hexadecimal digits')),
          out: Type.Optional(Type.String(about('IP packet that leaves'))),
        },
        closed,
      ),
    ),
  },
  closed,
);

export type TraceRequest = Static<typeof traceRequestSchema>;
export type TraceReply = Static<typeof traceReplySchema>;
export type TraceLine = TraceReply['steps'][number];
