import { Python } from '../kit/python.ts';
import { assert, suite } from '../kit/suite.ts';
import { ping } from '../kit/traffic.ts';
import { bodyDigest, download, web } from '../kit/web.ts';
import { Scene } from './scene.ts';

const test = suite('nat64: pool6');

/** RFC 6052 section 2.4 with 198.51.100.1 = c6 33 64 01: bits 64 to 71 are zero. */
const prefixes = [
  { pool6: '3fff::/32', server: '3fff:0:c633:6401::' },
  { pool6: '2001:db8:a00::/40', server: '2001:db8:ac6:3364:1::' },
  { pool6: '2001:db8:a00::/48', server: '2001:db8:a00:c633:64:100::' },
  { pool6: '2001:db8:a00:b00::/56', server: '2001:db8:a00:bc6:33:6401::' },
  { pool6: '2001:db8:a00:b00::/64', server: '2001:db8:a00:b00:c6:3364:100::' },
  { pool6: '2001:db8:a00:b00::/96', server: '2001:db8:a00:b00::c633:6401' },
];

test.each(
  prefixes,
  ({ pool6 }) => `${pool6}: ping, HTTP and the other way`,
  async ({ pool6, server }) => {
    const scene = await Scene.open({ pool6 });
    assert.is((await ping(scene.client, server, { size: 2000 })).received, 1);
    await web(scene.server, scene.server4);
    assert.is(await download(scene.client, `[${server}]`, 100_000), bodyDigest(100_000));
    const [inside, outside] = [await Python.start(scene.client), await Python.start(scene.server)];
    await outside.do('s = udp("0.0.0.0", 7000)');
    await inside.do(`s = udp("::"); s.sendto(b"hello", ("${server}", 7000))`);
    await outside.do('mapped = s.recvfrom(100)[1]; t = udp("0.0.0.0", 7001); t.sendto(b"back", mapped)');
    const bytes = `inet_pton(AF_INET6, "${server}")`;
    await inside.do('data, peer = s.recvfrom(100)');
    assert.equal(await inside.do(`[inet_pton(AF_INET6, peer[0]) == ${bytes}, peer[1]]`), [true, 7001]);
    await scene.close();
  },
);

test.run();
