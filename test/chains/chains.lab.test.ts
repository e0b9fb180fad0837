/** Tunnel in, translation, tunnel out: one pass through the gateway, one session, and the same way back. */
import { eventually } from '../kit/eventually.ts';
import type { Host } from '../kit/lab.ts';
import { assert, suite } from '../kit/suite.ts';
import { ping } from '../kit/traffic.ts';
import { bodyDigest, download, upload, web } from '../kit/web.ts';
import {
  blue4,
  blue6,
  branch4,
  branch6,
  client6,
  nat64Of,
  nat64Pool,
  openScene,
  pod4,
  pod6,
  red4,
  red6,
  type Scene,
  server4,
  server6,
  srv6Path,
  startMonitor,
  vxlanPath,
} from './scene.ts';

const test = suite('chains');
const bytes = 1_000_001;

interface Chain {
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

const pods = { table: 'prod-a', identity: 12_077, insidePath: vxlanPath } as const;
const chains: readonly Chain[] = [
  {
    name: 'SRv6 in, NAT64, out',
    from: 'branch',
    to: 'server',
    address: nat64Of(server4),
    session: {
      feature: 'nat64',
      instance: 'main',
      inside: branch6,
      outside: nat64Pool,
      destination: server4,
      insidePath: srv6Path[6],
    },
    whence: 'main  in core srv6',
  },
  {
    name: 'SRv6 in, source NAT, out, IPv4',
    from: 'branch',
    to: 'server',
    address: server4,
    session: {
      feature: 'egress',
      instance: 'red',
      policy: 'branch',
      inside: branch4,
      outside: red4,
      destination: server4,
      insidePath: srv6Path[4],
    },
    whence: 'policy branch  in core srv6',
  },
  {
    name: 'SRv6 in, source NAT, out, IPv6',
    from: 'branch',
    to: 'server',
    address: server6,
    session: {
      feature: 'egress',
      instance: 'red',
      policy: 'branch',
      inside: branch6,
      outside: red6,
      destination: server6,
      insidePath: srv6Path[6],
    },
    whence: 'policy branch  in core srv6',
  },
  {
    name: 'VXLAN in, source NAT, SRv6 out, IPv4',
    from: 'pod',
    to: 'branch',
    address: branch4,
    session: {
      feature: 'egress',
      instance: 'blue',
      policy: 'pods',
      ...pods,
      inside: pod4,
      outside: blue4,
      destination: branch4,
      outsidePath: srv6Path[4],
    },
    whence: 'policy pods  in under vxlan prod-a identity 12077',
  },
  {
    name: 'VXLAN in, source NAT, SRv6 out, IPv6',
    from: 'pod',
    to: 'branch',
    address: branch6,
    session: {
      feature: 'egress',
      instance: 'blue',
      policy: 'pods',
      ...pods,
      inside: pod6,
      outside: blue6,
      destination: branch6,
      outsidePath: srv6Path[6],
    },
    whence: 'policy pods  in under vxlan prod-a identity 12077',
  },
  {
    name: 'VXLAN in, NAT64, out',
    from: 'pod',
    to: 'server',
    address: nat64Of(server4),
    session: {
      feature: 'nat64',
      instance: 'main',
      ...pods,
      inside: pod6,
      outside: nat64Pool,
      destination: server4,
    },
    whence: 'main  in under vxlan prod-a identity 12077',
  },
  {
    name: 'VXLAN in, NAT64, SRv6 out',
    from: 'pod',
    to: 'branch',
    address: nat64Of(branch4),
    session: {
      feature: 'nat64',
      instance: 'main',
      ...pods,
      inside: pod6,
      outside: nat64Pool,
      destination: branch4,
      outsidePath: srv6Path[4],
    },
    whence: 'main  in under vxlan prod-a identity 12077',
  },
  {
    name: 'in, NAT64, SRv6 out',
    from: 'client',
    to: 'branch',
    address: nat64Of(branch4),
    session: {
      feature: 'nat64',
      instance: 'main',
      inside: client6,
      outside: nat64Pool,
      destination: branch4,
      outsidePath: srv6Path[4],
    },
    whence: 'main  in lan',
  },
];

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

test.each(
  chains,
  ({ name }) => name,
  async ({ address, from, session, to, whence }) => {
    const scene = await openScene();
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
  },
);

test.run();
