import type { ErrorObject } from 'ajv';
import { typeText } from '../contract/explain.ts';
import { type TextFormat, textFormats } from '../contract/formats.ts';
import { SixgateError } from '../model/errors.ts';
import { formatPath, type PathStep } from '../model/path.ts';
import { suggest } from './suggest.ts';

/** An error with the place that it means: the key or the value at `steps`. */
export interface Finding {
  readonly error: SixgateError;
  readonly steps: readonly PathStep[];
  readonly target: 'key' | 'value';
}

interface Context {
  readonly failure: ErrorObject;
  readonly schema: Record<string, unknown>;
  /** The value in question. */
  readonly data: unknown;
  readonly params: Record<string, unknown>;
  readonly steps: readonly PathStep[];
  /** The path in words, "the document" for the root. */
  readonly where: string;
  /** The last word of the path. */
  readonly word: string;
  /** How the value is written in the text, when it is a scalar. */
  readonly written: string | undefined;
}

interface Said {
  readonly code: string;
  readonly sentence: string;
  readonly hint?: string | undefined;
  /** Step below the value that is meant. */
  readonly below?: string;
  readonly target?: 'key';
}

/** Turns one failure of the validator into a sentence of ours. */
export function say(failure: ErrorObject, steps: readonly PathStep[], written: string | undefined): Finding {
  const where = steps.length === 0 ? 'the document' : formatPath(steps);
  const context: Context = {
    failure,
    schema: (failure.parentSchema ?? {}) as Record<string, unknown>,
    data: failure.data,
    params: failure.params as Record<string, unknown>,
    steps,
    where,
    word: lastWord(steps),
    written,
  };
  const said = (sentences[failure.keyword] ?? other)(context);
  const place = said.below === undefined ? steps : [...steps, said.below];
  return {
    error: new SixgateError(said.code, said.sentence, { hint: said.hint, path: formatPath(place) }),
    steps: place,
    target: said.target ?? 'value',
  };
}

function lastWord(steps: readonly PathStep[]): string {
  const index = steps.findLastIndex((step) => typeof step === 'string');
  if (index < 0) return 'the document';
  return index === steps.length - 1 ? (steps[index] as string) : `an item of ${steps[index] as string}`;
}

const sentences: Readonly<Record<string, (context: Context) => Said>> = {
  additionalProperties: ({ params, schema, where }) => {
    const key = String(params.additionalProperty);
    const keys = Object.keys((schema.properties as object | undefined) ?? {});
    const near = suggest(key, keys);
    let hint = near === undefined ? `Keys here: ${keys.join(', ')}` : `Did you mean ${near}?`;
    if (key === '<<') hint = 'YAML 1.2 has no merge keys: write the keys out';
    return { code: 'CONFIG_UNKNOWN_KEY', sentence: `Unknown key ${key} in ${where}`, hint, below: key, target: 'key' };
  },
  propertyNames: ({ params, schema, where }) => {
    const key = String(params.propertyName);
    const names = schema.propertyNames as { errorMessage?: string } | undefined;
    return {
      code: 'CONFIG_NAME',
      sentence: `"${key}" is no name in ${where}`,
      hint: names?.errorMessage,
      below: key,
      target: 'key',
    };
  },
  required: ({ params, schema, where, steps }) => {
    const key = String(params.missingProperty);
    const properties = schema.properties as Record<string, { description?: string; examples?: unknown[] }> | undefined;
    const example = properties?.[key]?.examples?.[0];
    const subject = steps.length === 0 ? 'The document' : where;
    return {
      code: 'CONFIG_MISSING_KEY',
      sentence: `${subject} has no ${key}`,
      hint: example === undefined ? `Write ${key}: …` : `Write ${key}, such as ${key}: ${flow(example)}`,
    };
  },
  type: sayType,
  enum: ({ data, word, schema }) => {
    const allowed = (schema.enum as unknown[]).map(String);
    const near = suggest(String(data), allowed);
    const hint = near === undefined ? `Write ${orList(allowed)}` : `Did you mean ${near}?`;
    return { code: 'CONFIG_VALUE', sentence: `${flow(data)} is no value of ${word}`, hint };
  },
  const: ({ data, word, schema }) => ({
    code: 'CONFIG_VALUE',
    sentence: `${flow(data)} is no value of ${word}`,
    hint: `Write ${flow(schema.const)}`,
  }),
  minimum: sayRange,
  maximum: sayRange,
  minItems: ({ word }) => ({
    code: 'CONFIG_VALUE',
    sentence: `${word} is an empty list`,
    hint: 'Write at least one item',
  }),
  maxItems: ({ params, data, word }) => ({
    code: 'CONFIG_VALUE',
    sentence: `${word} has ${(data as unknown[]).length} items`,
    hint: `Write at most ${Number(params.limit)}`,
  }),
  uniqueItems: ({ params, data, word }) => ({
    code: 'CONFIG_VALUE',
    sentence: `${flow((data as unknown[])[Number(params.i)])} stands twice in ${word}`,
    hint: 'Leave one of them out',
  }),
  pattern: ({ data, word, schema }) => ({
    code: 'CONFIG_VALUE',
    sentence: `"${String(data)}" is no value of ${word}`,
    hint: schema.errorMessage as string | undefined,
  }),
  format: (context) => {
    const { data, schema } = context;
    const format = textFormats.find(({ name }) => name === schema.format);
    return format === undefined ? other(context) : sayFormat(format, String(data));
  },
  anyOf: ({ data, word, schema }) => ({
    code: 'CONFIG_TYPE',
    sentence: data === null ? `${word} is empty` : `${flow(data)} is no value of ${word}`,
    hint: `Write ${typeText(schema)}`,
  }),
};

