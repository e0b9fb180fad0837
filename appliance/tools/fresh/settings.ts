/** What a bare root needs to know of this machine: where packages come from, and through what. */
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export const certificates = '/etc/ssl/certs/ca-certificates.crt';

export interface Settings {
  readonly mirror: string;
  readonly security: string;
  /** The whole environment of what runs inside. */
  readonly env: Readonly<Record<string, string>>;
}

function output(program: string, ...args: string[]): string {
  try {
    return execFileSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  } catch {
    return '';
  }
}

/** Addresses of the archives in this machine's own apt sources, of both formats. */
export function archivesOf(texts: readonly string[]): { readonly mirror: string; readonly security: string } {
  const lines = texts.flatMap((text) => text.split('\n')).filter((line) => !line.trimStart().startsWith('#'));
  const uris = lines.flatMap((line) => (/^(URIs:|deb )/.test(line) ? [...line.matchAll(/https?:\/\/[^\s/]\S*/g)] : []));
  const found = uris.map(([uri]) => uri.replace(/\/$/, ''));
  return {
    mirror: found.find((uri) => uri.endsWith('/debian')) ?? 'http://deb.debian.org/debian',
    security: found.find((uri) => uri.endsWith('/debian-security')) ?? 'http://deb.debian.org/debian-security',
  };
}

/** Mirror, proxies, certificates and npm registry of this machine; no credentials. */
export function readSettings(): Settings {
  const folder = '/etc/apt/sources.list.d';
  const files = existsSync(folder) ? readdirSync(folder).filter((name) => /\.(list|sources)$/.test(name)) : [];
  const texts = ['/etc/apt/sources.list', ...files.map((name) => join(folder, name))].filter((file) =>
    existsSync(file),
  );
  const env: Record<string, string> = {
    PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    HOME: '/root',
    LC_ALL: 'C.UTF-8',
    DEBIAN_FRONTEND: 'noninteractive',
  };
  for (const [name, value] of Object.entries(process.env)) {
    if (value !== undefined && /^(https?_proxy|no_proxy)$/i.test(name)) env[name] = value;
  }
  const proxy = /"(.*)"/.exec(output('apt-config', 'dump', 'Acquire::http::Proxy'))?.[1];
  if (proxy !== undefined && env.http_proxy === undefined) env.http_proxy = proxy;
  const registry = output('npm', 'config', 'get', 'registry');
  if (registry.startsWith('http')) env.npm_config_registry = registry;
  if (existsSync(certificates)) {
    env.NODE_EXTRA_CA_CERTS = certificates;
    env.npm_config_cafile = certificates;
  }
  return { ...archivesOf(texts.map((file) => readFileSync(file, 'utf8'))), env };
}
