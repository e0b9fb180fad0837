import { Python } from '../kit/python.ts';
import { assert, suite } from '../kit/suite.ts';
import { Scene } from './scene.ts';

const test = suite('nat64: UDP without checksum');

/** The last fits an IPv4 packet but no IPv6 one of 1280 bytes; the others are fragments already. */
const sizes = [0, 1, 2, 7, 100, 1200, 1452, 1472, 1473, 2001, 5000, 20_001, 60_000];

test.each(
  [true, false],
  (checksum) => `datagrams ${checksum ? 'with' : 'without'} checksum arrive whole, whatever the size`,
  async (checksum) => {
    const scene = await Scene.open({ capture: false });
    const arriving = await scene.capture(scene.client, 'eth0', 'src net 64:ff9b::/96');
    const sent = await scene.server.capture('eth0', 'udp and src 198.51.100.1 and ip[6:2] & 0x1fff = 0');
    const [client, server] = [await Python.start(scene.client), await Python.start(scene.server)];
    await server.do('s = udp("0.0.0.0", 7000); s.setsockopt(IPPROTO_IP, IP_MTU_DISCOVER, 0)');
    if (!checksum) await server.do('s.setsockopt(SOL_SOCKET, SO_NO_CHECK, 1)');
    await client.do(`s = udp("::"); s.sendto(b"hello", ("${scene.server6}", 7000))`);
    await server.do('mapped = s.recvfrom(100)[1]');
    for (const size of sizes) {
      await server.do(`data = os.urandom(${size}); s.sendto(data, mapped)`);
      const digest = await client.do('hashlib.sha256(s.recv(65535)).hexdigest()');
      assert.is(digest, await server.do('hashlib.sha256(data).hexdigest()'), `${size} bytes`);
    }
    const zero = await sent.packets(['udp.checksum'], 'udp.checksum == 0');
    assert.is(zero.length, checksum ? 0 : sizes.length);
    await arriving.checkClean();
    await scene.close();
  },
);

test.run();
