/** Errors with the kernel's sentence, many requests at once, lost replies, tables that change while they are read. */
import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { type NetlinkEvent, Rtnetlink, RtnetlinkMonitor } from 'netlink-ts';
import { assert, atEnd, eventually, suite } from '../kit/suite.ts';
import { ipJson, linkOf, openNetlink, openPoller, run } from './live.ts';

const test = suite('transport');

function routeOf(number: number) {
  return { destination: `100.64.${number >> 8}.${number & 255}/32`, via: '192.0.2.2', table: 77 };
}

const countRoutes = (): number => (ipJson('route show table 77') as unknown[]).length;

test.before(() => {
  run(
    'ip link add v0 type veth peer name v1 && ip link set v0 up && ip link set v1 up && ip addr add 192.0.2.1/24 dev v0',
  );
});

test("errors carry the kernel's own sentence, the one iproute2 prints", async () => {
  const netlink = openNetlink();
  const { index } = await linkOf(netlink, 'v0');
  const cases = [
    {
      args: 'route add 198.18.0.1/24 dev v0',
      attempt: () => netlink.addRoute({ destination: '198.18.0.1/24', index }),
      errno: 22,
      code: 'EINVAL',
    },
    {
      args: 'route add 198.18.0.0/24 via 10.99.0.1',
      attempt: () => netlink.addRoute({ destination: '198.18.0.0/24', via: '10.99.0.1' }),
      errno: 101,
      code: 'ENETUNREACH',
    },
    {
      args: 'link set v0 mtu 70000',
      attempt: () => netlink.setLink(index, { mtu: 70_000 }),
      errno: 22,
      code: 'EINVAL',
    },
    {
      args: '-6 route add default via 2001:db8::1',
      attempt: () => netlink.addRoute({ destination: '::/0', via: '2001:db8:77::1' }),
      errno: 113,
      code: 'EHOSTUNREACH',
    },
  ];
  for (const { args, attempt, errno, code } of cases) {
    const printed = spawnSync('ip', args.split(' '), { encoding: 'utf8' }).stderr;
    const sentence = /^Error: (.*?)\.?$/m.exec(printed)?.[1];
    let error: unknown;
    await attempt().catch((caught: unknown) => {
      error = caught;
    });
    const { name, message, errno: gotErrno, code: gotCode, extAck } = (error ?? {}) as Record<string, unknown>;
    assert.equal({ name, gotErrno, gotCode }, { name: 'NetlinkError', gotErrno: errno, gotCode: code }, args);
    if (sentence !== undefined) assert.is(String(extAck).replace(/\.$/, ''), sentence);
    if (extAck !== undefined) assert.match(String(message), String(extAck));
  }
  await assert.rejects(netlink.delLink(4711), (error) => (error as { code: string }).code === 'ENODEV');
  // The names are EINVAL and so on for every errno; what cannot be encoded is refused before anything is sent.
  await assert.rejects(netlink.addRoute({ destination: '198.18.0.0/33' }), TypeError);
  await assert.rejects(netlink.addRoute({ destination: '198.18.0.0/24', mtu: -1 }), RangeError);
});

test('thousands of requests at once are all answered', async () => {
  const netlink = openNetlink();
  await Promise.all(Array.from({ length: 5_000 }, (_, number) => netlink.addRoute(routeOf(number))));
  assert.is(countRoutes(), 5_000);
  const dumps = await Promise.all(Array.from({ length: 10 }, () => netlink.routes({ family: 4, table: 77 })));
  assert.equal(
    dumps.map((routes) => routes.length),
    Array.from({ length: 10 }, () => 5_000),
  );
  assert.equal(netlink.counters, { overruns: 0, interruptedDumps: 0, strayReplies: 0 });
  await Promise.all(Array.from({ length: 5_000 }, (_, number) => netlink.delRoute(routeOf(number))));
  assert.is(countRoutes(), 0);
});

