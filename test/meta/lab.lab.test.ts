import { existsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { equationError, transmitError } from '../kit/gateway.ts';
import { Lab, quote } from '../kit/lab.ts';
import { assert, suite } from '../kit/suite.ts';
import { echo, exchange, ping, sendFrames } from '../kit/traffic.ts';

const stub = join(dirname(fileURLToPath(import.meta.url)), 'stub-gateway.js');
const wireSource = resolve(dirname(fileURLToPath(import.meta.url)), '../../../test/meta/wire.bpf.c');
const test = suite('the laboratory');

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
  const account = {
    name: 'lan',
    received: 3,
    forwarded: 1,
    passed: 1,
    answered: 0,
    dropped: { HOP_LIMIT: 1 },
    sent: 1,
    originated: 0,
  };
  writeFileSync(join(tmpdir(), 'stub-status.json'), JSON.stringify({ ports: [account] }));
  const gateway = await lab.gateway(gw, 'version: 1\n', { main: stub, equationWithinMs: 1_000 });
  assert.is(gateway.instance, 'gw');
  assert.match(gateway.log, 'version: 1\nready');
  assert.equal(await gateway.port('lan'), account);
  const first = gateway.pid;
  await gateway.restart();
  assert.not.is(gateway.pid, first);
  assert.is(await gateway.stop('SIGKILL'), -1);
  await gateway.start();
  await gateway.checkEquation();
  await assert.rejects(gateway.cli('nonsense'), /exited with 2/);
  writeFileSync(join(tmpdir(), 'stub-status.json'), JSON.stringify({ ports: [{ ...account, received: 4 }] }));
  await assert.rejects(lab.close(), /port lan: received 4, but/);
  assert.ok(!gateway.running);
});

test('a gateway that does not get ready shows what it printed', async () => {
  const lab = await Lab.open();
  const { gw } = lab.hosts('gw');
  await assert.rejects(lab.gateway(gw, 'broken', { main: stub }), /ended with 3 before .*\n.*CONFIG_INVALID/);
});

test('the packet equation finds a packet that is missing', () => {
  const account = {
    name: 'lan',
    received: 10,
    forwarded: 5,
    passed: 2,
    answered: 1,
    dropped: { HOP_LIMIT: 1, SPOOF: 1 },
    sent: 5,
    originated: 0,
  };
  assert.is(equationError(account), undefined);
  assert.match(
    equationError({ ...account, received: 11 }) ?? '',
    'received 11, but forwarded 5 + passed 2 + answered 1 + dropped 2 = 10',
  );
  assert.match(equationError({ ...account, passed: undefined as never }) ?? '', 'missing or no number');
});

test('what is sent is what was forwarded and what was added, over all ports', () => {
  const account = { name: 'lan', received: 5, forwarded: 5, passed: 0, answered: 0, dropped: {} };
  const ports = [
    { ...account, sent: 2, originated: 2 },
    { ...account, name: 'uplink', forwarded: 0, sent: 5, originated: 0 },
  ];
  assert.is(transmitError(ports), undefined);
  assert.match(transmitError(ports.slice(0, 1)) ?? '', 'sent 2, but forwarded 5 + originated 2 = 7');
});

test.run();
