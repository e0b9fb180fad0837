/** What a slot does not take, each under its own reason. */
import { arriving } from '../egress/scene.ts';
import { assert, suite } from '../kit/suite.ts';
import { ping, sendFrames } from '../kit/traffic.ts';
import { batch, cart, end4, end6, macOf, openScene, type Scene, server4, server6, startPod } from './scene.ts';

const test = suite('vxlan: refused');

/** Sends frames from node one to the gateway; each a scapy expression behind the Ethernet header. */
async function send({ gw, one }: Scene, packets: readonly string[]): Promise<void> {
  const mac = await macOf(gw, 'eth0');
  await sendFrames(one, 'eth0', `[${packets.map((packet) => `Ether(dst="${mac}")/${packet}`).join(', ')}]`);
}

const inner = `Ether(type=0x800)/IP(src="${cart.address4}", dst="${server4}")/ICMP(id=7)`;
const outer = (source: string): string => `IP(src="${source}", dst="${end4}")/UDP(sport=50000, dport=8472)`;
const outer6 = (source: string): string => `IPv6(src="${source}", dst="${end6}")/UDP(sport=50000, dport=8472)`;
const vxlan = 'VXLAN(flags=8, vni=12077)';

test.each(
  [
    ['IPv4', 4, [outer('10.1.7.4'), outer('10.1.0.99'), outer('198.51.100.1')]],
    ['IPv6', 6, [outer6('2001:db8:a::7:4'), outer6('2001:db8:51::1')]],
  ] as const,
  ([name]) => `an outer source that is none of the slot's nodes, ${name}`,
  async ([, underlay, outers]) => {
    const scene = await openScene({ underlay });
    const far = await arriving(scene.server);
    await send(
      scene,
      outers.map((head) => `${head}/${vxlan}/${inner}`),
    );
    assert.is(await scene.gateway.drops('lan', 'vxlan_outer_source'), outers.length);
    assert.equal(await far.packets(['frame.number'], 'icmp'), []);
    await scene.lab.close();
  },
);

/** Each lacks something that RFC 7348 section 5 asks for, or an inner packet that pods send. */
const malformed = [
  ['the flag I is not set', `VXLAN(flags=0, vni=12077)/${inner}`],
  ['ARP inside', `${vxlan}/Ether(type=0x806)/ARP(pdst="10.1.0.1")`],
  ['a VLAN tag inside', `${vxlan}/Ether()/Dot1Q(vlan=5)/IP(src="${cart.address4}", dst="${server4}")/ICMP()`],
  ['nothing behind the VXLAN header', vxlan],
  ['half an inner IPv4 header', `${vxlan}/Ether(type=0x800)/Raw(bytes(IP(src="${cart.address4}"))[:19])`],
  ['no VXLAN header', 'Raw(b"1234567")'],
] as const;

test('malformed VXLAN, and inner headers that say something else than the frame around them', async () => {
  const scene = await openScene();
  const far = await arriving(scene.server);
  for (const [i, [name, rest]] of malformed.entries()) {
    await send(scene, [`${outer('10.1.7.2')}/${rest}`]);
    assert.is(await scene.gateway.drops('lan', 'vxlan_bad_header'), i + 1, name);
  }
  await send(scene, [
    `${outer('10.1.7.2')}/${vxlan}/Ether(type=0x800)/IPv6(src="${cart.address6}", dst="${server6}")/ICMPv6EchoRequest()`,
    `${outer('10.1.7.2')}/${vxlan}/Ether(type=0x86dd)/IP(src="${cart.address4}", dst="${server4}")/UDP()/Raw(bytes(40))`,
  ]);
  assert.is(await scene.gateway.drops('lan', 'bad_header'), 2);
  assert.equal(await far.packets(['frame.number'], 'icmp || icmpv6.type == 128 || udp'), []);
  await scene.lab.close();
});

test('pods reach neither the gateway nor each other through the slot, whatever the policies say', async () => {
  const { gateway, lab, one, two } = await openScene({ more: 'firewall: {forward: allow}' });
  const pod = await startPod(lab, one, 'cart', cart);
  const other = await startPod(lab, two, 'batch', batch);
  for (const address of [server4, server6]) assert.is((await ping(other, address)).received, 1);
  const addresses = [end4, '198.51.100.2', '2001:db8:51::2', batch.address4, batch.address6];
  for (const address of addresses) assert.is((await ping(pod, address, { waitSeconds: 0.2 })).received, 0);
  assert.is(await gateway.drops('lan', 'vxlan_inner_local'), addresses.length);
  await lab.close();
});

test('a pod without a policy reaches nothing, whatever the firewall allows', async () => {
  const { gateway, lab, one } = await openScene({
    policies: '{pods: {slot: prod-a, sources: [10.8.4.0/24], destinations: [0.0.0.0/0], pool: blue}}',
    more: 'firewall: {forward: allow}',
  });
  const pod = await startPod(lab, one, 'cart', cart);
  for (const address of [server4, server6]) assert.is((await ping(pod, address, { waitSeconds: 0.2 })).received, 0);
  assert.is(await gateway.drops('lan', 'egress_no_policy'), 2);
  await lab.close();
});

test("what is no VXLAN to the endpoint is the kernel's", async () => {
  const { gateway, lab, one } = await openScene();
  const before = await gateway.port('lan');
  assert.match(await one.run(`ping -c 1 ${end4}`), '1 received');
  const after = await gateway.port('lan');
  assert.ok(after.passed > before.passed);
  assert.equal(after.dropped, {});
  await lab.close();
});

test.run();
