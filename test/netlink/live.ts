/** For the live tests: iproute2 in the network namespace of the test file, a poller and a netlink socket. */
import { execFileSync } from 'node:child_process';
import { type Link, Rtnetlink, type RtnetlinkOptions } from 'netlink-ts';
import { Poller } from '../../appliance/dataplane/poller.ts';
import { atEnd } from '../kit/suite.ts';

function guard(): void {
  if (process.env.SIXGATE_TREE !== '1')
    throw new Error('these tests change links and routes: run them by test/kit/runner');
}

/** Runs a command line in the test's own network namespace; gives its standard output. */
export function run(line: string): string {
  guard();
  return execFileSync('sh', ['-c', line], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], maxBuffer: 1 << 28 });
}

/** `ip -j` with these arguments. */
export function ipJson(args: string): unknown {
  return JSON.parse(run(`ip -j ${args}`) || '[]');
}

/** A poller that is closed when the running test or suite is over. */
export function openPoller(): Poller {
  guard();
  const poller = Poller.open();
  atEnd(() => poller.close());
  return poller;
}

/** A netlink socket with a poller of its own. */
export function openNetlink(options: RtnetlinkOptions = {}): Rtnetlink {
  const netlink = Rtnetlink.open(openPoller(), options);
  atEnd(async () => netlink.close());
  return netlink;
}

/** Names by index, as `ip-json.ts` wants them. */
export async function namesOf(netlink: Rtnetlink): Promise<(index: number | undefined) => string | undefined> {
  const links = await netlink.links();
  return (index) => links.find((link) => link.index === index)?.name;
}

/** @throws Error when there is no such link */
export async function linkOf(netlink: Rtnetlink, name: string): Promise<Link> {
  const link = await netlink.link(name);
  if (link === undefined) throw new Error(`there is no link ${name}`);
  return link;
}
