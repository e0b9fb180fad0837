/**
 * Child of two-cpus.packet.test.ts: puts the first packets of COUNT flows through a pinned program, in order, beginning at
 * a moment that both children are given. Prints how many were redirected.
 *
 *     sender.js PIN IFINDEX COUNT START_MS
 */
import { BpfProgram } from '../../../appliance/dataplane/object.ts';

const [pin = '', ifindex = '', count = '', startMs = ''] = process.argv.slice(2);
const program = BpfProgram.fromPin(pin, 'gateway');
if (program === undefined) throw new Error(`nothing is pinned at ${pin}`);

/** Ethernet, IPv6 2001:db8:1::2 > 64:ff9b::198.51.100.1, TCP SYN to port 80; checksum of no interest here. */
const frame = Buffer.from(
  '020000000001020000000002' +
    '86dd' +
    '6000000000140640' +
    '20010db8000100000000000000000002' +
    '0064ff9b0000000000000000c6336401' +
    '0000' +
    '0050' +
    '00000001' +
    '00000000' +
    '5002ffff00000000',
  'hex',
);
const SPORT = 54;
const REDIRECT = 4;

while (Date.now() < Number(startMs)) {
  // Both begin together.
}
let redirected = 0;
for (let flow = 0; flow < Number(count); flow += 1) {
  frame.writeUInt16BE(1024 + flow, SPORT);
  const context = new Uint32Array([0, frame.length, 0, Number(ifindex), 0, 0]);
  const { retval } = program.run({ data: frame, context: new Uint8Array(context.buffer) });
  if (retval === REDIRECT) redirected += 1;
}
process.stdout.write(`${redirected}\n`);
