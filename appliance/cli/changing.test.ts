import { CliHome } from '../../test/cli/cli-kit.ts';
import { DOCUMENT, OTHER_DOCUMENT, WRONG_DOCUMENT } from '../../test/cli/fake-services.ts';
import { assert, suite } from '../../test/kit/suite.ts';

const test = suite('cli: documents');
const home = new CliHome();
const wrongLine = 'w.yaml:3:3  CONFIG_UNKNOWN_KEY  Unknown key forword in firewall. Did you mean forward?\n';

test.before(async () => {
  home.write('a.yaml', DOCUMENT);
  home.write('b.yaml', OTHER_DOCUMENT);
  home.write('w.yaml', WRONG_DOCUMENT);
  home.write('broken.yaml', 'version: 1\nsystem: {name: broken}\n');
  home.write('partly.yaml', 'version: 1\nsystem: {name: partly}\n');
  await home.start('a.yaml');
});
test.after(() => home.remove());

const parsed = (text: string): Record<string, unknown> => JSON.parse(text) as Record<string, unknown>;

test('validate: with the gateway, without it, from standard input', async () => {
  const right = (file: string, how: string): string => `${file} is right (checked ${how})\n`;
  const alone = 'by itself; whether it fits this box is checked when the gateway main runs';
  assert.is((await home.run(['validate', 'b.yaml'])).out, right('b.yaml', 'against the gateway main'));
  assert.is((await home.run(['validate', 'b.yaml', '--offline'])).out, right('b.yaml', alone));
  assert.is((await home.run(['validate', '-'], { input: DOCUMENT })).out, right('-', 'against the gateway main'));
  assert.equal(await home.run(['validate', 'w.yaml']), { status: 3, out: '', err: wrongLine });
  assert.match((await home.run(['validate', 'b.yaml', '-o', 'name'])).out, /^[0-9a-f]{64}\n$/);
  const none = await home.run(['validate', 'none.yaml']);
  assert.equal(
    [none.status, none.err],
    [3, 'none.yaml:1:1  CONFIG_UNREADABLE  There is no such file (ENOENT). Look at the path.\n'],
  );
});

test('diff, then apply: what changes, and what went wrong', async () => {
  assert.equal(await home.run(['diff', 'a.yaml']), { status: 0, out: 'No differences to r1.\n', err: '' });
  const changes = [
    '+ firewall     {forward: allow}',
    '~ system.name  edge-a -> edge-b',
    'Effect   No session ends.',
    '         No interface is touched.',
    '',
  ].join('\n');
  assert.equal(await home.run(['diff', 'b.yaml']), { status: 1, out: changes, err: '' });
  assert.equal(await home.run(['apply', 'b.yaml', '--dry-run']), { status: 0, out: changes, err: '' });
  assert.is((await home.run(['diff', 'b.yaml', '-o', 'name'])).out, 'firewall\nsystem.name\n');

  const done = await home.run(['apply', 'b.yaml']);
  assert.equal(done, { status: 0, out: `r2  applied after r1 (0.3 s)\n${changes}`, err: '' });
  assert.is((await home.run(['apply', 'b.yaml'])).out, 'r2  goes on: the document says the same\n');

  const wrong = await home.run(['apply', 'w.yaml']);
  assert.equal(wrong, { status: 3, out: '', err: `${wrongLine}Nothing was changed; r2 goes on.\n` });
  const refused = await home.run(['apply', 'broken.yaml']);
  assert.equal(refused, { status: 1, out: '', err: 'APPLY_FAILED  The kernel said no.\n' });
  const partly = await home.run(['apply', 'partly.yaml', '-o', 'name']);
  assert.equal([partly.status, partly.out], [1, 'r3\n']);
  assert.match(partly.err, /^ROUTE_REFUSED {2}The route is refused\.\nr3 is active, but not all of it is in force/);
  assert.is((await home.run(['apply', 'a.yaml'])).status, 0);
});

test('show: the text as it was given, its data, its defaults', async () => {
  assert.equal(await home.run(['show']), { status: 0, out: DOCUMENT, err: '' });
  assert.match((await home.run(['show', '-o', 'yaml'])).out, /^system:\n {2}name: edge-a\nversion: 1\n$/);
  assert.is(parsed((await home.run(['show', '-o', 'json'])).out).text, DOCUMENT);
  assert.match((await home.run(['show', '--full'])).out, /^firewall:\n {2}forward: deny$/m);
});

test.run();
