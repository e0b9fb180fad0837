/** What the package reads in captured replies is what iproute2 reads in the same bytes. */
import type { Address, Link, Neighbour, NetlinkEvent, Route, Rule, Seg6Encap } from 'netlink-ts';
import { decodeEvent, encodeRoute } from 'netlink-ts/wire';
import { assert, suite } from '../kit/suite.ts';
import { captureOf } from './captured.ts';
import { addressJson, linkJson, neighbourJson, routeJson, ruleJson } from './ip-json.ts';

function eventsOf(command: string): NetlinkEvent[] {
  const events = captureOf(command).replies.map((message) => {
    const data = Buffer.from(message);
    return decodeEvent(data.readUInt16LE(4), message.subarray(16));
  });
  return events.filter((event) => event !== undefined);
}

const links: readonly Link[] = eventsOf('ip -j -d link show').flatMap((event) =>
  event.type === 'link' ? [event.link] : [],
);
const routesOf = (command: string): Route[] =>
  eventsOf(command).flatMap((event) => (event.type === 'route' ? [event.route] : []));
const rulesOf = (command: string): Rule[] =>
  eventsOf(command).flatMap((event) => (event.type === 'rule' ? [event.rule] : []));
const neighboursOf = (command: string): Neighbour[] =>
  eventsOf(command).flatMap((event) => (event.type === 'neighbour' ? [event.neighbour] : []));
const nameOf = (index: number | undefined): string | undefined => links.find((link) => link.index === index)?.name;

const test = suite('replies as iproute2 reads them');

test('links', () => {
  assert.equal(
    links.map((link) => linkJson.ours(link, nameOf)),
    linkJson.theirs(captureOf('ip -j -d link show').printed),
  );
});

test('addresses', () => {
  const command = 'ip -j addr show dev v0';
  const addresses: Address[] = eventsOf(command).flatMap((event) => (event.type === 'address' ? [event.address] : []));
  // The kernel does not filter by device here; iproute2 does.
  const ofV0 = addresses.filter((address) => nameOf(address.index) === 'v0');
  assert.equal(ofV0.map(addressJson.ours), addressJson.theirs(captureOf(command).printed));
});

const asCommand = (command: string): string => command;

test.each(
  [
    'ip -j -d route show table 77',
    'ip -j -d route show table main',
    'ip -j -d -6 route show table 78',
    'ip -j -d -6 route show table main',
    'ip -j -d route show table 79',
    'ip -j -d -6 route show table 79',
  ],
  asCommand,
  (command) => {
    // iproute2 hides the addresses' own entries and the cached ones when it shows a table.
    const ours = routesOf(command).map((route) => routeJson.ours(route, nameOf));
    const theirs = routeJson.theirs(captureOf(command).printed);
    assert.ok(theirs.length > 0);
    assert.equal(ours, theirs);
  },
);

test.each(['ip -j -d rule show', 'ip -j -d -6 rule show'], asCommand, (command) => {
  assert.equal(rulesOf(command).map(ruleJson.ours), ruleJson.theirs(captureOf(command).printed));
});

test.each(
  ['ip -j neigh show dev v0', 'ip -j -6 neigh show dev v0', 'ip -j -6 neigh show proxy'],
  asCommand,
  (command) => {
    // iproute2 hides entries that need no resolution, multicast ones.
    const shown = neighboursOf(command).filter((neighbour) => neighbour.state !== 'noarp');
    assert.equal(shown.map(neighbourJson.ours), neighbourJson.theirs(captureOf(command).printed));
  },
);

test('attributes that this package does not know are kept', () => {
  // FRA_DPORT_MASK, newer than the iproute2 of the capture too.
  const rule = rulesOf('ip -j -d rule show').find((each) => each.priority === 102);
  assert.equal(rule?.unknown, [{ type: 29, bytes: Uint8Array.of(0xff, 0xff) }]);
  assert.ok(links.every((link) => link.unknown?.some((attribute) => attribute.type === 67)));
});

test('the key of an HMAC, which iproute2 does not show', () => {
  const [route] = routesOf('ip -j -d -6 route show table 79').filter((each) => each.destination === '2001:db8:e::/48');
  const extra = (route?.encap as Seg6Encap | undefined)?.extra;
  assert.is(extra?.flags, 8);
  // Type 5 (RFC 8754 section 2.1.2), 38 bytes, key 7.
  assert.equal([...(extra?.bytes.subarray(0, 8) ?? [])], [5, 38, 0, 0, 0, 0, 0, 7]);
});

test('an encapsulation of another kind is kept as bytes', () => {
  const other = { type: 1, attributes: Uint8Array.of(8, 0, 1, 0, 0, 16, 1, 0) };
  const body = encodeRoute({ destination: '198.18.0.0/15', index: 3, encap: other }, 'add');
  const event = decodeEvent(24, body);
  assert.equal(event?.type === 'route' ? event.route.encap : undefined, other);
});

test('a segment list that is longer than its header is refused', () => {
  const encap = { type: 'seg6', mode: 'encap', segments: ['2001:db8::1', '2001:db8::2'] } as const;
  const body = encodeRoute({ destination: '198.18.0.0/15', index: 3, encap }, 'add');
  const list = Buffer.from(body).indexOf(Uint8Array.of(0, 4, 4, 1, 1));
  for (const [at, value] of [
    [1, 2],
    [1, 9],
    [4, 2],
    [4, 255],
  ] as const) {
    const broken = body.slice();
    broken[list + at] = value;
    assert.throws(
      () => decodeEvent(24, broken),
      (error) => error instanceof RangeError,
    );
  }
});

test('a message of AF_BRIDGE about a port is no link event', () => {
  const message = captureOf('ip -j -d link show').replies[0] ?? new Uint8Array();
  const body = message.slice(16);
  assert.is(decodeEvent(17, body)?.type, 'link');
  body[0] = 7;
  assert.is(decodeEvent(17, body), undefined);
});

test('cut-off messages are refused, whatever their length', () => {
  const message = captureOf('ip -j -d link show').replies[1] ?? new Uint8Array();
  const body = message.subarray(16);
  let refused = 0;
  for (let length = 0; length < body.length; length += 1) {
    try {
      decodeEvent(16, body.subarray(0, length));
    } catch (error) {
      assert.ok(error instanceof RangeError, String(error));
      refused += 1;
    }
  }
  // A cut between two attributes, or within the head of the next, cannot be seen.
  assert.between(refused, body.length * 0.8, body.length);
});

test.run();
