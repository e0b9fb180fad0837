/** Events: what `ip` changes is told, nothing else is, and lost events are noticed. */
import { writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type MonitorOptions, type NetlinkEvent, RtnetlinkMonitor } from 'netlink-ts';
import { assert, atEnd, eventually, suite } from '../kit/suite.ts';
import { linkOf, openNetlink, openPoller, run } from './live.ts';

const test = suite('monitor');

interface Watch {
  readonly events: NetlinkEvent[];
  readonly monitor: RtnetlinkMonitor;
  overruns: number;
}

function watch(options: MonitorOptions): Watch {
  const events: NetlinkEvent[] = [];
  const seen = { overruns: 0 };
  const monitor = RtnetlinkMonitor.open(
    openPoller(),
    options,
    (event) => events.push(event),
    () => {
      seen.overruns += 1;
    },
  );
  atEnd(async () => monitor.close());
  return {
    events,
    monitor,
    get overruns() {
      return seen.overruns;
    },
  };
}

/** One line an event, as in a log. */
function lineOf(event: NetlinkEvent): string {
  const sign = event.action === 'new' ? '+' : '-';
  switch (event.type) {
    case 'link':
      return `${sign} link ${event.link.name} mtu ${event.link.mtu} ${event.link.up ? 'up' : 'down'}`;
    case 'address':
      return `${sign} address ${event.address.address}`;
    case 'route':
      return `${sign} route ${event.route.destination} table ${event.route.table} ${event.route.type}`;
    case 'rule':
      return `${sign} rule ${event.rule.priority} ${event.rule.family}`;
    case 'neighbour':
      return `${sign} neighbour ${event.neighbour.address} ${event.neighbour.mac ?? ''}`.trim();
  }
}

const steps: readonly (readonly [command: string, ...expected: string[]])[] = [
  ['ip link set v0 mtu 1400', '+ link v0 mtu 1400 up'],
  ['ip link set v0 down', '+ link v0 mtu 1400 down'],
  ['ip link set v0 up', '+ link v0 mtu 1400 up'],
  [
    'ip addr add 192.0.2.1/24 dev v0',
    '+ address 192.0.2.1/24',
    '+ route 192.0.2.0/24 table 254 unicast',
    '+ route 192.0.2.1/32 table 255 local',
  ],
  ['ip addr add 2001:db8::1/64 dev v0 nodad', '+ address 2001:db8::1/64', '+ route 2001:db8::/64 table 254 unicast'],
  ['ip route add 203.0.113.0/24 via 192.0.2.2 table 77', '+ route 203.0.113.0/24 table 77 unicast'],
  ['ip -6 route add blackhole 64:ff9b::/96', '+ route 64:ff9b::/96 table 254 blackhole'],
  ['ip rule add priority 100 lookup 77', '+ rule 100 4'],
  ['ip -6 rule add priority 101 lookup 77', '+ rule 101 6'],
  ['ip neigh add 192.0.2.9 lladdr 02:00:00:00:00:09 dev v0', '+ neighbour 192.0.2.9 02:00:00:00:00:09'],
  ['ip neigh del 192.0.2.9 dev v0', '- neighbour 192.0.2.9'],
  ['ip rule del priority 100', '- rule 100 4'],
  ['ip -6 rule del priority 101', '- rule 101 6'],
  ['ip route del 203.0.113.0/24 table 77', '- route 203.0.113.0/24 table 77 unicast'],
  ['ip -6 route del 64:ff9b::/96', '- route 64:ff9b::/96 table 254 blackhole'],
  ['ip addr del 192.0.2.1/24 dev v0', '- address 192.0.2.1/24'],
  ['ip link del v0', '- link v0 mtu 1400 down', '- link v1 mtu 1500 down'],
];

test('each change is told', async () => {
  run('ip link add v0 type veth peer name v1 && ip link set v0 up && ip link set v1 up');
  const seen = watch({ groups: ['link', 'address', 'route', 'rule', 'neighbour'] });
  for (const [command, ...expected] of steps) {
    seen.events.length = 0;
    run(command);
    for (const line of expected) {
      await eventually(() => {
        const lines = seen.events.map(lineOf);
        assert.ok(lines.includes(line), `after "${command}" there is no "${line}" in:\n${lines.join('\n')}`);
      });
    }
  }
  assert.is(seen.monitor.overruns, 0);
});

test('only of the groups asked for', async () => {
  run('ip link add v0 type veth peer name v1');
  const seen = watch({ groups: ['address'] });
  run(
    'ip link set v0 up && ip link set v1 up && ip route add blackhole 198.18.0.0/15 && ip addr add 192.0.2.1/24 dev v0',
  );
  await eventually(() => seen.events.some((event) => event.type === 'address' && event.address.local === '192.0.2.1'));
  assert.ok(seen.events.every((event) => event.type === 'address'));
  run('ip link del v0 && ip route del blackhole 198.18.0.0/15');
});

test('a port that leaves its bridge is no link that goes', async () => {
  run(
    'ip link add v0 type veth peer name v1 && ip link add br0 type bridge && ip link set br0 up && ip link set v0 up',
  );
  const seen = watch({ groups: ['link'] });
  const ofV0 = () => seen.events.flatMap((event) => (event.type === 'link' && event.link.name === 'v0' ? [event] : []));
  run('ip link set v0 master br0');
  await eventually(() => ofV0().some((event) => event.link.master !== undefined));
  seen.events.length = 0;
  run('ip link set v0 nomaster');
  await eventually(() => ofV0().some((event) => event.link.master === undefined));
  run('ip link set v0 alias last');
  await eventually(() => ofV0().some((event) => event.link.alias === 'last'));
  assert.equal([...new Set(ofV0().map((event) => event.action))], ['new']);
  assert.is((await linkOf(openNetlink(), 'v0')).master, undefined);
  run('ip link del v0 && ip link del br0');
});

test('lost events are told, and the monitor goes on', async () => {
  run(
    'ip link add v0 type veth peer name v1 && ip link set v0 up && ip link set v1 up && ip addr add 192.0.2.1/24 dev v0',
  );
  const seen = watch({ groups: ['route'], rcvbufBytes: 64 * 1024 });
  const batch = join(tmpdir(), 'routes');
  const routes = Array.from(
    { length: 10_000 },
    (_, number) => `route add 100.64.${number >> 8}.${number & 255}/32 via 192.0.2.2 table 77`,
  );
  writeFileSync(batch, `${routes.join('\n')}\n`);
  // This blocks our own loop: nobody receives meanwhile.
  run(`ip -batch ${batch}`);
  await eventually(() => seen.overruns > 0);
  assert.is(seen.monitor.overruns, seen.overruns);
  // The loss is told when the buffer is empty: nothing is lost in silence after that.
  run('ip route replace 203.0.113.0/24 via 192.0.2.2 table 78');
  await eventually(() => seen.events.some((event) => event.type === 'route' && event.route.table === 78));
  assert.between(seen.events.length, 2, 9_999);
  // What the monitor's owner does then:
  assert.is((await openNetlink().routes({ family: 4, table: 77 })).length, 10_000);
  run('ip link del v0');
});

test('after closing nothing is told', async () => {
  const seen = watch({ groups: ['rule'] });
  const other = watch({ groups: ['rule'] });
  seen.monitor.close();
  run('ip rule add priority 300 lookup 77 && ip rule del priority 300');
  await eventually(() => other.events.length === 2);
  assert.equal(seen.events, []);
});

test.run();
