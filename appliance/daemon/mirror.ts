import type { DesiredState } from '../contract/desired.ts';
import type { DataPath } from '../dataplane/datapath.ts';
import { maps, type Port, PortRole } from '../dataplane/layout.gen.ts';
import type { RuleSet } from '../dataplane/rule-set.ts';
import { ROUTE_PROTOCOL } from '../features/routes/apply.ts';
import type { Srv6Desired } from '../features/srv6/plan.ts';
import type { TenantsDesired } from '../features/tenants/plan.ts';
import { Mirror, type MirrorOptions, type MirrorSettings } from '../mirror/mirror.ts';

/** What the step that writes rules needs of the mirror. */
export interface RulesMirror {
  /** Resolves when the kernel's routes have been read once. */
  configure(desired: DesiredState): Promise<void>;
  fill(rules: RuleSet): void;
  adopt(): void;
}

/** The mirror of the kernel's segment routing, under the settings of the document. */
export class DocumentMirror implements RulesMirror {
  readonly mirror: Mirror;
  readonly #dataPath: DataPath;

  private constructor(mirror: Mirror, dataPath: DataPath) {
    this.mirror = mirror;
    this.#dataPath = dataPath;
  }

  /** @throws NetlinkError when there is no socket to listen on */
  static open(options: Omit<MirrorOptions, 'ownProtocol'>): DocumentMirror {
    return new DocumentMirror(Mirror.open({ ...options, ownProtocol: ROUTE_PROTOCOL }), options.dataPath);
  }

  configure(desired: DesiredState): Promise<void> {
    return this.mirror.configure(settingsOf(desired, this.#dataPath));
  }

  fill(rules: RuleSet): void {
    this.mirror.fill(rules);
  }

  adopt(): void {
    this.mirror.adopt();
  }

  close(): void {
    this.mirror.close();
  }
}

function settingsOf({ features }: DesiredState, dataPath: DataPath): MirrorSettings {
  const tenants = features.get('tenants') as TenantsDesired | undefined;
  const srv6 = features.get('srv6') as Srv6Desired | undefined;
  return {
    tables: new Set(tenants?.tables),
    ...(srv6?.outer && { outer: srv6.outer }),
    errorSources: (table) => errorSources(dataPath, table),
  };
}

/** Addresses of a port of the table, rather than of the core, which the inside knows nothing of; else of any port. */
export function errorSources(dataPath: DataPath, table: number): { addr4?: Uint8Array; addr6?: Uint8Array } {
  const ports = [...dataPath.map(maps.sgPorts).entries()].map(([, port]) => port);
  const rank = (port: Port): number => (port.table === table ? 0 : 2) + (port.role === PortRole.ROLE_CORE ? 1 : 0);
  ports.sort((a, b) => rank(a) - rank(b) || a.number - b.number);
  const addr4 = ports.find((port) => port.addr4 !== 0)?.addr4;
  const addr6 = ports.find((port) => port.addr6.some((word) => word !== 0))?.addr6;
  return { ...(addr4 && { addr4: bytesOf([addr4]) }), ...(addr6 && { addr6: bytesOf(addr6) }) };
}

function bytesOf(words: readonly number[]): Uint8Array {
  const view = new DataView(new ArrayBuffer(4 * words.length));
  for (const [at, word] of words.entries()) view.setUint32(4 * at, word);
  return new Uint8Array(view.buffer);
}
