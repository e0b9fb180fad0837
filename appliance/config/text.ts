import { isUtf8 } from 'node:buffer';
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { type Position, SixgateError } from '../model/errors.ts';
import { fail, ok, type Result } from '../model/result.ts';

/** Largest document; ten thousand policies and as many address pairs are 1.9 MB. */
export const MAX_DOCUMENT_BYTES = 4 * 1024 * 1024;

const REASONS: Readonly<Record<string, readonly [sentence: string, hint: string]>> = {
  ENOENT: ['There is no such file', 'Look at the path'],
  EACCES: ['You may not read this file', 'Run it as root, or change the mode of the file and its directories'],
  EPERM: ['You may not read this file', 'Run it as root, or change the mode of the file and its directories'],
  EISDIR: ['This is a directory', 'Name a file in it'],
  ENOTDIR: ['A part of the path is a file, not a directory', 'Look at the path'],
  ELOOP: ['The symbolic links lead in a circle', 'Look at the links of the path'],
  ENAMETOOLONG: ['The path is too long', 'Look at the path'],
  EMFILE: ['Too many files are open', 'Raise the limit of open files'],
  EIO: ['The device has a read error', 'Look at the kernel log (dmesg)'],
};

/**
 * Reads a file, or a pipe, and never more than the largest document.
 * @returns its bytes, or an error whose file is `path`
 */
export function readDocument(path: string): Result<Uint8Array> {
  let fd: number | undefined;
  try {
    fd = openSync(path, 'r');
    if (fstatSync(fd).size > MAX_DOCUMENT_BYTES) return fail(tooLarge(path, fstatSync(fd).size));
    const bytes = readUpTo(fd, MAX_DOCUMENT_BYTES + 1);
    return bytes.length > MAX_DOCUMENT_BYTES ? fail(tooLarge(path, undefined)) : ok(bytes);
  } catch (cause) {
    const { code = 'EIO', message } = cause as NodeJS.ErrnoException;
    const [sentence, hint] = REASONS[code] ?? [`The file cannot be read: ${message}`, undefined];
    return fail(
      new SixgateError('CONFIG_UNREADABLE', `${sentence} (${code})`, {
        hint,
        at: { file: path, line: 1, column: 1 },
        cause,
      }),
    );
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}

function readUpTo(fd: number, limit: number): Uint8Array {
  const chunks: Buffer[] = [];
  let total = 0;
  while (total < limit) {
    const chunk = Buffer.alloc(Math.min(65_536, limit - total));
    const count = readSync(fd, chunk);
    if (count === 0) break;
    chunks.push(chunk.subarray(0, count));
    total += count;
  }
  return Buffer.concat(chunks);
}

/**
 * Bytes → text, after the checks that need no parser: size, UTF-8, control characters.
 * @returns the text without a byte order mark
 */
export function decodeText(source: string | Uint8Array, file: string | undefined): Result<string> {
  const bytes = typeof source === 'string' ? Buffer.from(source) : source;
  if (bytes.length > MAX_DOCUMENT_BYTES) return fail(tooLarge(file, bytes.length));
  const [a = 0, b = 0] = bytes;
  if ((a === 0xff && b === 0xfe) || (a === 0xfe && b === 0xff)) {
    return fail(
      new SixgateError('CONFIG_NOT_UTF8', 'The document is UTF-16', {
        hint: 'Save it as UTF-8',
        at: place(file, 1, 1),
      }),
    );
  }
  if (!isUtf8(bytes)) return fail(notUtf8(bytes, file));
  const text = new TextDecoder().decode(bytes);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  const control = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/.exec(text);
  if (control === null) return ok(text);
  const code = (control[0] as string).charCodeAt(0);
  const name = code === 0 ? 'a NUL byte' : `the control character 0x${code.toString(16).padStart(2, '0')}`;
  const before = text.slice(0, control.index).split('\n');
  const at = place(file, before.length, (before.at(-1)?.length ?? 0) + 1);
  return fail(
    new SixgateError('CONFIG_BINARY', `Here stands ${name}`, {
      hint: 'A configuration is a text: is this the right file?',
      at,
    }),
  );
}

/** Points at the first byte that is wrong: a newline is never a part of a longer character. */
function notUtf8(bytes: Uint8Array, file: string | undefined): SixgateError {
  let start = 0;
  let line = 1;
  for (let end = bytes.indexOf(10); end >= 0 && isUtf8(bytes.subarray(start, end)); end = bytes.indexOf(10, start)) {
    start = end + 1;
    line++;
  }
  const end = bytes.indexOf(10, start);
  const broken = new TextDecoder().decode(bytes.subarray(start, end < 0 ? undefined : end));
  const column = Math.max(broken.indexOf('\ufffd'), 0) + 1;
  return new SixgateError('CONFIG_NOT_UTF8', 'This character is not UTF-8', {
    hint: 'Save the file as UTF-8',
    at: place(file, line, column),
  });
}

function tooLarge(file: string | undefined, size: number | undefined): SixgateError {
  const megabytes = (count: number): string => `${(count / 1024 / 1024).toFixed(1)} MiB`;
  const sentence = `The document has ${size === undefined ? `more than ${megabytes(MAX_DOCUMENT_BYTES)}` : megabytes(size)}`;
  const hint = `A document has at most ${megabytes(MAX_DOCUMENT_BYTES)}: is this the right file?`;
  return new SixgateError('CONFIG_TOO_LARGE', sentence, { hint, at: place(file, 1, 1) });
}

function place(file: string | undefined, line: number, column: number): Position {
  return { ...(file === undefined ? {} : { file }), line, column };
}
