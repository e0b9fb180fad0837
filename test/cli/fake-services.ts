/** Services whose answers are known, for tests of the API and the command line. Documents are really checked. */
import type { EventSource, Services } from '../../appliance/api/services.ts';
import { diffConfigs, formatDifferences } from '../../appliance/config/diff.ts';
import { ConfigLoader, type LoadedConfig } from '../../appliance/config/load.ts';
import type { ConfigDocument, MonitorEvent, Session, SessionQuery, Status } from '../../appliance/contract/api.ts';
import type { ExplainQuery, ExplainReply } from '../../appliance/contract/api-explain.ts';
import type { Srv6Reply } from '../../appliance/contract/api-srv6.ts';
import type { TraceReply, TraceRequest } from '../../appliance/contract/api-trace.ts';
import { configSchema, featuresModule } from '../../appliance/features/index.ts';
import { SixgateError } from '../../appliance/model/errors.ts';

export const DOCUMENT = 'version: 1 # ours\nsystem: {name: edge-a}\n';
export const OTHER_DOCUMENT = 'version: 1\nsystem: {name: edge-b}\nfirewall: {forward: allow}\n';
export const WRONG_DOCUMENT = 'version: 1\nfirewall:\n  forword: allow\n';

export const fakeStatus: Status = {
  instance: 'main',
  version: '0.1.0',
  name: 'edge-a',
  revision: 1,
  hash: 'ab'.repeat(32),
  since: '2026-01-01T00:00:00.000Z',
  state: 'ok',
  problems: [],
  ports: [
    {
      name: 'uplink',
      device: 'eth1',
      ifindex: 3,
      roles: ['outside'],
      mode: 'native',
      up: true,
      mtu: 1500,
      received: 412_000,
      forwarded: 411_990,
      passed: 7,
      answered: 1,
      dropped: { no_session: 2 },
      balance: 0,
      sent: 398_700,
      originated: 1,
      sendFailed: {},
    },
  ],
  features: [{ name: 'nat64', state: 'ok', detail: 'main 3 sessions' }],
  door: { state: 'ok', device: 'sgd0-main', sendFailed: {} },
  sweep: { heartbeatAgeMs: 400 },
};

export const fakeSrv6: Srv6Reply = {
  source: '2001:db8:c0::1',
  locators: [{ name: 'edge', prefix: 'fcbb:bb00:a1::/48' }],
  sids: [
    {
      sid: 'fcbb:bb00:a1:1::',
      behavior: 'End.DT46',
      flavors: [],
      tenant: 'red',
      state: 'ok',
      packets: 412_000,
      bytes: 1_000,
    },
    {
      sid: 'fcbb:bb00:a1:2::',
      behavior: 'End.X',
      flavors: ['psp', 'usd'],
      interface: 'core',
      via: '2001:db8:c0::2',
      state: 'waiting',
      packets: 0,
      bytes: 0,
    },
  ],
  policies: [
    {
      name: 'dc2',
      encapsulation: 'H.Encaps.Red',
      lists: [
        { weight: 3, share: 12, segments: ['fcbb:bb00:c1::', 'fcbb:bb00:d2:1::'], overhead: 64 },
        { weight: 1, share: 4, segments: ['fcbb:bb00:d2:1::'], overhead: 40 },
      ],
      steered: 1,
    },
  ],
  steering: [{ to: '10.2.0.0/16', tenant: 'red', policy: 'dc2' }],
};

export const TRACED_PACKET = 'tcp 2001:db8:1::42:50712 > 64:ff9b::c633:6450:443 syn ttl 2';

/** What becomes of the packet depends on the interface: `lan`, `uplink`, `mgmt`, or none. */
function fakeTrace({ in: port, packet, hex }: TraceRequest): TraceReply {
  if (packet !== TRACED_PACKET) {
    throw new SixgateError('TRACE_PACKET', 'That is no packet', { at: { line: 1, column: 5 }, hint: 'Write another' });
  }
  const first: TraceReply['steps'][number] = { stage: 'parse', lines: [packet, `in ${port}`] };
  const common = {
    in: port,
    packet,
    length: 74,
    revision: 1,
    ...(hex ? { hex: { in: '60'.repeat(17), out: '45' } } : {}),
  };
  const told = { port: 'lan', packet: 'icmp time exceeded 2001:db8:1::1 > 2001:db8:1::42', length: 122 };
  switch (port) {
    case 'lan':
      return {
        ...common,
        steps: [first, { stage: 'flow', lines: ['miss'] }],
        result: { verdict: 'forward', port: 'uplink', packet: 'tcp 203.0.113.40:2102 > 198.51.100.80:443', length: 54 },
      };
    case 'uplink':
      return {
        ...common,
        steps: [first],
        result: { verdict: 'drop', reason: 'hop_limit', meaning: 'hop limit expired', ...told },
      };
    case 'mgmt':
      return { ...common, steps: [first], result: { verdict: 'pass' } };
    case 'v100':
      return { ...common, steps: [first], result: { verdict: 'answer' } };
    default:
      return { ...common, steps: [first], result: { verdict: 'fragment' } };
  }
}

