import { pinnedIds } from '../daemon/pins.ts';
import { nextVersion, swappable } from '../daemon/swap.ts';
import { checkClean, readFields, readFrames } from '../kit/capture.ts';
import { eventually } from '../kit/eventually.ts';
import { Python } from '../kit/python.ts';
import { assert, suite } from '../kit/suite.ts';
import { ping } from '../kit/traffic.ts';
import { blue4, blue6, client6, configuration, openHosts, server4, server6 } from './scene.ts';

const test = suite('egress: what the outside sees');

/** Neighbour discovery and multicast listener reports of the box's own kernel, from its own addresses. */
const kernelsOwn =
  'icmpv6.type in {130..136, 143} && (ipv6.src == fe80::/10 || ipv6.src == :: || ipv6.src == 2001:db8:51::2)';

test('from before the first attach until after the last detach only addresses of the pool are seen outside', async () => {
  const { client, gw, lab, server } = await openHosts();
  // The ways that untranslated packets could take, should anybody forward them.
  await gw.run('ip addr add 198.51.100.2/24 dev eth1 && ip addr add 2001:db8:51::2/64 dev eth1 nodad');
  await gw.run('ip addr add 10.20.0.1/16 dev eth0 && ip addr add 2001:db8:20::1/64 dev eth0 nodad');
  const [, mac] = /link\/ether ([0-9a-f:]+)/.exec(await gw.run('ip link show eth1')) ?? [];
  const capture = await server.capture('eth0', `ether src ${mac}`);
  const talk = client.spawn(
    `for a in ${server4} ${server6}; do ping -n -i 0.01 $a & stdbuf -oL ping -n -s 3000 -i 0.05 $a & done; wait`,
  );
  await talk.waitFor(/PING .*3000/);
  const bothAnswer = async (when: string): Promise<void> => {
    for (const address of [server4, server6]) assert.is((await ping(client, address)).received, 1, when);
  };

  const gateway = await lab.gateway(gw, configuration().replace('sessions: 4096', 'sessions: 1024'), swappable());
  // Before its first rules are in force, the data path knows no policy; fragments may come without their first one.
  gateway.expectDrops({
    lan: { forward_denied: 'any', frag_no_first: 'any' },
    uplink: { frag_no_first: 'any', pool_no_session: 'any' },
  });
  await eventually(() => bothAnswer('after the start'));
  const before = await pinnedIds(gw, 'gw');
  assert.is(await gateway.stop('SIGKILL'), -1);
  await bothAnswer('after the crash');
  nextVersion();
  await gateway.start();
  assert.ok(gateway.log.includes('"origin":"upgraded"'));
  assert.not.is((await pinnedIds(gw, 'gw'))['prog/gateway'], before['prog/gateway']);
  await bothAnswer('after the swap');

  const c = await Python.start(client);
  await c.do(`import resource; resource.setrlimit(resource.RLIMIT_NOFILE, (4096, 4096))`);
  await c.do('flows = [udp(a) for i in range(750) for a in ("0.0.0.0", "::")]');
  await c.do(`for s in flows: s.sendto(b"flow", ("${server4}" if s.family == AF_INET else "${server6}", 9))`);
  await eventually(async () => assert.ok((await gateway.drops('lan', 'session_full')) >= 1500 - 1024));
  await gateway.restart();
  assert.is((await gateway.cli<{ total: number }>('sessions -o json')).total, 1024, 'after the restart');

  await gateway.checkAccount();
  const far = capture.frames().length;
  await gateway.detach();
  for (const address of [server4, server6]) {
    assert.is((await ping(client, address, { count: 20, waitSeconds: 0.1 })).received, 0);
  }
  await talk.stop();
  assert.ok(capture.frames().length >= far);

  const pcap = await capture.stop();
  await checkClean(pcap);
  const wanted = [
    `(ip.src == ${blue4} && ip.dst == ${server4} && !ipv6)`,
    `(ipv6.src == ${blue6} && ipv6.dst == ${server6} && !ip)`,
  ];
  const strange = await readFields(
    pcap,
    ['frame.number', '_ws.col.Info'],
    `!arp && !${wanted.join(' && !')} && !(${kernelsOwn})`,
  );
  assert.equal(strange, []);
  const arps = await readFields(pcap, ['arp.src.proto_ipv4'], 'arp');
  assert.equal(
    arps.map((arp) => arp['arp.src.proto_ipv4']).filter((address) => address !== '198.51.100.2' && address !== blue4),
    [],
  );
  const frames = readFrames(pcap);
  assert.ok(frames.length > 1_000, `${frames.length} frames`);
  const [inside4, inside6] = ['0a140005', '20010db8002000000000000000000005'].map((hex) => Buffer.from(hex, 'hex'));
  const tells = (frame: Uint8Array): boolean => {
    const bytes = Buffer.from(frame);
    return bytes.includes(inside4 as Buffer) || bytes.includes(inside6 as Buffer);
  };
  assert.equal(frames.filter(tells), [], `${client6} or its IPv4 address, anywhere in a frame`);
  await lab.close();
});

test.run();
