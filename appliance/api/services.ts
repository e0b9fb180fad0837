import type {
  ApplyDocument,
  ApplyReply,
  ConfigDocument,
  ConfigReply,
  DiffReply,
  Drops,
  MonitorEvent,
  SessionPage,
  SessionQuery,
  Status,
  ValidateReply,
} from '../contract/api.ts';

import type { ExplainQuery, ExplainReply } from '../contract/api-explain.ts';
import type { Srv6Reply } from '../contract/api-srv6.ts';
import type { TraceReply, TraceRequest } from '../contract/api-trace.ts';

/**
 * What the API can ask of the daemon; main.ts puts it together. Everything may reject with a SixgateError, which the
 * client then gets as a problem (errors.ts: `statusOf` has the HTTP status); anything else that is thrown is a 500.
 */
export interface Services {
  status(): Promise<Status>;
  /** @param query checked texts; `limit` is always there */
  sessions(query: SessionQuery & { limit: string }): Promise<SessionPage>;
  drops(): Promise<Drops>;
  explain(query: ExplainQuery): Promise<ExplainReply>;
  srv6(): Promise<Srv6Reply>;
  /** Rejects with TRACE_PACKET or TRACE_INTERFACE when what is asked cannot be understood. */
  trace(request: TraceRequest): Promise<TraceReply>;
  readonly events: EventSource;
  /** The active configuration; revision 0 if there is none. */
  config(): Promise<ConfigReply>;
  /** Rejects with ConfigErrors when the document is wrong. */
  validate(document: ConfigDocument): Promise<ValidateReply>;
  diff(document: ConfigDocument): Promise<DiffReply>;
  /** When it rejects with ConfigErrors, nothing was changed. */
  apply(document: ApplyDocument): Promise<ApplyReply>;
  /** JSON Schema of the configuration. */
  readonly schema: unknown;
}

/** Something that happens now and then. */
export interface EventSource {
  /**
   * The API subscribes while at least one client listens, and only once.
   * @returns ends the subscription
   */
  subscribe(handler: (event: MonitorEvent) => void): () => void;
}