/** Two policies of a client; without one for destinations of 10.0.0.0/8. */
function fakeExplain({ source, destination, tenant, slot, identity }: ExplainQuery): ExplainReply {
  const common = { source, destination, needed: slot === undefined ? ['lan'] : [slot] };
  const where = {
    ...(tenant === undefined ? {} : { tenant }),
    ...(slot === undefined ? {} : { slot }),
    ...(identity === undefined ? {} : { identity: Number(identity) }),
  };
  if (destination.startsWith('10.')) return { ...common, ...where, outcome: 'no-policy', verdicts: [], addresses: [] };
  return {
    ...common,
    ...where,
    verdicts: [
      { policy: 'shop', pool: 'blue', priority: 0, verdict: 'chosen', reason: 'longest destination (24 bits)' },
      { policy: 'all', pool: 'red', priority: 0, verdict: 'loses', reason: 'shorter destination (0 bits) than shop' },
    ],
    outcome: 'translated',
    policy: 'shop',
    pool: 'blue',
    addresses: ['203.0.113.100', '203.0.113.101'],
    first: '203.0.113.101',
  };
}

function session(id: number): Session {
  return {
    id,
    feature: 'nat64',
    instance: 'main',
    proto: id % 2 === 0 ? 'udp' : 'tcp',
    inside: { address: '2001:db8:1::42', port: 50_000 + id },
    destination: { address: '198.51.100.80', port: 443 },
    outside: { address: '203.0.113.16', port: 2000 + id },
    state: 'established',
    ageMs: 11_520_000,
    idleMs: 900,
    expiresMs: 7_440_000,
  };
}

/** An event source that a test feeds. */
export class FakeEvents implements EventSource {
  readonly handlers = new Set<(event: MonitorEvent) => void>();

  subscribe(handler: (event: MonitorEvent) => void): () => void {
    this.handlers.add(handler);
    return () => this.handlers.delete(handler);
  }

  send(part: Partial<MonitorEvent> = {}): void {
    const event = { at: '2026-01-02T03:04:05.006007Z', type: 'drop', text: 'tcp 10.8.3.9:51110 > 198.51.100.80:5432' };
    for (const handler of this.handlers) handler({ ...event, ...part });
  }
}

/** @param change answers that differ from the usual ones */
export function fakeServices(change: Partial<Services> = {}): Services & { readonly events: FakeEvents } {
  const loader = new ConfigLoader({ featuresModule });
  let active: { revision: number; loaded: LoadedConfig } | undefined;
  const load = async ({ text, file }: ConfigDocument): Promise<LoadedConfig> => {
    const result = await loader.load(text, file === undefined ? {} : { file });
    if (!result.ok) throw result.error;
    return result.value;
  };
  const compare = async (document: ConfigDocument) => {
    const loaded = await load(document);
    const differences = diffConfigs(active?.loaded.config ?? {}, loaded.config);
    const lines = formatDifferences(differences);
    return {
      loaded,
      differences,
      lines,
      effects: lines.length === 0 ? [] : ['No session ends.', 'No interface is touched.'],
    };
  };
  return {
    status: async () => ({ ...fakeStatus, revision: active?.revision ?? 1 }),
    sessions: async ({ limit, after, proto }: SessionQuery & { limit: string }) => {
      const all = [1, 2, 3].map(session).filter((one) => proto === undefined || one.proto === proto);
      const start = Number(after ?? 0);
      const end = start + Number(limit);
      return { sessions: all.slice(start, end), total: 3, ...(end < all.length ? { next: String(end) } : {}) };
    },
    drops: async () => ({
      received: 512_004_331,
      dropped: 9_566,
      drops: [
        { reason: 'no_session', where: 'uplink', count: 9_560, meaning: 'nothing inside asked for it' },
        { reason: 'bad_checksum', where: 'lan', count: 6, meaning: 'the IPv4 header is damaged' },
      ],
    }),
    explain: async (query) => fakeExplain(query),
    srv6: async () => fakeSrv6,
    trace: async (asked) => fakeTrace(asked),
    events: new FakeEvents(),
    config: async () => ({
      revision: active?.revision ?? 0,
      hash: active?.loaded.hash ?? '',
      text: active?.loaded.text ?? '',
      config: active?.loaded.config ?? {},
    }),
    validate: async (document) => ({ valid: true, hash: (await load(document)).hash, warnings: [] }),
    diff: async (document) => {
      const { differences, lines, effects } = await compare(document);
      return { revision: active?.revision ?? 0, differences, lines, effects };
    },
    apply: async (document) => {
      if (document.text.includes('name: broken')) throw new SixgateError('APPLY_FAILED', 'The kernel said no');
      const { loaded, ...rest } = await compare(document);
      const previous = active?.revision ?? 0;
      const changed = rest.differences.length > 0;
      const problems = document.text.includes('name: partly')
        ? [{ ...new SixgateError('ROUTE_REFUSED', 'The route is refused').toJSON() }]
        : [];
      active = { revision: changed ? previous + 1 : previous, loaded };
      return { revision: active.revision, previous, changed, ...rest, tookMs: 312, problems: problems as never };
    },
    schema: configSchema,
    ...change,
  } as Services & { readonly events: FakeEvents };
}
