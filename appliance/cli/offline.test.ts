import { CliHome } from '../../test/cli/cli-kit.ts';
import { DOCUMENT, WRONG_DOCUMENT } from '../../test/cli/fake-services.ts';
import { assert, seen, suite } from '../../test/kit/suite.ts';

const test = suite('cli: without a gateway');
const home = new CliHome();
test.before(() => {
  home.write('a.yaml', DOCUMENT);
  home.write('w.yaml', WRONG_DOCUMENT);
  home.write('x.yaml', '\u0000');
});
test.after(() => home.remove());

const wrong: readonly (readonly [line: string, status: number, error: string | RegExp])[] = [
  ['statsu', 2, "USAGE  Unknown command 'statsu'. Did you mean status?\n"],
  ['status --chek', 2, "USAGE  Unknown option '--chek'. Did you mean --check?\n"],
  ['status more', 2, /^USAGE {2}Too many arguments/],
  ['status -o xml', 2, /^USAGE {2}.*Allowed choices are table, wide, json, yaml, name/],
  ['run', 2, /^USAGE {2}Required option '-c, --config <file>' not specified/],
  ['validate', 2, /^USAGE {2}Missing required argument 'file'/],
  ['sessions --limit 0', 2, /^USAGE {2}.*Write a number from 1 to 1000\./],
  ['monitor --limit x', 2, /^USAGE {2}.*Write a number from 1 on\./],
  ['sessions --from 10.0.0.300', 2, /^USAGE {2}.*300 is over 255\. Write a prefix, a range or one address/],
  ['sessions --port 0', 2, /^USAGE {2}.*port 0 is no port/],
  ['sessions --proto sctp', 2, /^USAGE {2}.*Allowed choices are tcp, udp, icmp/],
  ['status --instance ../x', 2, /^INSTANCE_NAME {2}"\.\.\/x" is no name of an instance/],
  ['status', 1, /^API_UNREACHABLE {2}The gateway main does not run\. Type sixgate run --config FILE to start it/],
  ['drops --instance b', 1, /^API_UNREACHABLE .*Type sixgate run --config FILE --instance b to start it/],
  ['diff a.yaml', 1, /^API_UNREACHABLE/],
  ['apply a.yaml', 1, /^API_UNREACHABLE/],
  [
    'apply x.yaml',
    3,
    'x.yaml:1:1  CONFIG_BINARY  Here stands a NUL byte. A configuration is a text: is this the right file?\nNothing was changed.\n',
  ],
  ['validate w.yaml', 3, 'w.yaml:3:3  CONFIG_UNKNOWN_KEY  Unknown key forword in firewall. Did you mean forward?\n'],
  ['run --config w.yaml', 3, /^w\.yaml:3:3 {2}CONFIG_UNKNOWN_KEY/],
  [
    'schema nat64.main.pol4',
    2,
    'SCHEMA_UNKNOWN_PATH  There is no pol4 in nat64.main. Did you mean nat64.main.pool4?\n',
  ],
  ['schema udp', 2, 'SCHEMA_UNKNOWN_PATH  There is no udp in the document. Did you mean nat64.NAME.timeouts.udp?\n'],
  ['schema firewall.forward.x', 2, 'SCHEMA_UNKNOWN_PATH  There is nothing below firewall.forward.\n'],
  ['schema frewall', 2, 'SCHEMA_UNKNOWN_PATH  There is no frewall in the document. Did you mean firewall?\n'],
];

test.each(
  wrong,
  ([line]) => `sixgate ${line}`,
  async ([line, status, error]) => {
    const ran = await home.run(line.split(' '));
    assert.equal([ran.status, ran.out], [status, '']);
    if (typeof error === 'string') assert.is(ran.err, error);
    else assert.match(ran.err, error);
    const code = /(?:^| {2})([A-Z][A-Z0-9_]+) {2}/.exec(ran.err)?.[1];
    if (code !== undefined) seen('error', code);
  },
);

test('help and version are no errors; no command is one', async () => {
  const help = await home.run(['--help']);
  assert.equal([help.status, help.err], [0, '']);
  assert.match(help.out, 'Exit status: 0 done');
  assert.equal(await home.run(['help', 'status']), await home.run(['status', '--help']));
  assert.equal(await home.run(['--version']), { status: 0, out: '1.2.3\n', err: '' });
  const none = await home.run([]);
  assert.equal([none.status, none.out], [2, '']);
});

test('the check of a gateway that does not run is critical', async () => {
  const { status, out } = await home.run(['status', '--check']);
  assert.is(status, 2);
  assert.match(out, /^CRITICAL - API_UNREACHABLE/);
});

test('a document is checked by itself', async () => {
  const { status, out } = await home.run(['validate', 'a.yaml']);
  assert.equal([status, out.slice(0, 36)], [0, 'a.yaml is right (checked by itself; ']);
});

test('schema explains a place', async () => {
  const { out } = await home.run(['schema', 'firewall']);
  assert.equal(out.split('\n').slice(0, 1), ['firewall   map']);
  assert.match(out, /^KEY +TYPE +DEFAULT +DESCRIPTION\nforward +deny \| allow +"deny" +Routed packets/m);
  assert.is((await home.run(['schema', 'firewall', '-o', 'name'])).out, 'firewall.forward\n');
  const whole = JSON.parse((await home.run(['schema', '-o', 'json'])).out) as Record<string, unknown>;
  assert.is(whole.title, 'Sixgate');
  const part = JSON.parse((await home.run(['schema', 'firewall.forward', '-o', 'json'])).out) as Record<
    string,
    unknown
  >;
  assert.equal([part.path, part.default], ['firewall.forward', 'deny']);
});

test('stop of what does not run is done', async () => {
  const { status, out } = await home.run(['stop']);
  assert.is(status, 0);
  assert.match(out, /^main was not running\n/);
});

test.run();
