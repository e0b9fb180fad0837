import { spawn } from 'node:child_process';
import { cpus } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { maps, SessionLife } from '../../appliance/dataplane/layout.gen.ts';
import { type Device, PacketGateway } from '../kit/datapath.ts';
import { assert, suite } from '../kit/suite.ts';

const sender = join(dirname(fileURLToPath(import.meta.url)), 'two-cpus/sender.js');
const PIN = '/sys/fs/bpf/sixgate/packets/progs/gateway';
const FLOWS = 10_000;

const devices: readonly Device[] = [
  { name: 'lan', mac: '02:00:00:00:00:01', neighbours: { '2001:db8:1::2': '02:00:00:00:00:02' } },
  { name: 'uplink', mac: '02:00:00:00:00:03', neighbours: { '198.51.100.1': '02:00:00:00:00:04' } },
];
const config = `version: 1
interfaces:
  lan: {device: lan, role: inside, addresses: ["2001:db8:1::1/64"]}
  uplink: {device: uplink, role: outside, addresses: [198.51.100.2/24]}
nat64:
  main:
    pool6: 64:ff9b::/96
    pool4: [{addresses: 198.51.100.10}]
    limits: {sessions: 65536}
`;

function send(cpu: number, ifindex: number, startMs: number): Promise<number> {
  const args = ['-c', String(cpu), process.execPath, sender, PIN, String(ifindex), String(FLOWS), String(startMs)];
  const child = spawn('taskset', args, { stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    output += chunk;
  });
  return new Promise((done) => child.on('close', () => done(Number(output))));
}

const test = suite('two CPUs');

test('the same first packets at once make each session, BIB entry and port once', async () => {
  const gateway = await PacketGateway.open(config, devices, { sessions: 65_536 });
  const { ifindex } = gateway.port('lan');
  const startMs = Date.now() + 1_000;
  const redirected = await Promise.all([0, 1].map((n) => send(n % cpus().length, ifindex, startMs)));

  const core = gateway.dataPath.map(maps.sgCore).lookup(0);
  assert.is(Number(core?.sessions), FLOWS);
  assert.is(Number(core?.bibs), FLOWS);
  for (const map of [maps.sgIndex4, maps.sgIndex6, maps.sgBibIn])
    assert.is([...gateway.dataPath.map<unknown, unknown>(map as never).keys()].length, FLOWS, map.name);

  // Every packet was forwarded, or lost a race and was dropped under its name: a retransmission passes.
  const lost = gateway.counters('lan').dropped.session_race ?? 0;
  assert.is(redirected.reduce((sum, count) => sum + count, 0) + lost, 2 * FLOWS);
  assert.is(gateway.unaccounted(), 0);

  // No two living sessions have the same outside port.
  const sessions = gateway.dataPath.map(maps.sgSess);
  const ports = new Set<number>();
  for (let number = 1; number <= (core?.nextSession ?? 0); number += 1) {
    const slot = sessions.lookup(number);
    if (slot?.life === SessionLife.LIFE_LIVE) ports.add(slot.out.sport);
  }
  assert.is(ports.size, FLOWS);
});

test.run();
