import { networkNamespaceCookie, Rtnetlink, RtnetlinkMonitor } from 'netlink-ts';
import type { Logger } from 'pino';
import { startApi } from '../api/server.ts';
import type { Services } from '../api/services.ts';
import { Revisions } from '../config/revisions.ts';
import { readDocument } from '../config/text.ts';
import type { DesiredState } from '../contract/desired.ts';
import type { ConfigWith } from '../contract/feature.ts';
import { DataPath } from '../dataplane/datapath.ts';
import { Pins } from '../dataplane/pins.ts';
import { Poller } from '../dataplane/poller.ts';
import { Reconciler } from '../engine/reconcile.ts';
import { explainReply } from '../features/egress/explain-reply.ts';
import type { EgressDesired } from '../features/egress/plan.ts';
import { configSchema } from '../features/index.ts';
import { doorStep } from '../features/interfaces/door.ts';
import { linksStep } from '../features/interfaces/links.ts';
import { portNumbers, portsStep } from '../features/interfaces/ports.ts';
import { routesStep } from '../features/routes/apply.ts';
import type { Srv6Desired } from '../features/srv6/plan.ts';
import { SixgateError } from '../model/errors.ts';
import { Sessions } from '../sessions/page.ts';
import { FactsFile } from '../store/instance-facts.ts';
import { claimInstance, type InstancePaths } from '../system/instance.ts';
import { DataPathEvents } from '../telemetry/events.ts';
import { trace } from '../trace/trace.ts';
import { Configuration } from './configuration.ts';
import { dropsOf } from './drops.ts';
import { DocumentMirror } from './mirror.ts';
import { namesOf } from './names.ts';
import { observe } from './observe.ts';
import { rulesStep } from './rules-step.ts';
import { sessionLimit } from './session-limit.ts';
import { srv6Of } from './srv6.ts';
import { statusOf } from './status.ts';

export interface DaemonOptions {
  readonly paths: InstancePaths;
  readonly configFile: string;
  /** The compiled data path. */
  readonly objectFile: string;
  readonly version: string;
  readonly log: Logger;
  /** Called once every port that is there is attached. */
  readonly onReady: () => void;
}

/** A daemon that runs. */
export interface Daemon {
  /** Reads the configuration file again; a wrong one changes nothing and is logged. */
  reload(): Promise<void>;
  /** Ends the daemon within two seconds; forwarding goes on. */
  stop(): Promise<void>;
}

/**
 * Puts an instance together and starts it.
 * @throws ConfigErrors when the document is wrong, SixgateError INSTANCE_RUNNING, VerifierError, BpfError
 */
export async function startDaemon(options: DaemonOptions): Promise<Daemon> {
  const { paths, log } = options;
  const since = new Date().toISOString();
  const onNotice = (error: SixgateError): void => log.warn({ code: error.code }, error.message);
  const bytes = readDocument(options.configFile);
  if (!bytes.ok) throw bytes.error;
  const release = await claimInstance(paths);
  const poller = Poller.open();
  const kernel = Rtnetlink.open(poller);
  const ending: (() => unknown)[] = [];
  try {
    const facts = await FactsFile.open(paths.state, { onNotice });
    const revisions = await Revisions.open(`${paths.state}/revisions`, { onNotice, now: () => new Date() });
    /** Made when the first document is known to be right: the limit of sessions stands in it. */
    const made: { core?: Core } = {};
    const make = (desired: DesiredState): Core => {
      const dataPath = DataPath.open({
        objectFile: options.objectFile,
        pins: new Pins(paths.bpffs),
        sessions: sessionLimit(desired),
        logFile: `${paths.run}/verifier.log`,
      });
      log.info({ origin: dataPath.origin }, 'data path');
      dataPath.knobs.change({ netns: networkNamespaceCookie() });
      const mirror = DocumentMirror.open({ kernel, poller, dataPath, onNotice });
      ending.push(() => mirror.close());
      const loop = new Reconciler<DesiredState>({
        steps: [
          linksStep(kernel, facts),
          doorStep(kernel, dataPath, paths.name),
          routesStep(kernel, facts),
          portsStep(kernel, dataPath, facts),
          rulesStep(kernel, dataPath, facts, mirror),
        ],
        asProblem: (step, thrown) => asProblem(step, thrown),
        onRound: sayWhatChanged(log),
      });
      return { dataPath, loop };
    };
    const configuration = new Configuration({
      revisions,
      observe: () => observe(kernel, facts.current.ids, facts.current.addresses),
      become: (desired) => {
        made.core ??= make(desired);
        return made.core.loop.become(desired);
      },
    });
    // Listening begins before the first look, so that nothing is missed in between.
    const monitor = RtnetlinkMonitor.open(
      poller,
      { groups: ['link', 'address'] },
      () => made.core?.loop.trigger(),
      () => made.core?.loop.trigger(),
    );
    ending.push(() => monitor.close());
    await configuration.start(bytes.value, options.configFile);
    const { core } = made;
    if (core === undefined) throw new Error('a document was entered without a data path');
    ending.push(() => core.dataPath.close());
    ending.push(() => core.loop.close());
    const numbers = (): Map<string, number> => portNumbers(facts, configuration.desired.ports);
    const services = servicesOf({
      ...core,
      configuration,
      kernel,
      numbers,
      options,
      poller,
      revisions,
      since,
    });
    const api = await startApi(paths.socket, paths.name, services, {
      onFault: (thrown, request) => log.error({ err: thrown, request }, 'a request failed'),
    });
    ending.push(() => api.close());
    options.onReady();
    return {
      reload: () => reload(configuration, options),
      stop: () => end(ending, poller, kernel, release),
    };
  } catch (error) {
    await end(ending, poller, kernel, release);
    throw error;
  }
}

