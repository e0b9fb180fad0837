import { existsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openScene } from '../daemon/scene.ts';
import {
  DropPredictions,
  type ExpectedDrops,
  equationError,
  type PacketAccount,
  transmitError,
} from '../kit/account.ts';
import { Lab, quote } from '../kit/lab.ts';
import { assert, suite } from '../kit/suite.ts';
import { echo, exchange, ping, sendFrames } from '../kit/traffic.ts';

const stub = join(dirname(fileURLToPath(import.meta.url)), 'stub-gateway.js');
const wireSource = resolve(dirname(fileURLToPath(import.meta.url)), '../../../test/meta/wire.bpf.c');
const test = suite('the laboratory');

const account: PacketAccount = {
  name: 'lan',
  received: 3,
  forwarded: 1,
  passed: 1,
  answered: 0,
  dropped: { hop_limit: 1 },
  sent: 1,
  originated: 0,
  sendFailed: {},
};

/** What the stub tells from now on. */
function tell(...ports: readonly PacketAccount[]): void {
  writeFileSync(join(tmpdir(), 'stub-status.json'), JSON.stringify({ ports }));
}

test('two hosts ping each other, and a capture shows it', async () => {
  const lab = await Lab.open();
  const { client, server } = lab.hosts('client', 'server');
  await lab.link(
    client.port('eth0', { addresses: ['2001:db8:1::2/64', '192.0.2.2/24'], mtu: 1400 }),
    server.port('eth0', { addresses: ['2001:db8:1::1/64', '192.0.2.1/24'], mtu: 1400 }),
  );
  const capture = await server.capture('eth0', 'icmp6 or icmp');
  await client.run('ping -c 2 -i 0.05 -W 2 2001:db8:1::1');
  await client.run('ping -c 1 -W 2 192.0.2.1');
  const packets = await capture.packets(['ipv6.src', 'icmpv6.type'], 'icmpv6.type == 128');
  assert.equal(packets, [
    { 'ipv6.src': '2001:db8:1::2', 'icmpv6.type': '128' },
    { 'ipv6.src': '2001:db8:1::2', 'icmpv6.type': '128' },
  ]);
  await capture.checkClean();
  assert.match(await client.run('ip -o link show eth0'), /mtu 1400/);
  await lab.close();
  assert.ok(!existsSync('/run/netns/client'));
});

test('a segment joins several hosts', async () => {
  const lab = await Lab.open();
  const { client, server, third } = lab.hosts('client', 'server', 'third');
  await lab.segment(
    'lan',
    client.port('eth0', { addresses: ['2001:db8:1::2/64'] }),
    server.port('eth0', { addresses: ['2001:db8:1::1/64'] }),
    third.port('eth0', { addresses: ['2001:db8:1::3/64'] }),
  );
  for (const target of ['2001:db8:1::1', '2001:db8:1::3'])
    assert.match(await client.run(`ping -c 1 -W 2 ${target}`), '1 received');
  await lab.close();
});

test('a command that fails throws with its output', async () => {
  const lab = await Lab.open();
  const { client } = lab.hosts('client');
  await assert.rejects(client.run('echo why >&2; exit 3'), /exited with 3:\nwhy/);
  assert.equal(await client.try('echo out; exit 4'), { code: 4, stdout: 'out\n', stderr: '' });
  const sleeper = client.spawn('echo hello; exec sleep 60');
  assert.is(await sleeper.waitFor(/hell/), 'hello');
  assert.is(await sleeper.stop(), -1);
  await lab.close();
});

test('traffic goes there and back, and bad checksums are noticed', async () => {
  const lab = await Lab.open();
  const { client, server } = lab.hosts('client', 'server');
  await lab.link(
    client.port('eth0', { addresses: ['192.0.2.2/24', '2001:db8:1::2/64'], txChecksum: false }),
    server.port('eth0', { addresses: ['192.0.2.1/24', '2001:db8:1::1/64'], txChecksum: false }),
  );
  assert.is((await ping(client, '192.0.2.1', { count: 3, size: 1000 })).received, 3);
  assert.is((await ping(client, '192.0.2.9')).received, 0);
  const good = await server.capture('eth0', 'tcp or udp');
  for (const kind of ['tcp', 'udp'] as const) {
    for (const address of ['192.0.2.1', '2001:db8:1::1']) {
      const running = await echo(server, kind, address, 7);
      assert.is(await exchange(client, kind, address, 7, { data: 'x'.repeat(kind === 'tcp' ? 50_000 : 500) }), 'same');
      await running.waitFor(/^from /);
      await running.stop();
    }
  }
  assert.match(await exchange(client, 'tcp', '192.0.2.1', 8), 'refused');
  await good.checkClean();
  const bad = await server.capture('eth0', 'udp');
  await sendFrames(client, 'eth0', 'Ether()/IP(src="192.0.2.2",dst="192.0.2.1")/UDP(dport=9,chksum=0x1234)/b"abc"');
  await bad.waitForFrames(1);
  await assert.rejects(bad.checkClean(), /wrong checksums/);
  const empty = await server.capture('eth0', 'udp port 4');
  await assert.rejects(empty.checkClean(), /holds no packet/);
  await lab.close();
});

