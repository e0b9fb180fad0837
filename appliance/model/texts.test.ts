import { assert, suite } from '../../test/kit/suite.ts';
import { formatAddress, formatPrefix } from './address.ts';
import { parseAddressSet } from './address-set.ts';
import { formatDuration, parseDuration } from './duration.ts';
import { ConfigErrors, SixgateError } from './errors.ts';
import { assignIds } from './ids.ts';
import { formatPath, parsePath } from './path.ts';
import { formatPortRange, parsePortRange } from './ports.ts';

const test = suite('model: text forms, errors, numbers');

test.each(
  [
    ['5m', 300_000],
    ['2h4m', 7_440_000],
    ['100ms', 100],
    ['7d', 604_800_000],
    ['1d1h1m1s1ms', 90_061_001],
    ['0s', 0],
  ] as const,
  ([text]) => `the duration ${text}`,
  ([text, ms]) => {
    assert.is(parseDuration(text), ms);
    assert.is(formatDuration(ms), text);
  },
);

test('other ways to write a duration are written back short', () => {
  assert.is(formatDuration(parseDuration('90s') as number), '1m30s');
  assert.is(formatDuration(parseDuration('120m') as number), '2h');
});

test.each(
  ['', '5', '300', '5 m', '5M', 'm', '4m2h', '5m5m', '1.5h', '-1s', '5min', '1s500', '1000000000000000ms'],
  (text) => `"${text}" is no duration`,
  (text) => assert.is(parseDuration(text), undefined),
);

test('port ranges', () => {
  assert.equal(parsePortRange('1024-65535'), { first: 1024, last: 65535 });
  assert.equal(parsePortRange('443'), { first: 443, last: 443 });
  assert.is(formatPortRange({ first: 1024, last: 65535 }), '1024-65535');
  assert.is(formatPortRange({ first: 443, last: 443 }), '443');
  for (const text of ['', '-', '0-9', '9-1', '1-65536', '1-', '-1', '1-2-3', 'a', '1 - 2'])
    assert.is(parsePortRange(text), undefined, text);
});

test.each(
  [
    ['203.0.113.40', '203.0.113.40 203.0.113.40 '],
    ['203.0.113.16/28', '203.0.113.16 203.0.113.31 '],
    ['203.0.113.17/28', '203.0.113.16 203.0.113.31 203.0.113.16/28'],
    ['203.0.113.40-203.0.113.43', '203.0.113.40 203.0.113.43 '],
    ['2001:db8::-2001:db8::f', '2001:db8:: 2001:db8::f '],
  ] as const,
  ([text]) => `the set ${text}`,
  ([text, expected]) => {
    const set = parseAddressSet(text);
    assert.ok(set);
    const meant = set.meant === undefined ? '' : formatPrefix(set.meant);
    assert.is(`${formatAddress(set.first)} ${formatAddress(set.last)} ${meant}`, expected);
  },
);

test.each(
  [
    '',
    '-',
    '10.0.0.2-10.0.0.1',
    '10.0.0.1-::1',
    '10.0.0.1-2',
    '10.0.0.1-10.0.0.2-10.0.0.3',
    '10.0.0.0/33',
    '10.0.0.0/24-10.0.1.0/24',
    '10.0.0.1 - 10.0.0.2',
  ],
  (text) => `"${text}" is no set`,
  (text) => assert.is(parseAddressSet(text), undefined),
);

test.each(
  [
    [['nat64', 'main', 'pool4', 0, 'addresses'], 'nat64.main.pool4[0].addresses'],
    [['interfaces', 'eth0.100', 'mtu'], 'interfaces["eth0.100"].mtu'],
    [['a"b', 1, 2], '["a\\"b"][1][2]'],
    [['100'], '["100"]'],
    [[], ''],
  ] as const,
  ([, text]) => `the path "${text}"`,
  ([steps, text]) => {
    assert.is(formatPath(steps), text);
    assert.equal(parsePath(text), [...steps]);
  },
);

test('texts that are no paths', () => {
  for (const text of ['.a', 'a..b', 'a[', 'a[x]', 'a b', 'a.']) assert.is(parsePath(text), undefined, text);
});

test('an error is one line: place, code, sentence, hint', () => {
  const at = { file: 'gateway.yaml', line: 47, column: 23 };
  assert.is(
    new SixgateError('A_B', 'It is wrong', { hint: 'Do it right', at }).toString(),
    'gateway.yaml:47:23  A_B  It is wrong. Do it right.',
  );
  assert.is(
    new SixgateError('A_B', 'It is wrong.', { at: { line: 1, column: 2 } }).toString(),
    '1:2  A_B  It is wrong.',
  );
  assert.is(
    new SixgateError('A_B', 'Is it wrong?', { path: 'nat64.main' }).toString(),
    'nat64.main  A_B  Is it wrong?',
  );
  assert.is(new SixgateError('A_B', 'It is wrong').toString(), 'A_B  It is wrong.');
});

test('an error survives the way through JSON', () => {
  const one = new SixgateError('A_B', 'One', {
    hint: 'Hint',
    at: { line: 1, column: 2, path: 'a' },
    path: 'a',
    otherPath: 'b',
    kind: 'missing-interface',
  });
  const back = SixgateError.fromProblem(JSON.parse(JSON.stringify(one)));
  assert.equal(back.toJSON(), one.toJSON());
  assert.is(one.toJSON().type, 'urn:sixgate:error:a-b');
  const all = SixgateError.fromProblem(JSON.parse(JSON.stringify(new ConfigErrors([one, one]))));
  assert.ok(all instanceof ConfigErrors);
  assert.is(all.message, 'The configuration has 2 errors');
  assert.is(all.toString(), '1:2  A_B  One. Hint.\n1:2  A_B  One. Hint.');
});

test('names keep their numbers, and a freed number is taken last', () => {
  const first = assignIds(['b', 'a'], new Map(), 4);
  assert.equal(
    [...first],
    [
      ['b', 0],
      ['a', 1],
    ],
  );
  assert.equal(
    [...assignIds(['a', 'c'], first, 4)],
    [
      ['a', 1],
      ['c', 2],
    ],
  );
  assert.equal(
    [...assignIds(['a', 'c'], first, 2)],
    [
      ['a', 1],
      ['c', 0],
    ],
  );
  assert.equal(
    [...assignIds(['a', 'c', 'd'], first, 2)],
    [
      ['a', 1],
      ['c', 0],
    ],
  );
  assert.equal(
    [
      ...assignIds(
        ['a', 'b'],
        new Map([
          ['a', 9],
          ['b', -1],
        ]),
        2,
      ),
    ],
    [
      ['a', 0],
      ['b', 1],
    ],
  );
  assert.equal(
    [
      ...assignIds(
        ['a', 'b'],
        new Map([
          ['a', 1],
          ['b', 1],
        ]),
        2,
      ),
    ],
    [
      ['a', 1],
      ['b', 0],
    ],
  );
});

test.run();
