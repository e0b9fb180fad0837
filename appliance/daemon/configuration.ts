import { planConfig } from '../config/check.ts';
import { diffConfigs, formatDifferences } from '../config/diff.ts';
import { ConfigLoader, type LoadedConfig } from '../config/load.ts';
import type { Revisions } from '../config/revisions.ts';
import type { ApplyReply, ConfigDocument, ConfigReply, DiffReply, ValidateReply } from '../contract/api.ts';
import type { DesiredState } from '../contract/desired.ts';
import type { Config, Facts } from '../contract/feature.ts';
import { features, featuresModule } from '../features/index.ts';
import { ConfigErrors, type SixgateError } from '../model/errors.ts';

export interface ConfigurationParts {
  readonly revisions: Revisions;
  observe(): Promise<Facts>;
  /** Makes it so; resolves with what could not be made so. */
  become(desired: DesiredState): Promise<readonly SixgateError[]>;
}

/**
 * The configuration in force, and the only way to another one: read, checked against this gateway, written to the
 * history, made so, and only then the active revision. One change at a time.
 */
export class Configuration {
  readonly #parts: ConfigurationParts;
  readonly #loader = new ConfigLoader({ featuresModule });
  #current: Config = { version: 1 };
  #desired: DesiredState = emptyState();
  #last: Promise<unknown> = Promise.resolve();

  constructor(parts: ConfigurationParts) {
    this.#parts = parts;
  }

  get desired(): DesiredState {
    return this.#desired;
  }

  get config(): Config {
    return this.#current;
  }

  /**
   * Starts with a document. Devices that are missing may come later.
   * @throws ConfigErrors
   */
  async start(bytes: Uint8Array, file: string): Promise<void> {
    const facts = await this.#parts.observe();
    const loaded = await this.#loader.load(bytes, { file, facts, tolerate: 'missing-interface' });
    if (!loaded.ok) throw loaded.error;
    await this.#enter(loaded.value, facts, 'start');
  }

  async validate({ text, file }: ConfigDocument): Promise<ValidateReply> {
    const { hash } = await this.#load(text, file);
    return { valid: true, hash, warnings: [] };
  }

  async diff({ text, file }: ConfigDocument): Promise<DiffReply> {
    const { config } = await this.#load(text, file);
    const differences = diffConfigs(this.#current, config);
    return {
      revision: this.#parts.revisions.pointer.active,
      differences,
      lines: formatDifferences(differences),
      effects: effectsOf(differences.map(({ path }) => path)),
    };
  }

  /** @throws ConfigErrors, with nothing changed */
  async apply({ text, file }: ConfigDocument, by: string | undefined): Promise<ApplyReply> {
    const run = this.#last.then(() => this.#apply(text, file, by));
    this.#last = run.catch(() => undefined);
    return run;
  }

  async show(): Promise<ConfigReply> {
    const active = await this.#parts.revisions.readActive();
    if (active === undefined) return { revision: 0, hash: '', text: '', config: {} };
    const { number, at, by, file, hash, text } = active;
    return {
      revision: number,
      at,
      ...(by === undefined ? {} : { by }),
      ...(file === undefined ? {} : { file }),
      hash,
      text,
      config: this.#current,
    };
  }

  async #load(text: string, file: string | undefined): Promise<LoadedConfig> {
    const facts = await this.#parts.observe();
    const loaded = await this.#loader.load(text, { facts, ...(file === undefined ? {} : { file }) });
    if (!loaded.ok) throw loaded.error;
    return loaded.value;
  }

  async #apply(text: string, file: string | undefined, by: string | undefined): Promise<ApplyReply> {
    const began = performance.now();
    const loaded = await this.#load(text, file);
    const differences = diffConfigs(this.#current, loaded.config);
    const previous = this.#parts.revisions.pointer.active;
    const changed = differences.length > 0;
    const problems = changed ? await this.#enter(loaded, await this.#parts.observe(), by) : [];
    return {
      revision: this.#parts.revisions.pointer.active,
      previous,
      changed,
      differences,
      lines: formatDifferences(differences),
      effects: effectsOf(differences.map(({ path }) => path)),
      tookMs: Math.round(performance.now() - began),
      problems: problems.map((problem) => problem.toJSON() as ApplyReply['problems'][number]),
    };
  }

  /**
   * History first, then the kernel, then the pointer. When a step fails that the document is to blame for, the old
   * state is made so again.
   */
  async #enter(loaded: LoadedConfig, facts: Facts, by: string | undefined): Promise<readonly SixgateError[]> {
    const { revisions } = this.#parts;
    const active = await revisions.readActive();
    const same = active?.hash === loaded.hash;
    const stored = same ? active : await revisions.store({ ...loaded, ...(by === undefined ? {} : { by }) });
    const before = this.#desired;
    const desired = planConfig(features, loaded.config, facts);
    const problems = await this.#parts.become(desired);
    const fatal = problems.filter(({ kind }) => kind !== 'missing-interface');
    if (fatal.length > 0 && by !== 'start') {
      await this.#parts.become(before);
      throw new ConfigErrors(fatal);
    }
    this.#current = loaded.config;
    this.#desired = desired;
    await revisions.activate(stored.number);
    return problems;
  }
}

function emptyState(): DesiredState {
  return { ports: [], routes: [], classes: [], ids: new Map(), features: new Map() };
}

/** What a change does to traffic, in words. */
function effectsOf(paths: readonly string[]): string[] {
  const touches = (word: string): boolean => paths.some((path) => path === word || path.startsWith(`${word}.`));
  const effects: string[] = [];
  if (touches('nat64'))
    effects.push('Sessions whose binding is still allowed go on; the others end with their next packet.');
  if (touches('interfaces')) effects.push('Interfaces that are named are set up again; the others are not touched.');
  if (touches('routes')) effects.push('Sessions take the new routes within a second.');
  if (touches('srv6'))
    effects.push('Packets take the new SIDs, policies and steering all at once; flows of lists that stay keep theirs.');
  if (touches('tenants'))
    effects.push('Addresses and routes of tenants whose table changes are made anew; their sessions end.');
  if (touches('firewall')) effects.push('Plain traffic is treated by the new rule from the next packet on.');
  return effects;
}