test('a host takes the frames that an XDP program redirects to it', async () => {
  const lab = await Lab.open();
  const { client, middle, server } = lab.hosts('client', 'middle', 'server');
  // The wire completes no checksum that a sender has left to its hardware.
  const options = { txChecksum: false };
  await lab.link(client.port('eth0', { addresses: ['192.0.2.2/24'], ...options }), middle.port('eth0'));
  await lab.link(middle.port('eth1'), server.port('eth0', { addresses: ['192.0.2.1/24'], ...options }));
  assert.is((await ping(client, '192.0.2.1')).received, 0);
  const [first, second] = (await middle.run('cat /proc/net/dev_snmp6/eth[01] | grep ifIndex')).match(/\d+/g) ?? [];
  const object = join(tmpdir(), 'wire.o');
  const flags = `-DFIRST=${first} -DSECOND=${second}`;
  await middle.run(`clang-19 -O2 -g -target bpf -Wall -Werror ${flags} -c ${quote(wireSource)} -o ${object}`);
  await middle.run(`bpftool prog load ${object} /sys/fs/bpf/wire`);
  for (const port of ['eth0', 'eth1'])
    await middle.run(`bpftool net attach xdpdrv pinned /sys/fs/bpf/wire dev ${port}`);
  const capture = await server.capture('eth0', 'tcp');
  await echo(server, 'tcp', '192.0.2.1', 7);
  assert.is(await exchange(client, 'tcp', '192.0.2.1', 7, { data: 'x'.repeat(200_000) }), 'same');
  assert.is((await ping(client, '192.0.2.1', { count: 10 })).received, 10);
  await capture.checkClean();
});

test('a gateway is started, asked, restarted and its account is demanded', async () => {
  const lab = await Lab.open();
  const { gw } = lab.hosts('gw');
  tell(account);
  const gateway = await lab.gateway(gw, 'version: 1\n', { main: stub, equationWithinMs: 1_000 });
  assert.is(gateway.instance, 'gw');
  assert.match(gateway.log, 'version: 1\nready');
  assert.equal(await gateway.port('lan'), account);
  const first = gateway.pid;
  await gateway.restart();
  assert.not.is(gateway.pid, first);
  assert.is(await gateway.stop('SIGKILL'), -1);
  await gateway.start();
  gateway.expectDrops({ lan: { hop_limit: 1 } });
  await gateway.checkAccount();
  await assert.rejects(gateway.cli('nonsense'), /exited with 2/);
  tell({ ...account, received: 4 });
  await assert.rejects(lab.close(), /port lan: received 4, but/);
  assert.ok(!gateway.running);
});

const endings: { what: string; predicted: ExpectedDrops; told?: PacketAccount; error?: RegExp }[] = [
  { what: 'a drop that was predicted', predicted: { lan: { hop_limit: 1 } } },
  { what: 'a drop that was not predicted', predicted: {}, error: /port lan: 1 hop_limit, but predicted: 0/ },
  {
    what: 'a predicted drop that did not come',
    predicted: { lan: { hop_limit: 1, no_route: 2 } },
    error: /port lan: 0 no_route, but predicted: 2/,
  },
  {
    what: 'a frame that the device did not send',
    predicted: { lan: { hop_limit: 1 } },
    told: { ...account, sendFailed: { transmit: 1 } },
    error: /port lan: 1 send_failed, but predicted: 0/,
  },
];

