/** A scene brought to life: its hosts, the gateway's daemon, the servers, the captures at both ends. */
import type { ChildProcess } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ApiClient } from '../../cli/client.ts';
import type { Status } from '../../contract/api.ts';
import { instancePaths } from '../../system/instance.ts';
import { Capture } from './capture.ts';
import { atClient, atServer } from './classify.ts';
import { buildScene, lineOf, routeWords, runIn, startIn, within } from './lab.ts';
import type { Scene } from './scenes.ts';

const here = dirname(fileURLToPath(import.meta.url));
const node = [process.execPath, '--enable-source-maps'];
const sixgate = [...node, join(here, '../../main.js')];

const API_LIMIT_MS = 10_000;

/** A page as the server says that it served it. */
export interface Page {
  readonly nonce: string;
  readonly peer: string;
}

export class Stage {
  readonly scene: Scene;
  readonly pages: Page[] = [];
  readonly client: Capture;
  readonly server: Capture;
  readonly #api: ApiClient;
  readonly #servers: readonly ChildProcess[];

  private constructor(scene: Scene, client: Capture, server: Capture, web: ChildProcess, iperf: ChildProcess) {
    this.scene = scene;
    this.client = client;
    this.server = server;
    this.#servers = [web, iperf];
    const { socket } = instancePaths(scene.instance);
    this.#api = new ApiClient(socket, scene.instance, new AbortController().signal, API_LIMIT_MS);
    let rest = '';
    web.stdout?.on('data', (data: Buffer) => {
      const lines = (rest + data.toString()).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        const [word, nonce, peer] = line.split(' ');
        if (word === 'page' && nonce !== undefined && peer !== undefined) this.pages.push({ nonce, peer });
      }
    });
  }

  /** @throws MachineCannot, or Error with the output of what did not start */
  static async build(scene: Scene): Promise<Stage> {
    await buildScene(scene);
    const config = `/run/demo/${scene.instance}.yaml`;
    writeFileSync(config, scene.config);
    writeHelpers(scene);
    const gateway = startIn(scene.gateway, [...sixgate, 'run', '--config', config, '--instance', scene.instance]);
    const web = startIn(scene.server, [...node, join(here, 'server.js'), scene.serverAddress]);
    const iperf = startIn(scene.server, ['iperf3', '--server', '--forceflush']);
    const [client, server] = await Promise.all([
      Capture.start(scene.client, 'eth0', atClient(scene)),
      Capture.start(scene.server, 'eth0', atServer(scene)),
      lineOf(web, /^listening$/m, 'the web server'),
      lineOf(iperf, /Server listening/, 'iperf3'),
      lineOf(gateway, /^ready$/m, `sixgate run of ${scene.instance}`, 60_000),
    ]);
    return new Stage(scene, client, server, web, iperf);
  }

  /** What the gateway says; undefined when it does not answer. */
  async status(): Promise<Status | undefined> {
    try {
      return await this.#api.call('status');
    } catch {
      return undefined;
    }
  }

  /** Takes the data path off the gateway's ports. */
  async detach(): Promise<void> {
    await runIn(this.scene.gateway, [...sixgate, 'stop', '--detach', '--instance', this.scene.instance]);
  }

  /** Takes the way to the server from the gateway's kernel. */
  async breakRoute(): Promise<void> {
    await runIn(this.scene.gateway, ['ip', ...routeWords('del', this.scene.gatewayRoute)]);
  }

  /** Ends the servers of the outside network. */
  stopServers(): void {
    for (const server of this.#servers) server.kill('SIGKILL');
  }
}

/** /run/demo/HOST runs a program in that host; /run/demo/sixgate is the CLI, /run/demo/sixgate-b that of the second. */
function writeHelpers(scene: Scene): void {
  const script = (name: string, command: readonly string[]): void =>
    writeFileSync(`/run/demo/${name}`, `#!/bin/sh\nexec ${command.map(quote).join(' ')} "$@"\n`, { mode: 0o755 });
  for (const { name } of scene.hosts) script(name, within(name));
  script(scene.instance, within(scene.gateway, ...sixgate, '--instance', scene.instance));
}

function quote(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
