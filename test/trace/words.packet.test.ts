/**
 * What traces say, in a world that has everything.
 *
 *     client 2001:db8:1::2, 10.1.0.2 --- lan |         | uplink --- 198.51.100.1
 *     node 10.1.7.2 of slot prod-a ------+   | gateway | core ----- 2001:db8:c0::2, the SR domain
 */
import { readFileSync } from 'node:fs';
import type { TraceReply } from '../../appliance/contract/api-trace.ts';
import { maps } from '../../appliance/dataplane/layout.gen.ts';
import { parseMac } from '../../appliance/model/address.ts';
import { encodePacket, frameOf } from '../../appliance/trace/frame.ts';
import { parsePacket } from '../../appliance/trace/parse.ts';
import { trace } from '../../appliance/trace/trace.ts';
import type { TraceNames } from '../../appliance/trace/view.ts';
import { type Device, PacketGateway } from '../kit/datapath.ts';
import { assert, seen, suite } from '../kit/suite.ts';
import { runTraced } from '../kit/traced.ts';

const devices: readonly Device[] = [
  {
    name: 'lan',
    mac: '02:00:00:00:00:01',
    neighbours: {
      '2001:db8:1::2': '02:00:00:00:00:02',
      '10.1.0.2': '02:00:00:00:00:02',
      '10.1.7.2': '02:00:00:00:00:07',
    },
  },
  { name: 'uplink', mac: '02:00:00:00:00:03', neighbours: { '198.51.100.1': '02:00:00:00:00:04' } },
  { name: 'core', mac: '02:00:00:00:00:05', mtu: 1504, neighbours: { '2001:db8:c0::2': '02:00:00:00:00:06' } },
];

const config = `version: 1
interfaces:
  lan: {device: lan, role: inside, addresses: ["2001:db8:1::1/64", 10.1.0.1/16]}
  uplink: {device: uplink, role: outside, addresses: [198.51.100.2/24]}
  core: {device: core, role: core, addresses: ["2001:db8:c0::1/64"]}
routes:
  - {to: default, via: 198.51.100.1}
  - {to: "fcbb:bb00::/32", via: 2001:db8:c0::2}
nat64:
  main:
    pool6: 64:ff9b::/96
    pool4: [{addresses: 198.51.100.10, ports: 2000-2000}]
    limits: {sessions: 512}
srv6:
  source: 2001:db8:c0::1
  locators: {edge: {prefix: "fcbb:bb00:a1::/48"}}
  filter: {domain: ["fcbb:bb00::/32"]}
  sids:
    - {sid: "fcbb:bb00:a1:46::", behavior: End.DT46}
    - {sid: "fcbb:bb00:a1:1::", behavior: End}
  policies:
    dc2: {encapsulation: H.Encaps, segmentLists: [{segments: ["fcbb:bb00:c1::", "fcbb:bb00:d2:1::"]}]}
    far: {segmentLists: [{segments: ["fcbb:bb00:1::", "fcbb:bb00:2::", "fcbb:bb00:3::", "fcbb:bb00:4::", "fcbb:bb00:5::", "fcbb:bb00:6::", "fcbb:bb00:7::", "fcbb:bb00:8::", "fcbb:bb00:9::", "fcbb:bb00:a::", "fcbb:bb00:b::", "fcbb:bb00:c::"]}]}
  steering: [{to: 10.2.0.0/16, policy: dc2}, {to: 10.3.0.0/16, policy: far}]
vxlan:
  prod-a: {address: 10.1.0.1, nodes: [10.1.7.2/31]}
egress:
  limits: {sessions: 512}
  pools: {blue: {addresses: [203.0.113.100], ports: 3000-3000}}
  forwards: [{proto: tcp, outside: "203.0.113.100:22", inside: "10.1.0.2:22"}]
  policies:
    pods: {slot: prod-a, sources: [10.8.0.0/16], destinations: [198.51.100.0/24], pool: blue}
    vms: {sources: [10.1.0.0/16], destinations: [0.0.0.0/0], excluded: [10.0.0.0/8], pool: blue}
`;

