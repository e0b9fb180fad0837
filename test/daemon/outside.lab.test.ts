import { checkClean, readFields, readFrames } from '../kit/capture.ts';
import { eventually } from '../kit/eventually.ts';
import { assert, suite } from '../kit/suite.ts';
import { ping } from '../kit/traffic.ts';
import { pinnedIds } from './pins.ts';
import { configuration, openHosts, pythons, server4, server6 } from './scene.ts';
import { nextVersion, swappable } from './swap.ts';

const test = suite('daemon: what the outside sees');

/**
 * The kernel's own multicast listener reports and neighbour discovery on its link-local address: the box's own
 * traffic, which Sixgate leaves alone.
 */
const kernelsOwn = 'icmpv6.type in {130..136, 143} && (ipv6.src == fe80::/10 || ipv6.src == ::)';

test('from before the first attach until after the last detach no inside address is seen outside', async () => {
  const hosts = await openHosts();
  const { client, gw, server, lab } = hosts;
  // A way that untranslated packets could take, should anybody forward them.
  await gw.run('ip addr add 2001:db8:9::1/64 dev eth1 nodad && ip addr add 2001:db8:1::1/64 dev eth0 nodad');
  await server.run('ip addr add 2001:db8:9::2/64 dev eth0 nodad && ip -6 route add default via 2001:db8:9::1');
  const [, mac] = /link\/ether ([0-9a-f:]+)/.exec(await gw.run('ip link show eth1')) ?? [];
  const capture = await server.capture('eth0', `ether src ${mac}`);
  const { c } = await pythons(hosts);
  const talk = client.spawn(
    `ping -n -i 0.01 ${server6} & ping -n -i 0.01 2001:db8:9::2 & ping -n -s 3000 -i 0.05 ${server6} & wait`,
  );
  await talk.waitFor(/PING .*3000/);

  const gateway = await lab.gateway(gw, configuration({ sessions: 1024 }), swappable());
  // The client pings an address behind the gateway without end, and opens more flows than there is room for.
  gateway.expectDrops({ lan: { forward_denied: 'some', session_full: 'some' } });
  await eventually(async () => assert.is((await ping(client, server6)).received, 1));
  const before = await pinnedIds(gw, 'gw');
  assert.is(await gateway.stop('SIGKILL'), -1);
  assert.is((await ping(client, server6)).received, 1, 'after the crash');
  nextVersion();
  await gateway.start();
  assert.ok(gateway.log.includes('"origin":"upgraded"'));
  const after = await pinnedIds(gw, 'gw');
  assert.not.is(after['prog/gateway'], before['prog/gateway']);
  for (const same of ['map/sg_sess', 'map/sg_index6', 'map/sg_count', 'link/native-eth0', 'link/native-eth1'])
    assert.is(after[same], before[same], same);
  assert.is((await ping(client, server6)).received, 1, 'after the swap');

  await c.do(`import resource; resource.setrlimit(resource.RLIMIT_NOFILE, (4096, 4096))`);
  await c.do('flows = [udp("::") for i in range(1500)]');
  await c.do(`for s in flows: s.sendto(b"flow", ("${server6}", 9))`);
  await eventually(async () => assert.ok((await gateway.drops('lan', 'session_full')) >= 1500 - 1024));
  const { total } = await gateway.cli<{ total: number }>('sessions -o json');
  assert.is(total, 1024);
  await gateway.restart();
  assert.is((await gateway.cli<{ total: number }>('sessions -o json')).total, 1024, 'after the restart');
  await eventually(async () => {
    const { sweep } = (await gateway.status()) as unknown as { sweep: { heartbeatAgeMs: number } };
    assert.ok(sweep.heartbeatAgeMs < 1_000, 'the sweep of the new programs runs');
  });

  const far = capture.frames().length;
  await gateway.detach();
  const answered = await ping(client, server6, { count: 20, waitSeconds: 0.1 });
  assert.is(answered.received, 0);
  await talk.stop();
  assert.ok(capture.frames().length >= far);

  const pcap = await capture.stop();
  await checkClean(pcap);
  const strange = await readFields(
    pcap,
    ['frame.number', '_ws.col.Info'],
    `!arp && !(ip.src in {198.51.100.2, 198.51.100.10, 198.51.100.11} && ip.dst == ${server4} && !ipv6) && !(${kernelsOwn})`,
  );
  assert.equal(strange, []);
  const arps = await readFields(pcap, ['arp.src.proto_ipv4'], 'arp');
  const from = new Set(arps.map((arp) => arp['arp.src.proto_ipv4']));
  for (const address of from) assert.match(address, /^198\.51\.100\.(2|10|11)$/);
  const inside = Buffer.from('20010db8000100000000000000000002', 'hex');
  const frames = readFrames(pcap);
  assert.ok(frames.length > 1_000, `${frames.length} frames`);
  assert.equal(
    frames.filter((frame) => Buffer.from(frame).includes(inside)),
    [],
    'the address of the client, anywhere in a frame',
  );
  await lab.close();
});

test.run();
