import { InvalidArgumentError, Option } from 'commander';
import { textFormats } from '../../contract/formats.ts';

/** An option whose value has one of the text forms of the contract. */
export function withFormat(flags: string, description: string, name: string): Option {
  const format = textFormats.find((one) => one.name === name);
  return new Option(flags, description).argParser((text: string) => {
    if (format === undefined || format.valid(text)) return text;
    const why = format.why?.(text);
    throw new InvalidArgumentError(`${why === undefined ? '' : `${why}. `}${format.right}.`);
  });
}
