/**
 * Where packets come in from: a port, or out of a tunnel. The data path has one bit for each (bpf/layout/port.h: enum
 * side), so that features can say from where they take packets.
 */

/** Words for what comes out of tunnels, beside the names of ports; no interface can be called so. */
export const TUNNEL_SIDES = { '<vxlan>': 62, '<srv6>': 63 } as const;
export type TunnelSide = keyof typeof TUNNEL_SIDES;

/**
 * The mask of some sides.
 * @param names of ports, or keys of TUNNEL_SIDES
 * @param numbers of the ports by name; a port without a number is not there (yet)
 */
export function sideMask(names: readonly string[], numbers: ReadonlyMap<string, number>): bigint {
  return names.reduce((bits, name) => {
    const number = Object.hasOwn(TUNNEL_SIDES, name) ? TUNNEL_SIDES[name as TunnelSide] : numbers.get(name);
    return number === undefined ? bits : bits | (1n << BigInt(number));
  }, 0n);
}
