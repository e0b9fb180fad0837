/**
 * The rooms of the house and who may enter which: design decisions that a compiler does not know. A room is a folder
 * below appliance/. Tests may import anything and are not looked at.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';

/** What a room may import: other rooms, and npm packages. */
interface Room {
  readonly rooms: readonly string[];
  readonly packages: readonly string[];
}

/** Rooms that a feature may use; it never sees another feature, a cluster, HA or the API. */
const belowFeatures = [
  'model',
  'contract',
  'netlink-ts',
  'dataplane',
  'sessions',
  'mirror',
  'config',
  'engine',
  'store',
];

const rooms: Readonly<Record<string, Room>> = {
  model: { rooms: [], packages: [] },
  contract: { rooms: ['model'], packages: ['typebox'] },
  'netlink-ts': { rooms: [], packages: ['koffi'] },
  dataplane: { rooms: ['model'], packages: ['koffi'] },
  store: { rooms: ['model'], packages: ['lowdb'] },
  system: { rooms: ['model'], packages: ['koffi'] },
  engine: { rooms: ['model'], packages: [] },
  config: { rooms: ['model', 'contract', 'store'], packages: ['ajv', 'ip-num', 'lowdb', 'typebox', 'yaml'] },
  sessions: { rooms: ['model', 'contract', 'dataplane'], packages: [] },
  trace: { rooms: ['model', 'contract', 'dataplane'], packages: [] },
  mirror: { rooms: ['model', 'dataplane', 'netlink-ts'], packages: [] },
  features: { rooms: belowFeatures, packages: ['typebox', 'ip-num'] },
  cluster: { rooms: ['model', 'contract', 'engine', 'store'], packages: [] },
  ha: { rooms: ['model', 'contract', 'engine', 'store', 'sessions', 'netlink-ts'], packages: [] },
  telemetry: { rooms: ['model', 'contract', 'dataplane'], packages: ['pino', 'prom-client'] },
  api: { rooms: ['model', 'contract', 'system'], packages: ['ajv', 'fastify', 'typebox'] },
  // `validate` reads documents without a daemon.
  cli: { rooms: ['model', 'contract', 'config', 'system'], packages: ['commander', 'typebox', 'yaml'] },
};

/** Where everything is put together: these may import every room; of the features only their list, the daemon excepted. */
const composers = ['main.ts', 'daemon', 'tools'];

