/** A place in a text; line and column count from 1, columns in UTF-16 units as editors do. */
export interface Position {
  readonly file?: string;
  readonly line: number;
  readonly column: number;
  readonly path?: string;
}

/**
 * Kinds of errors that callers treat apart. `missing-interface`: the document is right, but a device that it names is
 * not there (yet). That refuses a validate or an apply; a daemon that starts waits for the device instead.
 */
export type ErrorKind = 'missing-interface';

export interface ErrorOptions {
  /** What would be right, or what to type next. */
  readonly hint?: string | undefined;
  readonly at?: Position | undefined;
  /** Path in the configuration (model/path.ts); the loader turns it into a position. */
  readonly path?: string | undefined;
  /** Path of the other party of a conflict; the loader adds its line to the sentence. */
  readonly otherPath?: string | undefined;
  readonly kind?: ErrorKind | undefined;
  readonly cause?: unknown;
}

/** RFC 9457 problem details, with our own members beside the registered ones. */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly detail: string;
  readonly code: string;
  readonly hint?: string;
  readonly at?: Position;
  readonly path?: string;
  readonly otherPath?: string;
  readonly kind?: ErrorKind;
  readonly errors?: readonly Problem[];
}

/** The one error type that users see: a code, a sentence, a place and a hint. */
export class SixgateError extends Error {
  readonly code: string;
  declare readonly hint?: string;
  declare readonly at?: Position;
  declare readonly path?: string;
  declare readonly otherPath?: string;
  declare readonly kind?: ErrorKind;

  /**
   * @param code stable, upper case, the feature's word first: `NAT64_POOL_OVERLAP`
   * @param sentence what is wrong
   * @param options place and what would be right
   */
  constructor(code: string, sentence: string, options: ErrorOptions = {}) {
    super(sentence, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'SixgateError';
    this.code = code;
    if (options.hint !== undefined) this.hint = options.hint;
    if (options.at !== undefined) this.at = options.at;
    if (options.path !== undefined) this.path = options.path;
    if (options.otherPath !== undefined) this.otherPath = options.otherPath;
    if (options.kind !== undefined) this.kind = options.kind;
  }

  /** `file:line:col  CODE  sentence. what would be right.`; without a position the path stands in its place. */
  override toString(): string {
    const text = [this.message, this.hint]
      .filter((part) => part !== undefined && part !== '')
      .map((part) => stop(part as string));
    return [placeOf(this), this.code, text.join(' ')].filter((part) => part !== '').join('  ');
  }

  /** The RFC 9457 form, which `fromProblem` reads back. */
  toJSON(): Problem {
    return {
      type: `urn:sixgate:error:${this.code.toLowerCase().replaceAll('_', '-')}`,
      title: this.code,
      detail: this.message,
      code: this.code,
      ...(this.hint === undefined ? {} : { hint: this.hint }),
      ...(this.at === undefined ? {} : { at: this.at }),
      ...(this.path === undefined ? {} : { path: this.path }),
      ...(this.otherPath === undefined ? {} : { otherPath: this.otherPath }),
      ...(this.kind === undefined ? {} : { kind: this.kind }),
    };
  }

  /** The error again from what `toJSON` gave: from a worker, or from the API. */
  static fromProblem(problem: Problem): SixgateError {
    if (problem.errors !== undefined) return new ConfigErrors(problem.errors.map(SixgateError.fromProblem));
    return new SixgateError(problem.code, problem.detail, problem);
  }
}

/** Everything that is wrong with one document, in the order of its lines. Never empty. */
export class ConfigErrors extends SixgateError {
  readonly errors: readonly SixgateError[];

  constructor(errors: readonly SixgateError[]) {
    const first = errors[0];
    const count = errors.length === 1 ? '1 error' : `${errors.length} errors`;
    super('CONFIG_INVALID', `The configuration has ${count}`, { at: first?.at });
    this.name = 'ConfigErrors';
    this.errors = errors;
  }

  /** One line an error. */
  override toString(): string {
    return this.errors.map((error) => error.toString()).join('\n');
  }

  override toJSON(): Problem {
    return { ...super.toJSON(), errors: this.errors.map((error) => error.toJSON()) };
  }
}

function placeOf(error: SixgateError): string {
  const { at } = error;
  if (at === undefined) return error.path ?? '';
  return `${at.file === undefined ? '' : `${at.file}:`}${at.line}:${at.column}`;
}

function stop(sentence: string): string {
  return /[.!?]$/.test(sentence) ? sentence : `${sentence}.`;
}
