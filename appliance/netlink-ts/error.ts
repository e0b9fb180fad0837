/** What the kernel refuses, and how this package fails by itself. */
import { constants } from 'node:os';

const errnoNames = new Map(Object.entries(constants.errno).map(([name, errno]) => [errno, name]));

/** `EEXIST` for 17; numbers without a name give `errno 524`. */
export function errnoName(errno: number): string {
  return errnoNames.get(errno) ?? `errno ${errno}`;
}

/** More than the number: where the kernel's sentence came from, and the cause. */
export interface NetlinkErrorOptions {
  /** Sentence of the kernel, NLMSGERR_ATTR_MSG. */
  readonly extAck?: string | undefined;
  /** Type of the attribute that the kernel misses, NLMSGERR_ATTR_MISS_TYPE. */
  readonly missingAttribute?: number | undefined;
}

/**
 * A request failed. `code` is the errno's name (`EEXIST`), or one of this package's own:
 *
 * - `RESYNC` (errno ENOBUFS): replies were lost, it is unknown whether the request was done; look again, then repeat
 * - `DUMP_INTERRUPTED` (errno EINTR): the table changed during each of several readings
 * - `CLOSED` (errno ECANCELED): the socket was closed while the request was under way
 */
export class NetlinkError extends Error {
  readonly errno: number;
  readonly code: string;
  readonly extAck?: string;
  readonly missingAttribute?: number;

  constructor(what: string, errno: number, code: string = errnoName(errno), options: NetlinkErrorOptions = {}) {
    super(`${what}: ${code}${options.extAck === undefined ? '' : `: ${options.extAck}`}`);
    this.name = 'NetlinkError';
    this.errno = errno;
    this.code = code;
    if (options.extAck !== undefined) this.extAck = options.extAck;
    if (options.missingAttribute !== undefined) this.missingAttribute = options.missingAttribute;
  }
}

/** Turns a rejection with one of these codes into `value`; any other goes on. */
export async function unless<T>(promise: Promise<T>, codes: readonly string[], value: T): Promise<T> {
  try {
    return await promise;
  } catch (error) {
    if (error instanceof NetlinkError && codes.includes(error.code)) return value;
    throw error;
  }
}