const names: TraceNames = {
  port: (number) => gateway.nameOf(number),
  instance: (feature) => (feature === 'nat64' ? 'main' : 'blue'),
  policy: (number) => `p${number}`,
  table: () => 'prod-a',
};

let gateway: PacketGateway;
const test = suite('trace: words');
test.before(async () => {
  gateway = await PacketGateway.open(config, devices);
});
test.before.each(() => gateway.reset());

function ask(port: string, packet: string, hex = false): TraceReply {
  const ports = new Map(devices.map(({ name }) => [name, gateway.port(name).number]));
  return trace(gateway.dataPath, { in: port, packet, hex }, { names, ports, revision: 3 });
}

/** One line a stage; what becomes of it at the end. The same packet is sent then, and must come to the same. */
function told(port: string, packet: string): string[] {
  const { steps, result } = ask(port, packet);
  send(port, packet);
  const { verdict, reason, port: out, packet: leaves, length } = result;
  const end = [verdict, reason, out, leaves, length].filter((part) => part !== undefined).join(' ');
  const lines = steps.map((step) => `${step.stage} ${step.lines.join(' | ')}`.replace(/session \d+/, 'session N'));
  return [...lines, `= ${end}`];
}

function send(port: string, packet: string): void {
  const mac = devices.find(({ name }) => name === port)?.mac ?? '';
  const link = { destination: parseMac(mac) as Uint8Array, source: Uint8Array.of(2, 0, 0, 0, 0, 9) };
  runTraced(gateway, frameOf(encodePacket(parsePacket(packet)), link), port, packet);
}

/** Packets one after the other, and what is told of each. */
interface Story {
  readonly name: string;
  readonly packets: { readonly port: string; readonly packet: string; readonly told: string[] }[];
}

/** Reads stories.txt. */
function readStories(): Story[] {
  const stories: Story[] = [];
  for (const line of readFileSync('test/trace/stories.txt', 'utf8').split('\n')) {
    const [, name] = /^story (.*)/.exec(line) ?? [];
    if (name !== undefined) stories.push({ name, packets: [] });
    const [, port = '', packet = ''] = /^in (\S+) {2}(.*)/.exec(line) ?? [];
    if (packet !== '') stories.at(-1)?.packets.push({ port, packet, told: [] });
    if (line.startsWith('  ')) stories.at(-1)?.packets.at(-1)?.told.push(line.trim());
  }
  return stories;
}

test.each(
  readStories(),
  ({ name }) => name,
  ({ packets }) => {
    assert.ok(packets.length > 1);
    for (const { port, packet, told: lines } of packets) assert.equal(told(port, packet), lines);
  },
);

test('both packets in hexadecimal digits, the one that leaves if there is one', () => {
  const packet = 'udp 198.51.100.1:1 > 198.51.100.10:2001';
  const digits = Buffer.from(encodePacket(parsePacket(packet))).toString('hex');
  assert.equal(ask('uplink', packet, true).hex, { in: digits });
  const passed = ask('lan', 'icmp echo 10.1.0.2 > 10.2.0.9', true).hex;
  assert.match(passed?.out ?? '', /^6[0-9a-f]+$/);
});

function isNoInterface(error: unknown): boolean {
  seen('error', 'TRACE_INTERFACE');
  const sentence = 'No packet comes in by an interface nowhere. Interfaces: lan, uplink, core.';
  return String(error) === `TRACE_INTERFACE  ${sentence}`;
}

test('an interface by which no packet comes in', () => {
  assert.throws(() => ask('nowhere', 'icmp echo ::1 > ::2'), isNoInterface);
});

test('the table of sessions is full: a new one would not be made', () => {
  const packet = 'udp [2001:db8:1::2]:7 > [64:ff9b::198.51.100.1]:7';
  assert.is(ask('lan', packet).result.verdict, 'forward');
  const core = gateway.dataPath.map(maps.sgCore);
  const before = core.lookup(0);
  if (before === undefined) throw new Error('no state of the core');
  core.update(0, { ...before, nextSession: gateway.dataPath.map(maps.sgSess).info.maxEntries });
  const full = ask('lan', packet).result;
  core.update(0, before);
  assert.equal([full.verdict, full.reason], ['drop', 'session_full']);
});

test.run();
