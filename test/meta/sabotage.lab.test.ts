import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Lab, quote } from '../kit/lab.ts';
import { sabotage } from '../kit/sabotage.ts';
import { assert, suite } from '../kit/suite.ts';
import { ping } from '../kit/traffic.ts';

const here = dirname(fileURLToPath(import.meta.url));
const wireSource = resolve(here, '../../../test/meta/wire.bpf.c');

const test = suite('sabotage');

test('takes the program out of the pinned links of one instance', async () => {
  const lab = await Lab.open();
  const { client, middle, server } = lab.hosts('client', 'middle', 'server');
  await lab.link(client.port('eth0', { addresses: ['192.0.2.2/24'] }), middle.port('eth0'));
  await lab.link(middle.port('eth1'), server.port('eth0', { addresses: ['192.0.2.1/24'] }));
  const [first, second] = (await middle.run('cat /proc/net/dev_snmp6/eth[01] | grep ifIndex')).match(/\d+/g) ?? [];
  const object = join(tmpdir(), 'wire.o');
  const flags = `-DFIRST=${first} -DSECOND=${second}`;
  await middle.run(`clang-19 -O2 -g -target bpf -Wall -Werror ${flags} -c ${quote(wireSource)} -o ${object}`);
  const attach = `${quote(process.execPath)} ${quote(join(here, 'attach-wire.js'))}`;
  await middle.run(`${attach} ${object} middle ${first} ${second}`);
  assert.is((await ping(client, '192.0.2.1')).received, 1);
  assert.equal(sabotage('middle').sort(), [`xdp-${first}`, `xdp-${second}`].sort());
  assert.is((await ping(client, '192.0.2.1')).received, 0);
});

test('complains when there is nothing to sabotage', () => {
  assert.throws(() => sabotage('nobody'), /ENOENT/);
});

test.run();
