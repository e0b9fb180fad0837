import { assert, suite } from '../../test/kit/suite.ts';
import { SidBehavior } from '../dataplane/layout.gen.ts';
import { srv6Tunnel } from '../dataplane/srv6-tunnel.ts';
import { type Prefix, parseAddress, parsePrefix } from '../model/address.ts';
import { type RulesPart, type WeightedTunnel, Writer } from './writer.ts';

const test = suite('mirror: writer');

const prefix = (text: string): Prefix => parsePrefix(text) as Prefix;
const address = (text: string): Uint8Array => parseAddress(text) as Uint8Array;
const [net, other] = [prefix('198.18.0.0/15'), prefix('2001:db8:a::/48')];

function tunnel(segment: string, weight = 1): WeightedTunnel {
  const outer = { source: address('2001:db8::1'), hopLimit: 64, dscp: 'copy' } as const;
  return { tunnel: srv6Tunnel({ ...outer, segments: [address(segment)], reduced: true }), weight };
}

const sid = (table: number) => ({
  behavior: SidBehavior.SID_END_DT6,
  flavors: 0,
  table,
  ifindex: 0,
  nh: [0, 0, 0, 0],
  nhFamily: 0,
  addr4: 0,
  addr6: [0, 0, 0, 0],
});

/** A rule set that notes what is done to it, in words. */
class Notes implements RulesPart {
  readonly said: string[] = [];
  refuse: 'own' | 'full' | undefined;

  get all(): string[] {
    return this.said.splice(0);
  }

  setTunnel(number: number): void {
    this.said.push(`tunnel ${number}`);
  }
  setSid(number: number): void {
    this.said.push(`sid ${number}`);
  }
  setSteer({ length }: Prefix, table: number, numbers: readonly number[]): boolean {
    return this.#answer(`steer /${length} ${table} ${[...new Set(numbers)].join(' ')}`);
  }
  deleteSteer({ length }: Prefix, table: number): void {
    this.said.push(`no steer /${length} ${table}`);
  }
  setSidPrefix({ length }: Prefix, number: number): boolean {
    return this.#answer(`prefix /${length} ${number}`);
  }
  deleteSidPrefix({ length }: Prefix): void {
    this.said.push(`no prefix /${length}`);
  }

  #answer(what: string): boolean {
    if (this.refuse === 'full') throw Object.assign(new Error('full'), { code: 'ENOSPC' });
    if (this.refuse === undefined) this.said.push(what);
    return this.refuse === undefined;
  }
}

test('destinations share tunnels, and saying the same again writes nothing', () => {
  const notes = new Notes();
  const writer = new Writer(notes);
  writer.setSteer(net, 0, [tunnel('fc00::1')]);
  writer.setSteer(other, 7, [tunnel('fc00::1'), tunnel('fc00::2')]);
  assert.equal(notes.all, ['tunnel 2048', 'steer /15 0 2048', 'tunnel 2049', 'steer /48 7 2048 2049']);
  writer.setSteer(other, 7, [tunnel('fc00::1'), tunnel('fc00::2')]);
  assert.equal(notes.all, []);
});

test('a change is one write, behind that of the tunnel; what was used before rests', () => {
  const notes = new Notes();
  const writer = new Writer(notes);
  writer.setSteer(net, 0, [tunnel('fc00::1')]);
  writer.setSteer(net, 0, [tunnel('fc00::2')]);
  writer.setSteer(net, 0, [tunnel('fc00::1')]);
  writer.removeSteer('0 198.18.0.0/15');
  writer.removeSteer('0 198.18.0.0/15');
  assert.equal(notes.all, [
    ...['tunnel 2048', 'steer /15 0 2048', 'tunnel 2049', 'steer /15 0 2049', 'tunnel 2050', 'steer /15 0 2050'],
    'no steer /15 0',
  ]);
});

test('the same tunnel twice in one destination is one use of it', () => {
  const notes = new Notes();
  const writer = new Writer(notes);
  writer.setSteer(net, 0, [tunnel('fc00::1'), tunnel('fc00::1')]);
  writer.setSteer(other, 0, [tunnel('fc00::1')]);
  writer.removeSteer('0 198.18.0.0/15');
  notes.all;
  writer.setSteer(net, 0, [tunnel('fc00::1')]);
  assert.equal(notes.all, ['steer /15 0 2048']);
});

test('what the configuration says stays, and a full table is told', () => {
  const notes = new Notes();
  const writer = new Writer(notes);
  notes.refuse = 'own';
  assert.is(writer.setSteer(net, 0, [tunnel('fc00::1')]), 'own');
  assert.is(writer.setSid(other, sid(0)), 'own');
  notes.refuse = 'full';
  assert.is(writer.setSteer(net, 0, [tunnel('fc00::1')]), 'full');
  assert.is(writer.setSid(other, sid(0)), 'full');
  assert.equal([writer.steered, writer.sids], [[], []]);
});

test('2048 tunnels are the most', () => {
  const writer = new Writer(new Notes());
  const destination = (at: number): Prefix => prefix(`10.${at >> 8}.${at & 255}.0/24`);
  for (let at = 0; at < 2048; at += 1)
    assert.is(writer.setSteer(destination(at), 0, [tunnel(`fc00::${at.toString(16)}`)]), 'written');
  assert.is(writer.setSteer(destination(2048), 0, [tunnel('fc00::1'), tunnel('fd00::1')]), 'full');
  assert.is(writer.setSteer(destination(2048), 0, [tunnel('fc00::1')]), 'written');
});

test('a SID that changes gets another number', () => {
  const notes = new Notes();
  const writer = new Writer(notes);
  writer.setSid(other, sid(0));
  writer.setSid(other, sid(0));
  writer.setSid(other, sid(7));
  writer.removeSid('0 2001:db8:a::/48');
  assert.equal(notes.all, ['sid 2048', 'prefix /48 2048', 'sid 2049', 'prefix /48 2049', 'no prefix /48']);
});

test('what an earlier process wrote is gone on with', () => {
  const notes = new Notes();
  const { tunnel: first } = tunnel('fc00::1');
  const { tunnel: second } = tunnel('fc00::2');
  const writer = new Writer(notes, {
    steers: [{ prefix: net, table: 0, tunnels: Array(16).fill(2050) }],
    tunnels: new Map([
      [2050, first],
      [2051, second],
    ]),
    sids: [{ prefix: other, number: 2049, sid: sid(7) }],
  });
  assert.equal([writer.steered, writer.sids], [['0 198.18.0.0/15'], ['0 2001:db8:a::/48']]);
  writer.setSteer(net, 0, [tunnel('fc00::1')]);
  writer.setSid(other, sid(7));
  assert.equal(notes.all, []);
  writer.setSteer(net, 0, [tunnel('fc00::3')]);
  writer.setSid(other, sid(0));
  assert.equal(notes.all, ['tunnel 2048', 'steer /15 0 2048', 'sid 2048', 'prefix /48 2048']);
});

test.run();
