import type { TSchema } from 'typebox';
import { suggest } from '../../config/suggest.ts';
import { type Explanation, everyPath, explain } from '../../contract/explain.ts';
import { SixgateError } from '../../model/errors.ts';
import type { AddCommand } from '../cli.ts';
import { type Format, outputOption, print } from '../output.ts';
import { formatTable } from '../table.ts';

export const addSchema: AddCommand = (program, cli) => {
  program
    .command('schema')
    .description('what may stand in a document; with -o json and no path, its JSON Schema')
    .argument('[path]', 'a place, such as nat64.main.pool4', '')
    .addOption(outputOption())
    .action((path: string, options: { output: Format }) => {
      const schema = cli.parts.configSchema;
      const found = explain(schema, path);
      if (found === undefined) throw unknownPath(schema, path);
      const isWhole = found.path === '';
      print(cli.io, options.output, {
        value: isWhole ? schema : found,
        names: found.keys.map(({ name }) => (isWhole ? name : `${found.path}.${name}`)),
        lines: () => explanationLines(found),
      });
    });
};

function explanationLines(found: Explanation): string[] {
  const facts = [
    found.path === '' ? 'The document' : found.path,
    found.type,
    ...(found.path !== '' && found.required ? ['required'] : []),
    ...(found.default === undefined ? [] : [`default ${JSON.stringify(found.default)}`]),
  ];
  const examples = (found.examples ?? []).map((example) => JSON.stringify(example)).join('   ');
  const keys = formatTable(
    [
      { title: 'KEY', text: ({ name }) => name },
      { title: 'TYPE', text: ({ type }) => type },
      {
        title: 'DEFAULT',
        text: (key) => (key.required ? 'required' : key.default === undefined ? '' : JSON.stringify(key.default)),
      },
      { title: 'DESCRIPTION', text: ({ description }) => description },
    ],
    found.keys,
  );
  return [
    facts.join('   '),
    ...(found.description === '' ? [] : [found.description]),
    ...(examples === '' ? [] : [`Such as ${examples}`]),
    ...(keys.length === 0 ? [] : ['', ...keys]),
  ];
}

/** Points at the first word that does not exist. */
function unknownPath(schema: TSchema, path: string): SixgateError {
  const words = path.split('.');
  const known = words.findIndex((_, i) => explain(schema, words.slice(0, i + 1).join('.')) === undefined);
  const above = words.slice(0, known).join('.');
  const keys = explain(schema, above)?.keys.map(({ name }) => name) ?? [];
  const near = suggest(words[known] ?? '', keys);
  const isLeaf = keys.length === 0;
  const place = above === '' ? 'the document' : above;
  const sentence = isLeaf ? `There is nothing below ${place}` : `There is no ${words[known]} in ${place}`;
  const elsewhere = everyPath(schema).find((other) => other.split('.').at(-1) === words.at(-1));
  const hint =
    near === undefined ? elsewhere && `Did you mean ${elsewhere}?` : `Did you mean ${prefixed(above, near)}?`;
  const list = isLeaf ? undefined : `Keys: ${keys.join(', ')}`;
  return new SixgateError('SCHEMA_UNKNOWN_PATH', sentence, { hint: hint ?? list });
}

function prefixed(above: string, word: string): string {
  return above === '' ? word : `${above}.${word}`;
}