test.each(
  endings,
  ({ what, error }) => `${what} ${error === undefined ? 'does not fail' : 'fails'} the test that closes its laboratory`,
  async ({ predicted, told = account, error }) => {
    tell(told);
    const lab = await Lab.open();
    const gateway = await lab.gateway(lab.host('gw'), 'version: 1\n', { main: stub });
    gateway.expectDrops(predicted);
    if (error === undefined) assert.is(await lab.close(), undefined);
    else await assert.rejects(lab.close(), error);
  },
);

test('a drop of a real gateway fails the test that did not predict it', async () => {
  const scene = await openScene();
  assert.is((await ping(scene.server, '198.51.100.10', { waitSeconds: 0.2 })).received, 0);
  await assert.rejects(scene.lab.close(), /port uplink: 1 pool_no_session, but predicted: 0$/);
});

test('the account of a stopped gateway is demanded before it is stopped', async () => {
  tell({ ...account, received: 2, dropped: {} });
  const lab = await Lab.open();
  const gateway = await lab.gateway(lab.host('gw'), 'version: 1\n', { main: stub });
  await gateway.stop();
  await assert.rejects(gateway.checkAccount(), /is stopped: its account must be demanded before/);
  await gateway.start();
  await gateway.checkAccount();
  await gateway.stop();
  await lab.close();
});

test('a gateway that does not get ready shows what it printed', async () => {
  const lab = await Lab.open();
  const { gw } = lab.hosts('gw');
  await assert.rejects(lab.gateway(gw, 'broken', { main: stub }), /ended with 3 before .*\n.*CONFIG_INVALID/);
});

test('the packet equation finds a packet that is missing', () => {
  const right = {
    ...account,
    received: 10,
    forwarded: 5,
    passed: 2,
    answered: 1,
    dropped: { hop_limit: 1, no_route: 1 },
  };
  assert.is(equationError(right), undefined);
  assert.match(
    equationError({ ...right, received: 11 }) ?? '',
    'received 11, but forwarded 5 + passed 2 + answered 1 + dropped 2 = 10',
  );
  assert.match(equationError({ ...right, passed: undefined as never }) ?? '', 'missing or no number');
});

test('what is sent is what was forwarded and what was added, over all ports', () => {
  const ports = [
    { ...account, forwarded: 5, sent: 2, originated: 2 },
    { ...account, name: 'uplink', forwarded: 0, sent: 5, originated: 0 },
  ];
  assert.is(transmitError(ports), undefined);
  assert.match(transmitError(ports.slice(0, 1)) ?? '', 'sent 2, but forwarded 5 + originated 2 = 7');
});

test('predictions are held against every reason of every port', () => {
  const lan = { ...account, dropped: { hop_limit: 2 }, received: 4 };
  const ports = [lan, { ...account, name: 'uplink', received: 2, dropped: {} }];
  const errors = (expected: ExpectedDrops, of: readonly PacketAccount[] = ports): string => {
    const predictions = new DropPredictions();
    predictions.add(expected);
    return predictions.errors(of).join();
  };
  for (const count of [2, 'some', 'any'] as const) assert.is(errors({ lan: { hop_limit: count } }), '');
  assert.is(errors({ lan: { hop_limit: 2, no_route: 'any' }, uplink: { no_route: 'any' } }), '');
  assert.is(errors({ uplink: { hop_limit: 'any' } }), 'port lan: 2 hop_limit, but predicted: 0');
  assert.is(errors({ lan: { hop_limit: 1 } }), 'port lan: 2 hop_limit, but predicted: 1');
  assert.is(errors({ lan: { hop_limit: 2, no_route: 'some' } }), 'port lan: 0 no_route, but predicted: some');
  assert.is(errors({ lan: { hop_limit: 2 }, wan: { no_route: 'any' } }), '"wan" has predicted drops, but is no port');
  assert.is(
    errors({ lan: { hop_limit: 2 } }, [{ ...lan, received: 5 }]),
    'all ports: 3 packets neither left nor stayed, but 2 drops have a name',
  );
  const predictions = new DropPredictions();
  predictions.add({ lan: { hop_limit: 1 } });
  assert.throws(() => predictions.add({ lan: { hop_limit: 1 } }), /predicted twice/);
  for (const name of ['hop_limits', 'none'])
    assert.throws(() => predictions.add({ lan: { [name]: 'any' } }), /no drop/);
  for (const count of [0, 0.5])
    assert.throws(() => predictions.add({ lan: { no_route: count } }), /no number of drops/);
});

test.run();
