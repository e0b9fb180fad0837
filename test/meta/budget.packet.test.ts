/** The verifier's work per program, against what was reviewed: test/budget.json is changed like code. */
import { readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { BpfObject } from '../../appliance/dataplane/object.ts';
import { assert, suite } from '../kit/suite.ts';

const repository = resolve(dirname(fileURLToPath(import.meta.url)), '../../..');
/** What a kernel refuses to verify (BPF_COMPLEXITY_LIMIT_INSNS); half of it is where it begins to be a worry. */
const KERNEL_LIMIT = 1_000_000;

const test = suite('instruction budget');

test('no program takes more of the verifier than was agreed upon, and none is unlisted', () => {
  const budget = JSON.parse(readFileSync(join(repository, 'test/budget.json'), 'utf8')) as Record<string, number>;
  const object = BpfObject.load(join(repository, 'build/sixgate.bpf.o'));
  const verified = new Map([...object.programs].map(([name, program]) => [name, program.info().verifiedInstructions]));
  object.close();
  assert.equal([...verified.keys()].sort(), Object.keys(budget).sort());
  const listed = `\n${JSON.stringify(Object.fromEntries(verified), null, 2)}`;
  for (const [name, count] of verified) {
    const agreed = budget[name] as number;
    assert.ok(count <= agreed * 1.1, `${name} takes ${count} instructions, ${agreed} were agreed upon:${listed}`);
    // A budget that nobody needs hides the next growth.
    assert.ok(count >= agreed * 0.5, `${name} takes only ${count} instructions of ${agreed}: lower it${listed}`);
    assert.ok(agreed <= KERNEL_LIMIT / 2, `${name} comes near to what kernels refuse`);
  }
});

test.run();
