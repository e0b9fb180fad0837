/** Replies go to the node that the pod spoke from last, and nowhere else. */
import { arriving } from '../egress/scene.ts';
import { eventually } from '../kit/eventually.ts';
import { Python } from '../kit/python.ts';
import { assert, suite } from '../kit/suite.ts';
import { exchange, ping } from '../kit/traffic.ts';
import {
  anyPod,
  batch,
  blue4,
  cart,
  configuration,
  end4,
  openScene,
  other4,
  server4,
  server6,
  startPod,
} from './scene.ts';

const test = suite('vxlan: nodes');

test('a reply goes to the node of its pod, from the endpoint, with VNI 2', async () => {
  const { lab, one, two } = await openScene({ slot: 'ttl: 9' });
  const pods = [await startPod(lab, one, 'cart', cart), await startPod(lab, two, 'batch', batch)];
  const captures = [await arriving(one), await arriving(two)];
  for (const pod of pods) for (const address of [server4, server6]) assert.is((await ping(pod, address)).received, 1);
  for (const [i, capture] of captures.entries()) {
    const fields = ['ip.src', 'ip.dst', 'ip.ttl', 'ip.flags.df', 'udp.srcport', 'udp.dstport', 'data.data'] as const;
    const seen = await capture.packets(fields, 'udp.dstport == 8472');
    assert.is(seen.length, 2);
    for (const packet of seen) {
      assert.is(packet['ip.src'], end4);
      assert.is(packet['ip.dst'], `10.1.7.${i + 2}`);
      assert.is(packet['ip.ttl'], '9');
      assert.is(packet['ip.flags.df'], '1');
      assert.ok(Number(packet['udp.srcport']) >= 49_152);
      assert.match(packet['data.data'], /^0800000000000200/);
    }
    await capture.checkClean();
  }
  await lab.close();
});

test('traceroute of a pod sees its node, the gateway and the server, and no hop of the tunnel', async () => {
  const { gateway, lab, one } = await openScene();
  gateway.expectDrops({ lan: { hop_limit: 'some' } });
  const pod = await startPod(lab, one, 'cart', cart);
  for (const options of ['-I', '', '-T -p 80']) {
    const output = await pod.run(`traceroute -n -q 1 -N 1 -w 2 -m 5 ${options} ${server4}`);
    const hops = [...output.matchAll(/^ *\d+ +(\S+)/gm)].map(([, address]) => address);
    assert.equal(hops, ['169.254.8.1', '198.51.100.2', server4]);
  }
  const output = await pod.run(`traceroute -6 -I -n -q 1 -N 1 -w 2 -m 5 ${server6}`);
  const hops = [...output.matchAll(/^ *\d+ +(\S+)/gm)].map(([, address]) => address);
  assert.equal(hops.slice(1), ['2001:db8:51::2', server6]);
  await lab.close();
});

test('a pod that moves takes all its flows along, those too that it has not used since', async () => {
  const { lab, one, two, server } = await openScene();
  const far = await Python.start(server);
  await far.do(`s = udp("${server4}", 7000)`);
  const before = await Python.start(await startPod(lab, one, 'before', cart));
  const after = await Python.start(await startPod(lab, two, 'after', cart));
  for (const pod of [before, after])
    await pod.do(`a, b = udp("${cart.address4}", 6001), udp("${cart.address4}", 6002)`);
  for (const flow of ['a', 'b']) {
    await before.do(`${flow}.sendto(b"before", ("${server4}", 7000))`);
    await far.do(`data, ${flow} = s.recvfrom(100)`);
    await far.do(`s.sendto(b"to ${flow}", ${flow})`);
    assert.is((await before.do<string[]>(`got(${flow})`))[2], `to ${flow}`);
  }

  await after.do(`a.sendto(b"after", ("${server4}", 7000))`);
  assert.equal(await far.do(`got(s)`), await far.do('[*a, "after"]'));
  // A flow asks for its way once a second; the node that it asks for is that of the pod.
  for (const flow of ['a', 'b']) {
    await after.do(`${flow}.settimeout(0.1)`);
    await eventually(async () => {
      await far.do(`s.sendto(b"moved", ${flow})`);
      return (await after.do<string[]>(`got(${flow})`))[2] === 'moved';
    });
  }
  assert.equal(await far.do('[a[0], b[0]]'), [blue4, blue4]);
  await lab.close();
});

