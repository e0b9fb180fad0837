import { CliHome } from '../../test/cli/cli-kit.ts';
import { DOCUMENT } from '../../test/cli/fake-services.ts';
import { assert, suite } from '../../test/kit/suite.ts';

const test = suite('cli: explain');
const home = new CliHome();

test.before(async () => {
  home.write('a.yaml', DOCUMENT);
  await home.start('a.yaml');
});
test.after(() => home.remove());

test('the policies in order, why each wins or loses, and what comes of it', async () => {
  const { status, out } = await home.run(['explain', '10.20.0.5', '198.51.100.80:5432']);
  assert.is(status, 0);
  assert.equal(out.split('\n'), [
    'POLICY  POOL  PRIORITY  VERDICT  WHY',
    'shop    blue         0  chosen   longest destination (24 bits)',
    'all     red          0  loses    shorter destination (0 bits) than shop',
    '-> source 203.0.113.101 (pool blue, and 1 more when its ports are taken)',
    '',
  ]);
  assert.is((await home.run(['explain', '10.20.0.5', '198.51.100.80', '-o', 'name'])).out, 'shop\n');
  const json = await home.run([
    'explain',
    '2001:db8::5',
    '[2001:db8:1::1]:443',
    '-o',
    'json',
    '--slot',
    'prod-a',
    '--identity',
    '7',
  ]);
  const { destination, identity, slot } = JSON.parse(json.out) as Record<string, unknown>;
  assert.equal([destination, identity, slot], ['2001:db8:1::1', 7, 'prod-a']);
});

test('without a policy it depends on the interface; pods are dropped', async () => {
  assert.is(
    (await home.run(['explain', '10.20.0.5', '10.0.0.1'])).out,
    'No policy names this client.\n-> no policy: plain traffic, see firewall.forward; dropped if it comes in by lan\n',
  );
  const { out } = await home.run(['explain', '10.8.0.5', '10.0.0.1', '--slot', 'prod-a']);
  assert.match(out, /^-> dropped: no policy, and pods have no other way$/m);
});

test('what is no address', async () => {
  assert.match((await home.run(['explain', 'cart', '10.0.0.1'])).err, /USAGE .*Write an address, such as 10\.20\.0\.5/);
  assert.is((await home.run(['explain', '10.0.0.1', '10.0.0.300'])).status, 2);
  assert.is((await home.run(['explain', '10.0.0.1', '10.0.0.2', '--identity', '0'])).status, 2);
});

test.run();
