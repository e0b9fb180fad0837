import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js';
import type { TSchema } from 'typebox';
import { textFormats } from '../contract/formats.ts';
import type { PathStep } from '../model/path.ts';
import { type Finding, say } from './sentences.ts';

/** Checks values against one schema and says in our words what is wrong. */
export class Validator {
  readonly #validate: ValidateFunction;

  constructor(schema: TSchema) {
    const ajv = new Ajv2020({ allErrors: true, verbose: true, strict: true, strictTypes: false });
    ajv.addKeyword('errorMessage');
    for (const { name, valid } of textFormats) ajv.addFormat(name, valid);
    this.#validate = ajv.compile(schema);
  }

  /**
   * Everything that does not fit, each fault once.
   * @param source how a scalar is written in the text, by path
   */
  findings(value: unknown, source: (steps: readonly PathStep[]) => string | undefined = () => undefined): Finding[] {
    if (this.#validate(value)) return [];
    return relevant(this.#validate.errors ?? []).map((failure) => {
      const steps = stepsOf(value, failure.instancePath);
      const scalar = typeof failure.data !== 'object' || failure.data === null;
      return say(failure, steps, scalar ? source(steps) : undefined);
    });
  }
}

/**
 * Drops what only repeats another failure: the inner failures of `propertyNames`, the type of what is none of a few
 * words anyhow, and those branches of `anyOf` whose
 * type the value has not; if it has the type of one branch, what that branch says stands for the whole.
 */
function relevant(failures: readonly ErrorObject[]): ErrorObject[] {
  let kept = failures.filter(({ propertyName }) => propertyName === undefined);
  const enums = new Set(kept.filter(({ keyword }) => keyword === 'enum').map(({ instancePath }) => instancePath));
  kept = kept.filter(({ keyword, instancePath, data }) =>
    enums.has(instancePath) ? keyword !== (data === null ? 'enum' : 'type') : true,
  );
  for (const union of failures.filter(({ keyword }) => keyword === 'anyOf')) {
    const branches = union.schema as { type?: string }[];
    const fits = branches.findIndex(({ type }) => hasType(union.data, type));
    const inside = `${union.schemaPath}/`;
    kept = kept.filter((failure) => {
      if (failure === union) return fits < 0;
      const below =
        failure.instancePath === union.instancePath || failure.instancePath.startsWith(`${union.instancePath}/`);
      if (!below || !failure.schemaPath.startsWith(inside)) return true;
      return failure.schemaPath.startsWith(`${inside}${fits}/`);
    });
  }
  return kept;
}

function hasType(data: unknown, type: string | undefined): boolean {
  if (type === 'array') return Array.isArray(data);
  if (type === 'integer') return Number.isInteger(data);
  return type === 'object' ? typeof data === 'object' && data !== null && !Array.isArray(data) : typeof data === type;
}

/** JSON Pointer (RFC 6901) → steps; digits are indices only where the value is a list. */
function stepsOf(value: unknown, pointer: string): PathStep[] {
  const steps: PathStep[] = [];
  let node = value;
  for (const token of pointer.split('/').slice(1)) {
    const key = token.replaceAll('~1', '/').replaceAll('~0', '~');
    steps.push(Array.isArray(node) ? Number(key) : key);
    node = (node as Record<string, unknown>)[key];
  }
  return steps;
}
