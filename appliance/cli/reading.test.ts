import { CliHome } from '../../test/cli/cli-kit.ts';
import { DOCUMENT, fakeSrv6, fakeStatus } from '../../test/cli/fake-services.ts';
import { assert, suite } from '../../test/kit/suite.ts';

const test = suite('cli: reading');
const home = new CliHome();

test.before(async () => {
  home.write('a.yaml', DOCUMENT);
  await home.start('a.yaml');
});
test.after(() => home.remove());

/** Starts to monitor, and goes on when the first line is there. */
const monitorInBackground = ': > seen.txt; $sixgate monitor > seen.txt & until [ -s seen.txt ]; do :; done;';
const parsed = (text: string): Record<string, unknown> => JSON.parse(text) as Record<string, unknown>;

test('status: tables, and the answer itself', async () => {
  const { status, out } = await home.run(['status']);
  assert.is(status, 0);
  assert.match(out, /^edge-a {3}instance main {3}config r1 {3}0\.1\.0 {3}up \d+d$/m);
  assert.match(out, /^uplink +outside +native +up +412000 +411990 +7 +2 +398700 +0$/m);
  assert.match(out, /^nat64 +ok +main 3 sessions$/m);
  assert.equal(parsed((await home.run(['status', '-o', 'json'])).out), { ...fakeStatus });
  assert.match((await home.run(['status', '-o', 'yaml'])).out, /^instance: main\nversion: 0\.1\.0$/m);
  assert.is((await home.run(['status', '-o', 'name'])).out, 'uplink\n');
  assert.match((await home.run(['status', '-o', 'wide'])).out, /^INTERFACE +DEVICE .*BALANCE$/m);
  assert.equal(await home.run(['status', '--check']), { status: 0, out: 'OK - edge-a r1, 1 interface\n', err: '' });
});

test('status -w goes on until nobody reads', async () => {
  const { out } = await home.bash('set -o pipefail; $sixgate status -w -o name | head -1; echo $?');
  assert.is(out, 'uplink\n0\n');
});

test('sessions: a page, its filters, and what to type for the next one', async () => {
  const first = await home.run(['sessions', '--limit', '2', '--from', '2001:db8::/32']);
  assert.equal(first.out.split('\n').slice(0, 2), [
    'FEATURE  NAME  PROTO  INSIDE                  DESTINATION        OUTSIDE            STATE        AGE    IDLE',
    'nat64    main  tcp    [2001:db8:1::42]:50001  198.51.100.80:443  203.0.113.16:2001  established  3h12m  0s',
  ]);
  assert.is(first.err, '2 shown, 3 in all (sixgate sessions --from 2001:db8::/32 --limit 2 --after 2)\n');
  const next = await home.run(['sessions', '--limit', '2', '--after', '2', '-o', 'name']);
  assert.equal([next.out, next.err], ['3\n', '']);
  assert.is((await home.run(['sessions', '--proto', 'icmp'])).status, 0);
  const json = parsed((await home.run(['sessions', '-o', 'json', '--proto', 'udp'])).out);
  assert.equal([json.total, (json.sessions as unknown[]).length], [3, 1]);
});

test('drops: a table, and its share', async () => {
  const all = await home.run(['drops']);
  assert.match(all.out, /^no_session +9560 +uplink +nothing inside asked for it$/m);
  assert.is(all.err, '9566 dropped of 512004331 received (0.002 %)\n');
  assert.is((await home.run(['drops', '--in', 'lan', '-o', 'name'])).out, 'bad_checksum\n');
  assert.is((await home.run(['drops', '--reason', 'none'])).out, 'Nothing was dropped.\n');
});

test('srv6: SIDs, policies a line for each list, steering', async () => {
  assert.equal((await home.run(['srv6', 'sids'])).out.split('\n').slice(0, 3), [
    'SID               BEHAVIOR  FLAVORS  TENANT  INTERFACE  VIA             STATE      PKTS',
    'fcbb:bb00:a1:1::  End.DT46  -        red     -          -               ok       412000',
    'fcbb:bb00:a1:2::  End.X     psp,usd  -       core       2001:db8:c0::2  waiting       0',
  ]);
  assert.match(
    (await home.run(['srv6', 'policies', '-o', 'wide'])).out,
    /^dc2 +H\.Encaps\.Red +3 +12\/16 +fcbb:bb00:c1:: fcbb:bb00:d2:1:: +64 B +1$/m,
  );
  assert.match((await home.run(['srv6', 'steering'])).out, /^10\.2\.0\.0\/16 +red +dc2$/m);
  assert.is((await home.run(['srv6', 'sids', '-o', 'name'])).out, 'fcbb:bb00:a1:1::\nfcbb:bb00:a1:2::\n');
  assert.equal(parsed((await home.run(['srv6', 'steering', '-o', 'json'])).out), { steering: fakeSrv6.steering });
});

test('monitor: lines, JSON, an end by count, by Ctrl-C, and when nobody reads', async () => {
  const drops = await home.run(['monitor', '--drops', '--limit', '2']);
  const line = '03:04:05.006  DROP  no_session  tcp 10.8.3.9:51110 > 198.51.100.80:5432\n';
  assert.equal(drops, { status: 0, out: line + line, err: '2 shown, 0 lost\n' });
  const json = await home.run(['monitor', '--in', 'lan', '--limit', '1', '-o', 'json']);
  assert.is(parsed(json.out).type, 'link');
  const ended = await home.bash(`${monitorInBackground} kill -INT $!; wait $!; echo $?`);
  assert.is(ended.out, '0\n');
  assert.match(ended.err, /^\d+ shown, 0 lost\n$/);
  const piped = await home.bash('set -o pipefail; $sixgate monitor | head -1; echo $?');
  assert.match(piped.out, /^03:04:05\.006 .*\n0\n$/);
});

test.run();
