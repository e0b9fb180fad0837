import { decodeText, readDocument } from '../../config/text.ts';
import type { ConfigDocument } from '../../contract/api.ts';
import { ConfigErrors } from '../../model/errors.ts';

/**
 * Reads the document that a command names.
 * @param path as it was typed; `-` is standard input
 * @throws ConfigErrors if it is no text, or cannot be read
 */
export function readFileArgument(path: string): ConfigDocument & { readonly file: string } {
  const bytes = readDocument(path === '-' ? '/dev/stdin' : path);
  if (!bytes.ok) throw new ConfigErrors([bytes.error]);
  const text = decodeText(bytes.value, path);
  if (!text.ok) throw new ConfigErrors([text.error]);
  return { text: text.value, file: path };
}
