import { CliHome } from '../../test/cli/cli-kit.ts';
import { DOCUMENT, TRACED_PACKET } from '../../test/cli/fake-services.ts';
import { assert, seen, suite } from '../../test/kit/suite.ts';

const test = suite('cli: trace');
const home = new CliHome();

test.before(async () => {
  home.write('a.yaml', DOCUMENT);
  await home.start('a.yaml');
});
test.after(() => home.remove());

const lines = async (...words: readonly string[]): Promise<string[]> =>
  (await home.run(['trace', ...words, TRACED_PACKET])).out.trimEnd().split('\n');

test('stages by number, and what becomes of the packet', async () => {
  assert.equal(await lines('--in', 'lan'), [
    ` 1 parse    ${TRACED_PACKET}`,
    '            in lan',
    ' 2 flow     miss',
    ' = FORWARD out uplink  tcp 203.0.113.40:2102 > 198.51.100.80:443, 54 bytes   (config r1)',
  ]);
});

test.each(
  [
    ['uplink', ' = DROP hop_limit  hop limit expired   (config r1)'],
    ['mgmt', ' = PASS to the kernel of this box   (config r1)'],
    ['v100', ' = ANSWER by the data path   (config r1)'],
    ['v200', ' = FRAGMENT goes the way of the first one; what waits for what is not traced   (config r1)'],
  ] as const,
  ([port]) => `in ${port}`,
  async ([port, line]) => {
    assert.is((await lines('--in', port))[2], line);
  },
);

test('the error that the sender gets', async () => {
  const last = (await lines('--in', 'uplink')).at(-1);
  assert.is(last, '   the sender is told: out lan  icmp time exceeded 2001:db8:1::1 > 2001:db8:1::42, 122 bytes');
});

test('--hex: rows of sixteen bytes', async () => {
  const row = '60 60 60 60 60 60 60 60 60 60 60 60 60 60 60 60';
  const dump = (await lines('--in', 'lan', '--hex')).slice(-5);
  assert.equal(dump, ['in', `  0000  ${row}`, '  0010  60', 'out', '  0000  45']);
});

test('the answer itself, and its outcome in a word', async () => {
  const json = JSON.parse((await lines('--in', 'lan', '-o', 'json')).join('')) as { result: { verdict: string } };
  assert.is(json.result.verdict, 'forward');
  assert.equal(await lines('--in', 'lan', '-o', 'name'), ['forward']);
  assert.equal(await lines('--in', 'uplink', '-o', 'name'), ['hop_limit']);
});

test('a packet that is not understood is a wrong use', async () => {
  const { status, err } = await home.run(['trace', '--in', 'lan', 'tcp']);
  assert.equal([status, err], [2, '1:5  TRACE_PACKET  That is no packet. Write another.\n']);
  seen('error', 'TRACE_PACKET');
  assert.is((await home.run(['trace', 'tcp'])).status, 2);
});

test.run();
