import { asOnACable, configuration, openScene, problemCodes, server4, server6 } from '../daemon/scene.ts';
import { assert, suite } from '../kit/suite.ts';
import { Iperf, ping } from '../kit/traffic.ts';
import { bodyDigest, download, upload, web } from '../kit/web.ts';

const test = suite('interfaces: generic XDP');

const parts = {
  lan: '{device: eth0, role: inside, xdp: generic, addresses: [2001:db8:1::1/64]}',
  uplink: '{device: eth1, role: outside, xdp: generic, addresses: [198.51.100.2/24]}',
};

test('works for ping, curl and iperf, and the status says loudly what it is', async () => {
  const scene = await openScene(parts);
  const { client, server, gateway, gw } = scene;
  assert.match(await gw.run('ip -d link show dev eth0'), 'xdpgeneric');
  await asOnACable(client, server);
  for (const size of [56, 1400, 4000, 20_000]) {
    const { received, output } = await ping(client, server6, { size, count: 3 });
    assert.is(received, 3, `${size} bytes: ${output}`);
  }
  await web(server, server4);
  assert.is(await download(client, `[${server6}]`, 2_000_000), bodyDigest(2_000_000));
  assert.is(await upload(client, `[${server6}]`, 2_000_000), bodyDigest(2_000_000));
  const iperf = new Iperf(server);
  // iperf3 ends when all is written, so TCP sends several times what the buffers of both ends may still hold then.
  for (const how of ['-n 40M', '-n 40M -R', '-n 2M -u -b 20M', '-n 2M -u -b 20M -R'])
    assert.ok((await iperf.received(client, server6, how)) > 500_000, how);
  // What a busy receiver loses is its own affair; the gateway lost nothing.
  for (const port of (await gateway.status()).ports) assert.equal(port.dropped, {}, port.name);
  assert.equal(await problemCodes(gateway), ['INTERFACE_GENERIC_XDP', 'INTERFACE_GENERIC_XDP']);
  const text = await gateway.cli<string>('status');
  assert.match(text, 'DEGRADED');
  assert.match(text, 'eth0 runs in generic XDP mode, which is several times slower than native');
  assert.equal(
    (await gateway.status()).ports.map((port) => (port as unknown as { mode: string }).mode),
    ['generic', 'generic'],
  );
  await scene.lab.close();
});

test('what a far end has merged is no frame of a cable: it is dropped under its own reason', async () => {
  const scene = await openScene(parts);
  // TCP decides what it sends at once, and how often again.
  scene.gateway.expectDrops({ uplink: { frame_too_long: 'some' } });
  await web(scene.server, server4);
  await scene.client.try(`curl -s --max-time 1 'http://[${server6}]/100000'`);
  assert.ok((await scene.gateway.drops('uplink', 'frame_too_long')) > 0);
  await scene.lab.close();
});

test('changing the mode of a running gateway swaps it, and back', async () => {
  const scene = await openScene();
  const { gateway, gw, client } = scene;
  assert.is((await ping(client, server6)).received, 1);
  const native = '{device: eth1, role: outside, addresses: [198.51.100.2/24]}';
  for (const [uplink, mode] of [
    [parts.uplink, 'xdpgeneric'],
    [native.replace('role', 'xdp: native, role'), 'xdp'],
  ] as const) {
    gateway.writeConfig(configuration({ uplink }));
    await gateway.cli(`apply ${gateway.configFile}`);
    assert.match(await gw.run('ip -d link show dev eth1'), new RegExp(`\\b${mode} `));
    assert.is((await ping(client, server6)).received, 1, mode);
  }
  await scene.lab.close();
});

test.run();
