/** `sixgate trace` on a gateway that runs, beside real traffic. */
import { readFileSync } from 'node:fs';
import type { TraceReply } from '../../appliance/contract/api-trace.ts';
import { assert, seen, suite } from '../kit/suite.ts';
import { ping } from '../kit/traffic.ts';
import { Scene } from '../nat64/scene.ts';

const test = suite('trace: a gateway that runs');
let scene: Scene;
test.before(async () => {
  scene = await Scene.open();
});

test.after(() => scene.close());

const trace = (words: string): Promise<TraceReply> => scene.gateway.cli<TraceReply>(`trace ${words} -o json`);

/** Commands of the guide, each with what it prints. */
function examples(): [command: string, output: string][] {
  const guide = readFileSync('docs/guide/trace.md', 'utf8');
  return [...guide.matchAll(/^\$ sixgate (trace .*)\n([\s\S]*?\n)```/gm)].map(([, command = '', output = '']) => [
    command,
    output,
  ]);
}

/** Without what differs between boxes: MAC addresses, the port that is free, the width of a column. */
function general(text: string): string {
  return text
    .replace(/\b([0-9a-f]{2}:){5}[0-9a-f]{2}\b/g, 'MAC')
    .replace(/198\.51\.100\.1[01]:\d+/g, 'POOL')
    .replace(/ +/g, ' ');
}

test('the examples of the guide', async () => {
  // The gateway has asked for both neighbours by itself.
  assert.is((await ping(scene.client, scene.server6)).received, 1);
  assert.is(examples().length, 2);
  for (const [command, output] of examples()) assert.is(general(await scene.gateway.cli(command)), general(output));
  seen('command', 'trace');
});

test('nothing is counted, nothing is made, nothing is sent', async () => {
  assert.is((await ping(scene.client, scene.server6)).received, 1); // it is this gateway that is asked
  // What is passed to the kernel does not count: hosts ask for each other's addresses meanwhile.
  const sums = async (): Promise<unknown> =>
    (await scene.gateway.status()).ports.map((port) => {
      const { name, forwarded, sent, originated, dropped } = port;
      return { name, forwarded, sent, originated, dropped };
    });
  const sessions = await scene.sessions('--proto udp');
  const before = await sums();
  await trace('--in lan "udp [2001:db8:1::2]:7 > [64:ff9b::198.51.100.1]:7"');
  await trace('--in lan "udp [2001:db8:1::2]:7 > [64:ff9b::198.51.100.1]:7 ttl 1"');
  await trace('--in uplink "udp 198.51.100.1:7 > 198.51.100.10:7"');
  assert.equal(await scene.sessions('--proto udp'), sessions);
  assert.equal(await sums(), before);
});

test('a flow that is under way, in both directions', async () => {
  assert.is((await ping(scene.client, scene.server6)).received, 1);
  const session = (await scene.sessions('--proto icmp')).at(-1);
  const { inside, outside } = session ?? {};
  const there = await trace(`--in lan "icmp echo ${inside?.address} > ${scene.server6} id ${inside?.port}"`);
  assert.match(there.steps[1]?.lines[0] ?? '', /^hit: session \d+ of nat64 main, from the inside$/);
  assert.match(there.result.packet ?? '', `${outside?.address} > ${scene.server4} id ${outside?.port} `);
  const back = await trace(`--in uplink "icmp reply ${scene.server4} > ${outside?.address} id ${outside?.port}"`);
  assert.equal([back.result.verdict, back.result.port], ['forward', 'lan']);
  assert.match(back.result.packet ?? '', `> ${inside?.address} id ${inside?.port} `);
});

test('what is not understood is pointed at', async () => {
  assert.is((await ping(scene.client, scene.server6)).received, 1);
  const wrong = await scene.gateway.tryCli('trace --in lan "tcp 192.0.2.1 > 192.0.2.2:2"');
  assert.equal([wrong.code, wrong.stderr], [2, '1:5  TRACE_PACKET  "192.0.2.1" has no port. Write 192.0.2.1:443.\n']);
  const nowhere = await scene.gateway.tryCli('trace --in wan "icmp echo ::1 > ::2"');
  assert.is(nowhere.code, 2);
  assert.match(nowhere.stderr, 'TRACE_INTERFACE  No packet comes in by an interface wan. Interfaces: lan, uplink.');
});

test.run();