test('lost replies reject what is pending with RESYNC, and the socket goes on', async () => {
  // The kernel makes some 4 KiB of it: room for a few replies, and the window sends 256.
  const netlink = openNetlink({ rcvbufBytes: 1 });
  const outcomes = await Promise.allSettled(
    Array.from({ length: 2_000 }, (_, number) => netlink.addRoute(routeOf(number))),
  );
  const failed = outcomes
    .filter((outcome) => outcome.status === 'rejected')
    .map((outcome) => outcome.reason as { code: string; errno: number });
  assert.ok(failed.length > 0);
  assert.ok(failed.every(({ code, errno }) => code === 'RESYNC' && errno === 105));
  assert.between(netlink.counters.overruns, 1, failed.length);
  // What the error says: it is unknown whether it was done. Here all were.
  assert.is(countRoutes(), 2_000);
  assert.is((await netlink.routes({ family: 4, table: 77 })).length, 2_000);
  for (let number = 0; number < 2_000; number += 1) await netlink.delRoute(routeOf(number));
  assert.is(countRoutes(), 0);
});

test('a table that changes while it is read is read again', async () => {
  const poller = openPoller();
  let disturb = false;
  // The kernel has filled the first part of the dump when this is called, and fills the next as we receive.
  const netlink = Rtnetlink.open({
    add: (fd, onReadable) =>
      poller.add(fd, () => {
        if (disturb) run('ip link add w199 type veth peer name x199');
        disturb = false;
        onReadable();
      }),
  });
  atEnd(async () => netlink.close());
  run('for i in $(seq 100 150); do echo link add w$i type veth peer name x$i; done | ip -batch -');
  disturb = true;
  const links = await netlink.links();
  assert.is(netlink.counters.interruptedDumps, 1);
  assert.ok(links.some((link) => link.name === 'w199'));
  assert.is(links.length, (ipJson('link show') as unknown[]).length);
  assert.is(new Set(links.map((link) => link.index)).size, links.length);
  run('for i in $(seq 100 150) 199; do echo link del w$i; done | ip -batch -');
});

test('closing rejects what is under way, and what comes later', async () => {
  const netlink = openNetlink();
  const isClosed = (error: unknown): boolean => (error as { code: string }).code === 'CLOSED';
  const pending = Promise.allSettled([
    netlink.links(),
    netlink.rules(),
    ...Array.from({ length: 300 }, (_, number) => netlink.addRoute(routeOf(number))),
  ]);
  await Promise.resolve();
  netlink.close();
  const outcomes = await pending;
  assert.ok(outcomes.every((outcome) => outcome.status === 'rejected' && isClosed(outcome.reason)));
  await assert.rejects(netlink.links(), isClosed);
  netlink.close();
  run('ip route flush table 77 || true');
});

test('what another process sends is not believed', async () => {
  const events: NetlinkEvent[] = [];
  const monitor = RtnetlinkMonitor.open(
    openPoller(),
    { groups: ['link'] },
    (event) => events.push(event),
    () => {},
  );
  atEnd(async () => monitor.close());
  const port = readFileSync('/proc/net/netlink', 'utf8')
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .find((columns) => columns[1] === '0' && columns[3] === '00000001')?.[2];
  const forge = [
    'import socket, struct, sys',
    'body = struct.pack("=BBHiII", 0, 0, 1, 4711, 1, 0) + struct.pack("=HH", 8, 3) + b"bad\\0"',
    'with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0) as s:',
    '  print(s.sendto(struct.pack("=IHHII", 16 + len(body), 16, 0, 0, 0) + body, (int(sys.argv[1]), 0)))',
  ].join('\n');
  assert.is(execFileSync('/usr/bin/python3', ['-c', forge, String(port)], { encoding: 'utf8' }).trim(), '40');
  run('ip link set v0 alias genuine');
  await eventually(() => events.some((event) => event.type === 'link' && event.link.alias === 'genuine'));
  assert.not.ok(events.some((event) => event.type === 'link' && event.link.index === 4711));
});

test.run();
