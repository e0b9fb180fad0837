import type { ConfigWith } from '../../contract/feature.ts';
import { compareBytes } from '../../model/address.ts';
import { parseAddressSet } from '../../model/address-set.ts';
import { type Endpoint, formatEndpoint, parseEndpoint } from '../../model/endpoint.ts';
import type { SixgateError } from '../../model/errors.ts';
import { formatPath, type PathStep } from '../../model/path.ts';
import { formatPortRange, type PortRange, parsePortRange } from '../../model/ports.ts';
import { checkPlace } from './check-policies.ts';
import { egressError } from './errors.ts';
import { EGRESS_DEFAULTS, type EgressConfig, type ForwardConfig, MAX_FORWARDS, type PoolConfig } from './schema.ts';

type Document = ConfigWith<'egress', EgressConfig>;

/** Rules of `egress.forwards` beyond its schema. */
export function checkForwards(config: Document, egress: EgressConfig): SixgateError[] {
  const forwards = egress.forwards ?? [];
  if (forwards.length > MAX_FORWARDS) {
    const sentence = `There are ${forwards.length} forwards`;
    return [
      egressError('EGRESS_FORWARDS', ['forwards', MAX_FORWARDS], sentence, `One gateway has at most ${MAX_FORWARDS}`),
    ];
  }
  const errors = forwards.flatMap((forward, i) => [
    ...checkForward(egress, ['forwards', i], forward),
    ...checkPlace(config, ['forwards', i], forward),
  ]);
  return [...errors, ...checkTwice(forwards)];
}

function checkForward(egress: EgressConfig, at: readonly PathStep[], forward: ForwardConfig): SixgateError[] {
  const outside = parseEndpoint(forward.outside);
  const inside = parseEndpoint(forward.inside);
  if (outside === undefined || inside === undefined) return [];
  const errors = checkOutside(egress, [...at, 'outside'], forward.outside, outside);
  if (inside.address.length !== outside.address.length) {
    const sentence = `${forward.outside} and ${forward.inside} are of two families`;
    errors.push(egressError('EGRESS_FORWARD_FAMILY', [...at, 'inside'], sentence, 'A forward keeps the family'));
  }
  if (!isHost(inside.address)) {
    const sentence = `${forward.inside} is no address that a host can have`;
    errors.push(
      egressError('EGRESS_FORWARD_INSIDE', [...at, 'inside'], sentence, 'Write the address of the inside host'),
    );
  }
  return errors;
}

function checkOutside(egress: EgressConfig, at: readonly PathStep[], text: string, outside: Endpoint): SixgateError[] {
  const found = Object.entries(egress.pools).find(([, pool]) =>
    pool.addresses.some((set) => within(set, outside.address)),
  );
  if (found === undefined) {
    const hint = 'Add the address to a pool, which then has it for its sessions too';
    return [egressError('EGRESS_FORWARD_ADDRESS', at, `${text} is in no pool of egress`, hint)];
  }
  const [name, pool] = found;
  const ports = portsOf(pool);
  if (outside.port < ports.first || outside.port > ports.last) return [];
  const hint = `Sessions get ${formatPortRange(ports)} of pool ${name}: take another port, or give the pool fewer ports`;
  return [egressError('EGRESS_FORWARD_PORT', at, `${text} may be taken by a session`, hint)];
}

function portsOf(pool: PoolConfig): PortRange {
  return parsePortRange(pool.ports ?? EGRESS_DEFAULTS.ports) as PortRange;
}

function within(text: string, address: Uint8Array): boolean {
  const set = parseAddressSet(text);
  if (set === undefined || set.first.length !== address.length) return false;
  return compareBytes(set.first, address) <= 0 && compareBytes(address, set.last) <= 0;
}

function isHost(address: Uint8Array): boolean {
  const [first = 0, second = 0] = address;
  if (address.length === 4) return first !== 0 && first !== 127 && first < 224;
  const linkLocal = first === 0xfe && (second & 0xc0) === 0x80;
  return first !== 0xff && !linkLocal && address.some((byte, i) => byte !== 0 && (i < 15 || byte !== 1));
}

function checkTwice(forwards: readonly ForwardConfig[]): SixgateError[] {
  const seen = new Map<string, number>();
  return forwards.flatMap(({ outside, proto }, i) => {
    const endpoint = parseEndpoint(outside);
    if (endpoint === undefined) return [];
    const text = formatEndpoint(endpoint);
    const other = seen.get(`${proto} ${text}`);
    if (other === undefined) {
      seen.set(`${proto} ${text}`, i);
      return [];
    }
    const otherPath = formatPath(['egress', 'forwards', other, 'outside']);
    const sentence = `${proto} ${text} is forwarded already`;
    return [
      egressError('EGRESS_FORWARD_DUPLICATE', ['forwards', i, 'outside'], sentence, 'Leave one of them out', {
        otherPath,
      }),
    ];
  });
}
