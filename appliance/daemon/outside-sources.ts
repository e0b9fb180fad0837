import type { DataPath } from '../dataplane/datapath.ts';
import { maps, PortRole } from '../dataplane/layout.gen.ts';

/** Addresses that ICMP errors to clients behind a tunnel come from. */
export interface OutsideSources {
  readonly addr4?: Uint8Array;
  readonly addr6?: Uint8Array;
}

/** Of each family the address of the first outside port that has one: their packets would have passed it. */
export function outsideSources(dataPath: DataPath): OutsideSources {
  const ports = [...dataPath.map(maps.sgPorts).entries()].map(([, port]) => port);
  const outside = ports.filter(({ role, table }) => role & PortRole.ROLE_OUTSIDE && table === 0);
  outside.sort((a, b) => a.number - b.number);
  const addr4 = outside.find((port) => port.addr4 !== 0)?.addr4;
  const addr6 = outside.find((port) => port.addr6.some((word) => word !== 0))?.addr6;
  return {
    ...(addr4 === undefined ? {} : { addr4: bytesOf([addr4]) }),
    ...(addr6 === undefined ? {} : { addr6: bytesOf(addr6) }),
  };
}

function bytesOf(words: readonly number[]): Uint8Array {
  const view = new DataView(new ArrayBuffer(4 * words.length));
  for (const [at, word] of words.entries()) view.setUint32(4 * at, word);
  return new Uint8Array(view.buffer);
}
