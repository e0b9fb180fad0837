import { assert, suite } from '../../test/kit/suite.ts';
import { SessionClock, TcpBit } from '../dataplane/layout.gen.ts';
import { bytesOf, clockOf, jiffiesMs, stateOf } from './view.ts';

const test = suite('sessions: view');
const TCP = 6;
const both = TcpBit.TCP_SYN_IN | TcpBit.TCP_SYN_OUT;

test.each(
  [
    [0, 'v6-init', SessionClock.CLOCK_TRANSITORY],
    [TcpBit.TCP_SYN_IN, 'v6-init', SessionClock.CLOCK_TRANSITORY],
    [TcpBit.TCP_SYN_OUT, 'v4-init', SessionClock.CLOCK_TRANSITORY],
    [both, 'established', SessionClock.CLOCK_ESTABLISHED],
    [both | TcpBit.TCP_FIN_IN, 'v6-fin', SessionClock.CLOCK_ESTABLISHED],
    [both | TcpBit.TCP_FIN_OUT, 'v4-fin', SessionClock.CLOCK_ESTABLISHED],
    [both | TcpBit.TCP_FIN_IN | TcpBit.TCP_FIN_OUT, 'closed', SessionClock.CLOCK_TRANSITORY],
    [both | TcpBit.TCP_RESET, 'transitory', SessionClock.CLOCK_TRANSITORY],
  ] as const,
  ([bits, state]) => `TCP bits ${bits} are ${state}`,
  ([tcp, state, clock]) => {
    assert.is(stateOf({ proto: TCP, tcp }), state);
    assert.is(clockOf({ proto: TCP, tcp }), clock);
  },
);

test('between addresses of one family states name no family', () => {
  const same = { proto: TCP, familyIn: 4, familyOut: 4 };
  assert.is(stateOf({ ...same, tcp: TcpBit.TCP_SYN_IN }), 'opening');
  assert.is(stateOf({ ...same, tcp: both }), 'established');
  assert.is(stateOf({ ...same, tcp: both | TcpBit.TCP_FIN_OUT }), 'closing');
});

test('UDP and ICMP have one state and a clock each', () => {
  assert.is(stateOf({ proto: 17, tcp: 0 }), 'active');
  assert.is(clockOf({ proto: 17, tcp: 0 }), SessionClock.CLOCK_UDP);
  assert.is(clockOf({ proto: 58, tcp: 0 }), SessionClock.CLOCK_ICMP);
});

test('jiffies wrap, and a moment in the future is no time ago', () => {
  assert.is(jiffiesMs(1000, 750, 250), 1000);
  assert.is(jiffiesMs(100, 0xffffff9c, 100), 2000);
  assert.is(jiffiesMs(750, 1000, 250), 0);
});

test('words of a tuple are addresses in network order', () => {
  assert.equal(bytesOf([0xc6336401, 0, 0, 0], 4), new Uint8Array([198, 51, 100, 1]));
  assert.equal(bytesOf([0x20010db8, 0, 0, 2], 6), Uint8Array.from([32, 1, 13, 184, ...Array(11).fill(0), 2]));
});

test.run();
