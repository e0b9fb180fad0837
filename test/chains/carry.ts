/** What every chain is asked for: ping, curl both ways, one session, one line of `monitor`. */
import { eventually } from '../kit/eventually.ts';
import type { Host } from '../kit/lab.ts';
import { assert } from '../kit/suite.ts';
import { ping } from '../kit/traffic.ts';
import { bodyDigest, download, upload, web } from '../kit/web.ts';
import { openScene, type Scene, startMonitor } from './scene.ts';

const bytes = 1_000_001;

/** One way through the gateway. */
export interface Chain {
  readonly name: string;
  readonly from: 'branch' | 'pod' | 'client';
  readonly to: 'server' | 'branch';
  /** Address that the client writes. */
  readonly address: string;
  /** What `sessions -o json` says, but for ports and times. */
  readonly session: {
    readonly feature: 'nat64' | 'egress';
    readonly inside: string;
    readonly outside: string;
    readonly destination: string;
    readonly [more: string]: string | number;
  };
  /** Words of its line in `monitor`. */
  readonly whence: string;
}

type SessionView = Record<'inside' | 'outside' | 'destination', { address: string }> & Record<string, unknown>;

/** Sessions of a protocol, without what differs from run to run. */
async function sessionsOf({ gateway }: Scene, proto: string): Promise<Record<string, unknown>[]> {
  const { sessions } = await gateway.cli<{ sessions: SessionView[] }>('sessions -o json');
  return sessions
    .filter((session) => session.proto === proto)
    .map(({ inside, outside, destination, ...rest }) => {
      const addresses = { inside: inside.address, outside: outside.address, destination: destination.address };
      const names = ['feature', 'instance', 'policy', 'table', 'identity', 'insidePath', 'outsidePath'];
      const kept = Object.entries(rest).filter(([name]) => names.includes(name));
      return { ...addresses, ...Object.fromEntries(kept) };
    });
}

/** Opens a laboratory and sends traffic along a chain and back. */
export async function carries({ address, from, session, to, whence }: Chain): Promise<void> {
  const scene = await openScene();
  // `startMonitor` causes the one; the others are what senders learn from what fits.
  const learning = { too_big: 'any', frag_no_first: 'any' } as const;
  scene.gateway.expectDrops({
    uplink: { pool_no_session: 'some', ...learning },
    ...{ core: learning, under: learning, lan: learning },
  });
  const [near, far] = [scene[from] as Host, scene[to] as Host];
  const monitor = await startMonitor(scene);
  const { output, received } = await ping(near, address, { count: 3 });
  assert.is(received, 3, output);
  assert.equal(await sessionsOf(scene, 'icmp'), [session]);
  assert.is((await ping(near, address, { size: 1390 })).received, 1);
  // The first large packet may be the one that its sender learns from what fits.
  await eventually(async () => (await ping(near, address, { size: 3000 })).received === 1);
  await web(far, address.includes('64:ff9b') ? session.destination : address);
  const url = address.includes(':') ? `[${address}]` : address;
  assert.is(await download(near, url, bytes), bodyDigest(bytes));
  assert.equal(await sessionsOf(scene, 'tcp'), [session]);
  await monitor.waitFor(/ NEW .* tcp /);
  const lines = monitor.lines.filter((line) => / NEW .* tcp /.test(line));
  assert.is(lines.length, 1);
  for (const word of [session.inside, session.outside, session.destination, whence])
    assert.ok(lines[0]?.includes(word), `${word} in ${lines[0]}`);
  assert.is(await upload(near, url, bytes), bodyDigest(bytes));
  await scene.lab.close();
}
