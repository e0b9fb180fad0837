import { assert, suite } from '../../test/kit/suite.ts';
import { formatTable, printable } from './table.ts';
import { countText, endpointText, plural, shareText, spanText } from './words.ts';

const test = suite('cli: tables and words');

interface Row {
  readonly name: string;
  readonly count: number;
  readonly note?: string;
}

const columns = [
  { title: 'NAME', text: ({ name }: Row) => name },
  { title: 'N', text: ({ count }: Row) => String(count), align: 'right' as const },
  { title: 'NOTE', text: ({ note }: Row) => note ?? '' },
  { title: 'MORE', text: () => 'x', wide: true },
];

test('columns are as wide as they must be', () => {
  const rows = [
    { name: 'a', count: 1200 },
    { name: 'long name', count: 7, note: 'hm' },
  ];
  assert.equal(formatTable(columns, rows), ['NAME          N  NOTE', 'a          1200  -', 'long name     7  hm']);
  assert.is(formatTable(columns, rows, true)[1], 'a          1200  -     x');
});

test('a column without text is left out, and an empty table is nothing', () => {
  assert.equal(formatTable(columns, [{ name: 'a', count: 1 }]), ['NAME  N', 'a     1']);
  assert.equal(formatTable(columns, []), []);
});

test('no control character reaches the terminal', () => {
  assert.is(printable('a\x1b[31m\nb\u009bc'), 'a [31m b c');
  assert.is(formatTable(columns, [{ name: '\x1b[2Jx', count: 1 }])[1], ' [2Jx  1');
});

test('numbers in words', () => {
  assert.equal([countText(184202, true), countText(184202, false)], ['184,202', '184202']);
  const spans = [0, 999, 12_000, 240_000, 11_520_000, 7_200_000, 2 * 86_400_000, 23 * 86_400_000, -5];
  assert.equal(spans.map(spanText), ['0s', '0s', '12s', '4m', '3h12m', '2h', '48h', '23d', '0s']);
  assert.equal(
    [shareText(0, 5), shareText(5, 0), shareText(9_566, 512_004_331), shareText(1, 8), shareText(1, 1)],
    ['0 %', '0 %', '0.002 %', '13 %', '100 %'],
  );
  assert.equal([plural(1, 'problem'), plural(0, 'problem')], ['1 problem', '0 problems']);
  assert.is(endpointText({ address: '2001:db8::1', port: 443 }), '[2001:db8::1]:443');
  assert.is(endpointText({ address: '198.51.100.80', port: 443 }), '198.51.100.80:443');
});

test.run();