test('nothing goes to a pod that was never heard of, or whose node has left the slot', async () => {
  const { lab, gateway, one, server } = await openScene({
    egress: [`forwards: [{proto: udp, outside: "${blue4}:53", inside: "10.8.9.9:53", slot: prod-a}]`],
  });
  assert.match(await exchange(server, 'udp', blue4, 53, { waitSeconds: 0.2 }), 'timed out');
  assert.is(await gateway.drops('uplink', 'no_return_path'), 1);

  const far = await Python.start(server);
  await far.do(`s = udp("${server4}", 7000)`);
  const pod = await Python.start(await startPod(lab, one, 'cart', cart));
  await pod.do(`s = udp("${cart.address4}", 6000)`);
  await pod.do(`s.sendto(b"there", ("${server4}", 7000))`);
  await far.do('data, peer = s.recvfrom(100)');
  await far.do('s.sendto(b"back", peer)');
  assert.is((await pod.do<string[]>('got(s)'))[2], 'back');
  gateway.writeConfig(configuration({ nodes: '[10.1.7.3]' }));
  await gateway.cli(`apply ${gateway.configFile}`);
  await eventually(async () => {
    await far.do('s.sendto(b"left", peer)');
    return (await gateway.drops('uplink', 'no_return_path')) > 1;
  });
  await lab.close();
});

test('two slots whose pods have the same addresses', async () => {
  const { lab, gateway, one, two, server } = await openScene({
    nodes: '[10.1.7.2]',
    slots: [`prod-b: {address: ${other4}, nodes: [10.1.7.3]}`],
    policies: `{a: ${anyPod}, b: ${anyPod.replace('prod-a', 'prod-b').replace('blue', 'red')}}`,
  });
  const learning = { too_big: 'any', frag_no_first: 'any' } as const;
  gateway.expectDrops({ uplink: learning, lan: learning });
  const pods = {
    a: await startPod(lab, one, 'twin-a', cart),
    b: await startPod(lab, two, 'twin-b', { ...cart, end: other4 }),
  };
  const far = await Python.start(server);
  for (const address of [server4, server6]) {
    await far.do(`s = udp("${address}", 7000)`);
    for (const [name, pod] of Object.entries(pods)) {
      assert.is((await ping(pod, address)).received, 1);
      // The first large reply may be the one that the server learns from what fits.
      await eventually(async () => (await ping(pod, address, { size: 2000 })).received === 1);
      const near = await Python.start(pod);
      await near.do(`s = udp("${address === server4 ? cart.address4 : cart.address6}", 6000)`);
      await near.do(`s.sendto(b"${name}", ("${address}", 7000))`);
      await far.do(`data, ${name} = s.recvfrom(100)`);
      await far.do(`s.sendto(b"for " + data, ${name})`);
      assert.is((await near.do<string[]>('got(s)'))[2], `for ${name}`);
    }
    assert.ok(await far.do('a[0] != b[0] and s.close() is None'));
  }
  const { sessions } = await gateway.cli<{ sessions: Record<string, string>[] }>('sessions -o json');
  const udp = sessions.filter(({ proto }) => proto === 'udp');
  assert.equal([...new Set(udp.map(({ table, insidePath }) => `${table} ${insidePath}`))].sort(), [
    'prod-a vxlan 10.1.7.2',
    'prod-b vxlan 10.1.7.3',
  ]);
  const { features } = (await gateway.status()) as unknown as { features: { name: string; detail: string }[] };
  assert.is(
    features.find(({ name }) => name === 'vxlan')?.detail,
    `2 slots | prod-a 1 nodes, ${end4} port 8472 | prod-b 1 nodes, ${other4} port 8472`,
  );
  await lab.close();
});

test.run();