function other({ failure, word }: Context): Said {
  return { code: 'CONFIG_VALUE', sentence: `${word} ${failure.message ?? 'is not right'}` };
}

function sayFormat(format: TextFormat, text: string): Said {
  return {
    code: 'CONFIG_FORMAT',
    sentence: format.why?.(text) ?? `"${text}" is not ${format.noun}`,
    hint: format.right,
  };
}

function sayRange({ data, word, schema }: Context): Said {
  const { minimum, maximum } = schema;
  const hint = minimum !== undefined && maximum !== undefined ? `${String(minimum)} to ${String(maximum)}` : undefined;
  return {
    code: 'CONFIG_RANGE',
    sentence: `${String(data)} is out of range for ${word}`,
    hint: hint && `Write ${hint}`,
  };
}

function sayType({ data, word, params, schema, written }: Context): Said {
  const wanted = String(params.type);
  const code = 'CONFIG_TYPE';
  if (data === null) {
    return {
      code: 'CONFIG_EMPTY',
      sentence: `${word} is empty`,
      hint: `Write ${article(wanted, schema)}, or leave the key out`,
    };
  }
  if (wanted === 'string' && (typeof data === 'number' || typeof data === 'boolean')) {
    const text = written ?? String(data);
    const format = textFormats.find(({ name }) => name === schema.format);
    if (format !== undefined && !format.valid(text)) return sayFormat(format, text);
    const kind = typeof data === 'number' ? 'a number' : 'yes or no';
    return { code, sentence: `YAML reads ${text} as ${kind}, and ${word} is a text`, hint: `Quote it: "${text}"` };
  }
  const colon = wanted === 'string' ? colonKey(data) : undefined;
  if (colon !== undefined) {
    return {
      code,
      sentence: `YAML reads ${colon} as a key, because it ends with a colon`,
      hint: `Quote it: "${colon}"`,
    };
  }
  if (wanted === 'integer' && typeof data === 'string' && /^\d+$/.test(data)) {
    return { code, sentence: `${word} is a number, and "${data}" is a text`, hint: `Write ${data} without quotes` };
  }
  if (wanted === 'array' && (typeof data !== 'object' || data === null)) {
    return { code, sentence: `${word} is a list`, hint: `Write [${flow(data)}]` };
  }
  if (wanted === 'array' && (schema.items as { type?: string } | undefined)?.type === 'object') {
    return { code, sentence: `${word} is a list`, hint: 'Put "- " before its first key, or write [{…}]' };
  }
  return { code, sentence: `${word} is ${article(wanted, schema)}, not ${kindOf(data)}`, hint: exampleOf(schema) };
}

/** `[2001:db8::]` is read as a map with the key `2001:db8:` and no value. */
function colonKey(data: unknown): string | undefined {
  if (typeof data !== 'object' || data === null || Array.isArray(data)) return undefined;
  const [[key, value] = ['', ''], ...more] = Object.entries(data);
  return more.length === 0 && value === null && key.includes(':') ? `${key}:` : undefined;
}

function exampleOf(schema: Record<string, unknown>): string | undefined {
  const [example] = (schema.examples as unknown[] | undefined) ?? [];
  return example === undefined ? undefined : `Write something such as ${flow(example)}`;
}

function article(type: string, schema: Record<string, unknown>): string {
  if (type === 'integer') return 'a whole number';
  if (type === 'array') return 'a list';
  if (type === 'object') return schema.properties === undefined ? 'a map of names' : 'a map of keys';
  return type === 'string' ? 'a text' : `a ${type}`;
}

function kindOf(data: unknown): string {
  if (Array.isArray(data)) return 'a list';
  if (typeof data === 'object') return 'a map';
  return typeof data === 'string' ? `the text "${shorten(data)}"` : String(data);
}

function orList(words: readonly string[]): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} or ${words.at(-1) as string}`;
}

function shorten(text: string): string {
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}

/** A value as one line of YAML, shortened. */
export function flow(value: unknown): string {
  return shorten(flowText(value));
}

/** A value as one line of YAML. */
export function flowText(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(flowText).join(', ')}]`;
  if (typeof value === 'object' && value !== null) {
    return `{${Object.entries(value)
      .map(([key, child]) => `${key}: ${flowText(child)}`)
      .join(', ')}}`;
  }
  return typeof value === 'string' && needsQuotes(value) ? JSON.stringify(value) : String(value);
}

/** Texts that YAML would read as something else when they stand bare. */
function needsQuotes(text: string): boolean {
  if (text === '' || /^[\s\-?:,[\]{}#&*!|>'"%@`]|[,[\]{}]|: |:$| #|\s$/.test(text)) return true;
  return /^(true|false|null|~|[-+]?(\.\d+|\d+(\.\d*)?)(e[-+]?\d+)?|0x[\da-f]+|0o[0-7]+|[-+]?\.(inf|nan))$/i.test(text);
}