/** Each problem is said once, when it comes, and again when it has gone: rounds are repeated as long as one is left. */
function sayWhatChanged(log: Logger): (problems: readonly SixgateError[]) => void {
  let said = new Set<string>();
  return (problems) => {
    const now = new Set(problems.map(({ message }) => message));
    for (const { code, path, message } of problems)
      if (!said.has(message)) log.warn({ code, path }, `degraded: ${message}`);
    for (const message of said) if (!now.has(message)) log.info(`no longer: ${message}`);
    said = now;
  };
}

async function end(ending: (() => unknown)[], poller: Poller, kernel: Rtnetlink, release: () => void): Promise<void> {
  for (const one of ending.splice(0).reverse()) await one();
  kernel.close();
  await poller.close();
  release();
}

async function reload(configuration: Configuration, { configFile, log }: DaemonOptions): Promise<void> {
  const bytes = readDocument(configFile);
  if (!bytes.ok) {
    log.error({ code: bytes.error.code }, bytes.error.message);
    return;
  }
  try {
    const text = new TextDecoder().decode(bytes.value);
    const { revision, changed } = await configuration.apply({ text, file: configFile }, 'reload');
    log.info({ revision, changed }, 'reloaded');
  } catch (error) {
    log.error(String(error));
  }
}

function asProblem(step: string, thrown: unknown): SixgateError {
  if (thrown instanceof SixgateError) return thrown;
  const reason = thrown instanceof Error ? thrown.message : String(thrown);
  return new SixgateError(`${step.toUpperCase()}_FAILED`, `The step ${step} failed: ${reason}`, {
    hint: 'It is tried again',
    cause: thrown,
  });
}

/** The data path and the loop that makes it so. */
interface Core {
  readonly dataPath: DataPath;
  readonly loop: Reconciler<DesiredState>;
}

interface ServiceParts extends Core {
  readonly configuration: Configuration;
  readonly kernel: Rtnetlink;
  readonly numbers: () => Map<string, number>;
  readonly options: DaemonOptions;
  readonly poller: Poller;
  readonly revisions: Revisions;
  readonly since: string;
}

/** What the API can ask for, put together from the rooms that know. */
function servicesOf(parts: ServiceParts): Services {
  const { configuration, dataPath, kernel, loop, numbers, options, poller, revisions, since } = parts;
  const names = namesOf(configuration, numbers);
  const sessions = new Sessions(dataPath, names);
  const status: Services['status'] = async () =>
    statusOf(dataPath, {
      instance: options.paths.name,
      version: options.version,
      name: (configuration.config as ConfigWith<'system', { name?: string }>).system?.name ?? options.paths.name,
      revision: revisions.pointer.active,
      hash: (await revisions.readActive())?.hash ?? '',
      since,
      problems: loop.problems,
      desired: configuration.desired,
      numbers: numbers(),
      links: await kernel.links(),
    });
  return {
    status,
    sessions: (query) => sessions.page(query),
    drops: async () => dropsOf(await status()),
    explain: async (query) => {
      const { config, desired } = configuration;
      const own = desired.features.get('egress') as EgressDesired | undefined;
      return explainReply(config, own, desired.ids, query);
    },
    srv6: async () => {
      const devices = new Set((await kernel.links()).map(({ name }) => name));
      return srv6Of(dataPath, configuration.desired.features.get('srv6') as Srv6Desired | undefined, devices);
    },
    trace: async (request) => trace(dataPath, request, { names, ports: numbers(), revision: revisions.pointer.active }),
    events: new DataPathEvents(dataPath, poller, names),
    config: () => configuration.show(),
    validate: (document) => configuration.validate(document),
    diff: (document) => configuration.diff(document),
    apply: (document) => configuration.apply(document, document.by),
    schema: configSchema,
  };
}
