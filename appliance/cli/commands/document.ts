import { decodeText, MAX_DOCUMENT_BYTES, readDocument } from '../../config/text.ts';
import type { ConfigDocument } from '../../contract/api.ts';
import { ConfigErrors } from '../../model/errors.ts';
import type { CliIo } from '../cli.ts';

/**
 * Reads the document that a command names.
 * @param path as it was typed; `-` is standard input
 * @throws ConfigErrors if it is no text, or cannot be read
 */
export async function readFileArgument(io: CliIo, path: string): Promise<ConfigDocument & { readonly file: string }> {
  const text = decodeText(path === '-' ? await readAll(io.stdin) : readFile(path), path);
  if (!text.ok) throw new ConfigErrors([text.error]);
  return { text: text.value, file: path };
}

function readFile(path: string): Uint8Array {
  const bytes = readDocument(path);
  if (!bytes.ok) throw new ConfigErrors([bytes.error]);
  return bytes.value;
}

/** Standard input may be a socket, which cannot be opened as /dev/stdin. Stops when it is too large anyhow. */
async function readAll(stdin: NodeJS.ReadStream): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  let total = 0;
  for await (const chunk of stdin as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    total += chunk.length;
    if (total > MAX_DOCUMENT_BYTES) break;
  }
  return Buffer.concat(chunks);
}