/** Files that only compute: no `node:`, no clock, no process, and no value from a file that is not pure itself. */
const pureNames = ['schema.ts', 'plan.ts', 'errors.ts'];
const pureFiles = [
  'appliance/config/ranges.ts',
  ...['packet', 'reader', 'parse', 'frame', 'decode', 'describe'].map((name) => `appliance/trace/${name}.ts`),
];
const purePackages = ['typebox', 'ip-num'];
const impureWords =
  /\b(process\.|Date\.now|new Date\(\)|performance\.|setTimeout|setInterval|Math\.random|console\.|fetch\(|globalThis)/;

export interface Source {
  /** Below the repository, with slashes. */
  readonly path: string;
  readonly text: string;
}

export interface Import {
  readonly target: string;
  readonly typeOnly: boolean;
  readonly line: number;
}

/** All sources of the appliance that are no tests. */
export function readSources(repository: string): Source[] {
  return readdirSync(join(repository, 'appliance'), { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.ts$/.test(name) && !/\.(test|d)\.ts$/.test(name) && !/(^|\/)(dist|node_modules)\//.test(name))
    .map((name) => ({ path: `appliance/${name}`, text: readFileSync(join(repository, 'appliance', name), 'utf8') }))
    .sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** One sentence for each place that breaks a rule. */
export function violations(sources: readonly Source[]): string[] {
  return sources.flatMap((source) => [...roomErrors(source), ...purityErrors(source), ...nativeErrors(source)]);
}

function roomErrors(source: Source): string[] {
  const room = roomOf(source.path);
  return importsOf(source.text).flatMap(({ target, line }) => {
    const why = forbidden(source.path, room, target);
    return why === undefined ? [] : [`${source.path}:${line}: ${why}`];
  });
}

function forbidden(from: string, room: string, target: string): string | undefined {
  if (target.startsWith('node:')) return undefined;
  const composer = composers.includes(room);
  const rule = rooms[room];
  if (rule === undefined && !composer) return `${room} is a room that appliance/tools/boundaries.ts does not know`;
  if (!target.startsWith('.')) {
    if (composer) return undefined;
    const name = target.startsWith('@') ? target.split('/').slice(0, 2).join('/') : (target.split('/')[0] ?? '');
    const known = rule?.rooms.includes(name) || rule?.packages.includes(name);
    return known ? undefined : `${room} must not import the package ${name}`;
  }
  const path = posix.join(posix.dirname(from), target);
  if (!path.startsWith('appliance/')) return `${path} is no part of the appliance`;
  const other = roomOf(path);
  const feature = featureOf(path);
  // The list imports each of them, and the daemon calls what they do to the kernel in an order of its own.
  const knowsAll = from === 'appliance/features/index.ts' || room === 'daemon';
  if (feature !== undefined && feature !== featureOf(from) && !knowsAll) {
    return `only features/index.ts and the daemon know the feature ${feature}`;
  }
  if (composer || other === room) return undefined;
  return rule?.rooms.includes(other) ? undefined : `${room} must not import ${other}`;
}

/** `model`, `features`, or `main.ts` itself. */
function roomOf(path: string): string {
  return path.split('/')[1] ?? '';
}

function featureOf(path: string): string | undefined {
  return /^appliance\/features\/([^/]+)\//.exec(path)?.[1];
}

function isPure(path: string): boolean {
  const room = roomOf(path);
  if (room === 'model' || room === 'contract' || pureFiles.includes(path)) return true;
  return room === 'features' && pureNames.includes(posix.basename(path));
}

function purityErrors(source: Source): string[] {
  if (!isPure(source.path)) return [];
  const errors = importsOf(source.text).flatMap(({ target, typeOnly, line }) => {
    if (typeOnly || purePackages.includes(target.split('/')[0] ?? '')) return [];
    const path = target.startsWith('.') ? posix.join(posix.dirname(source.path), target) : target;
    // Its siblings of the same feature are judged by what they hold.
    const sibling = featureOf(path) !== undefined && featureOf(path) === featureOf(source.path);
    return isPure(path) || sibling ? [] : [`${source.path}:${line}: a pure file must not import ${target}`];
  });
  const lines = withoutText(source.text).split('\n');
  lines.forEach((line, index) => {
    const word = impureWords.exec(line)?.[1];
    if (word !== undefined) errors.push(`${source.path}:${index + 1}: a pure file must not use ${word}`);
  });
  return errors;
}

/** Native calls stand in a few files, and a blocking call that runs beside us only in the poller. */
const nativeFiles = /^appliance\/(netlink-ts\/|dataplane\/(libbpf|poller)\.ts$|system\/)/;

function nativeErrors({ path, text }: Source): string[] {
  const errors: string[] = [];
  const native = importsOf(text).some(({ target }) => target === 'koffi');
  if (native && !nativeFiles.test(path)) errors.push(`${path}: native calls belong into libbpf.ts`);
  if (/\.async\(/.test(withoutText(text)) && path !== 'appliance/dataplane/poller.ts') {
    errors.push(`${path}: only the poller waits in a thread`);
  }
  return errors;
}

/** Static and dynamic imports, and re-exports. */
export function importsOf(text: string): Import[] {
  const statement =
    /^(?:import|export)(\s+type)?\s[^;'"]*?from\s+'([^']+)'|^import\s+'([^']+)'|\bimport\('([^']+)'\)/gm;
  return [...text.matchAll(statement)].map((match) => ({
    target: match[2] ?? match[3] ?? match[4] ?? '',
    typeOnly: match[1] !== undefined,
    line: text.slice(0, match.index).split('\n').length,
  }));
}

/** Comments and the contents of strings blanked, lines kept. */
function withoutText(text: string): string {
  const blank = (part: string): string => part.replace(/[^\n]/g, ' ');
  return text.replace(/\/\*[\s\S]*?\*\/|(?<!:)\/\/[^\n]*|'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"/g, blank);
}

/** One sentence for each include by which a feature of bpf/ sees another. */
export function includeViolations(sources: readonly Source[]): string[] {
  return sources.flatMap(({ path, text }) => {
    const own = /^bpf\/feature\/([^/]+)\//.exec(path)?.[1];
    const model = /^bpf\/(layout|lib)\//.exec(path)?.[1];
    return [...text.matchAll(/^#include "([^"]+)"/gm)].flatMap(([, target = '']) => {
      const feature = /^feature\/([^/]+)\//.exec(target)?.[1];
      if (own !== undefined && feature !== undefined && feature !== own)
        return [`${path}: the feature ${own} must not see ${feature}`];
      if (model !== undefined && /^(feature|stage)\//.test(target)) return [`${path}: ${model} must not see ${target}`];
      return [];
    });
  });
}
