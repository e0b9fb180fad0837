/** One wait for all descriptors: who is called, who is not any more, and that nothing is left hanging. */
import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import koffi from 'koffi';
import { assert, atEnd, eventually, suite } from '../../test/kit/suite.ts';
import { Poller } from './poller.ts';

const libc = koffi.load('libc.so.6');
const eventfd = libc.func('int eventfd(unsigned int initval, int flags)');
const readFd = libc.func('int64_t read(int fd, _Out_ void *buf, size_t count)');
const writeFd = libc.func('int64_t write(int fd, const void *buf, size_t count)');
const closeFd = libc.func('int close(int fd)');

/** A descriptor that is readable from `signal` to `clear`. */
class Signal {
  readonly fd: number;
  #open = true;

  constructor() {
    // EFD_CLOEXEC | EFD_NONBLOCK
    this.fd = eventfd(0, 0x80800);
    atEnd(async () => this.close());
  }

  signal(): void {
    writeFd(this.fd, Buffer.from(new BigUint64Array([1n]).buffer), 8);
  }

  clear(): void {
    readFd(this.fd, Buffer.alloc(8), 8);
  }

  close(): void {
    if (this.#open) closeFd(this.fd);
    this.#open = false;
  }
}

function openPoller(): Poller {
  const poller = Poller.open();
  atEnd(() => poller.close());
  return poller;
}

/** Whatever was due by now has been handed out: an event that came later has. */
async function settle(poller: Poller): Promise<void> {
  const later = new Signal();
  let came = false;
  const remove = poller.add(later.fd, () => {
    came = true;
    later.clear();
  });
  later.signal();
  await eventually(() => came);
  remove();
  later.close();
}

const test = suite('poller');

test('a handler is called while its descriptor is readable', async () => {
  const poller = openPoller();
  const one = new Signal();
  let calls = 0;
  poller.add(one.fd, () => {
    calls += 1;
    if (calls === 3) one.clear();
  });
  await settle(poller);
  assert.is(calls, 0);
  one.signal();
  await eventually(() => calls === 3);
  await settle(poller);
  assert.is(calls, 3);
});

test('descriptors are added and removed while it waits', async () => {
  const poller = openPoller();
  const [one, two] = [new Signal(), new Signal()];
  const called: string[] = [];
  const remove = poller.add(one.fd, () => {
    called.push('one');
    one.clear();
  });
  await settle(poller);
  poller.add(two.fd, () => {
    called.push('two');
    two.clear();
  });
  two.signal();
  await eventually(() => called.length === 1);
  remove();
  remove();
  one.signal();
  two.signal();
  await eventually(() => called.length === 2);
  await settle(poller);
  assert.equal(called, ['two', 'two']);
});

test('a handler removes another one that is due too, and its event does not reach the next of the same number', async () => {
  const poller = openPoller();
  const pair = [new Signal(), new Signal()] as const;
  const called: number[] = [];
  let successorCalls = 0;
  let successor: Signal | undefined;
  const removers = pair.map((each, index) =>
    poller.add(each.fd, () => {
      called.push(index);
      each.clear();
      const other = pair[index === 0 ? 1 : 0];
      removers[1 - index]?.();
      other.close();
      successor = new Signal();
      assert.ok(successor.fd === other.fd);
      poller.add(successor.fd, () => {
        successorCalls += 1;
        successor?.clear();
      });
    }),
  );
  for (const each of pair) each.signal();
  await eventually(() => called.length > 0);
  await settle(poller);
  assert.equal([called.length, successorCalls], [1, 0]);
  successor?.signal();
  await eventually(() => successorCalls === 1);
});

test('what cannot be added is refused', async () => {
  const poller = openPoller();
  const one = new Signal();
  poller.add(one.fd, () => {});
  const codeIs =
    (code: string) =>
    (error: unknown): boolean =>
      (error as { code: string }).code === code;
  assert.throws(() => poller.add(one.fd, () => {}), codeIs('EEXIST'));
  assert.throws(() => poller.add(987_654, () => {}), codeIs('EBADF'));
});

test('closing, even by a handler, ends all calls and gives back the descriptors', async () => {
  const count = (): number => readdirSync('/proc/self/fd').length;
  const before = count();
  const poller = Poller.open();
  const one = new Signal();
  let calls = 0;
  let closed: Promise<void> | undefined;
  const remove = poller.add(one.fd, () => {
    calls += 1;
    closed ??= poller.close();
  });
  one.signal();
  await eventually(() => closed !== undefined);
  await closed;
  const another = Poller.open();
  await settle(another);
  await another.close();
  assert.is(calls, 1);
  remove();
  await poller.close();
  assert.throws(() => poller.add(one.fd, () => {}), /closed/);
  one.close();
  assert.is(count(), before);
});

interface Outcome {
  readonly code: number | null;
  readonly output: string;
  readonly seconds: number;
}

/**
 * Runs a script in a process of its own, with `poller` open and `readable`, a descriptor that is readable.
 * `whenReady` is called when the script prints "ready".
 */
async function outcomeOf(script: string, whenReady?: (pid: number) => Promise<void>): Promise<Outcome> {
  const preamble = `
    import koffi from 'koffi';
    import { Poller } from ${JSON.stringify(new URL('./poller.js', import.meta.url).href)};
    const eventfd = koffi.load('libc.so.6').func('int eventfd(unsigned int initval, int flags)');
    const readable = eventfd(1, 0x80800);
    const poller = Poller.open();`;
  const started = performance.now();
  const child = spawn(process.execPath, ['--input-type=module', '-e', preamble + script], {
    cwd: new URL('.', import.meta.url),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (chunk: string) => (output += chunk));
  const killer = setTimeout(() => child.kill('SIGKILL'), 10_000);
  const ended = new Promise<number | null>((resolve) => child.on('close', (code) => resolve(code)));
  if (whenReady !== undefined) {
    await eventually(() => output.includes('ready'));
    await whenReady(child.pid ?? 0);
  }
  const code = await ended;
  clearTimeout(killer);
  return { code, output, seconds: (performance.now() - started) / 1000 };
}

const processes = [
  { name: 'a process ends by itself after close', script: 'setTimeout(() => poller.close(), 100);', code: 0, says: '' },
  { name: 'process.exit ends it at once', script: 'setTimeout(() => process.exit(7), 100);', code: 7, says: '' },
  {
    name: 'an uncaught exception ends it',
    script: 'setTimeout(() => { throw new Error("oh dear"); }, 100);',
    code: 1,
    says: 'oh dear',
  },
  {
    name: 'a handler that throws is an uncaught exception',
    script: 'poller.add(readable, () => { throw new Error("in a handler"); });',
    code: 1,
    says: 'in a handler',
  },
  {
    name: 'and where that is caught, the poller goes on',
    script: `
      process.on('uncaughtException', (error) => console.log('caught', error.message));
      let calls = 0;
      const other = eventfd(1, 0x80800);
      poller.add(readable, () => { throw new Error('number ' + calls); });
      poller.add(other, () => { calls += 1; if (calls === 3) process.exit(0); });`,
    code: 0,
    says: 'caught number 1',
  },
];

test.each(
  processes,
  (each) => each.name,
  async ({ script, code, says }) => {
    const outcome = await outcomeOf(script);
    assert.is(outcome.code, code, outcome.output);
    assert.ok(outcome.output.includes(says), outcome.output);
    assert.between(outcome.seconds, 0, 5);
  },
);

test('one thread waits, however many descriptors there are', async () => {
  const outcome = await outcomeOf(`
    import fs from 'node:fs';
    const waiting = () => fs.readdirSync('/proc/self/task').filter((task) => fs.readFileSync('/proc/self/task/' + task + '/syscall', 'utf8').startsWith(process.arch === 'x64' ? '232 ' : '22 ')).length;
    const until = (count) => new Promise((resolve) => {
      const look = () => waiting() === count ? resolve() : setTimeout(look, 10);
      look();
    });
    for (let i = 0; i < 32; i += 1) poller.add(eventfd(0, 0x80800), () => {});
    await new Promise((resolve) => {
      const remove = poller.add(readable, () => { remove(); resolve(); });
    });
    await until(1);
    await poller.close();
    await until(0);
    console.log('one and none');`);
  assert.match(outcome.output, 'one and none\n');
  assert.is(outcome.code, 0);
});

/** Whether every thread of a process is stopped (state T, proc_pid_stat(5)). */
function stopped(pid: number): boolean {
  const stats = readdirSync(`/proc/${pid}/task`).map((task) => readFileSync(`/proc/${pid}/task/${task}/stat`, 'utf8'));
  return stats.every((stat) => / T /.test(stat.slice(stat.lastIndexOf(')'))));
}

test('a process that was stopped and continued still listens', async () => {
  const outcome = await outcomeOf(
    `const silent = eventfd(0, 0x80800); poller.add(silent, () => {});
     process.on('SIGUSR2', () => poller.add(readable, () => process.exit(3)));
     setTimeout(() => console.log('ready'), 100);`,
    async (pid) => {
      for (let round = 0; round < 5; round += 1) {
        process.kill(pid, 'SIGSTOP');
        await eventually(() => stopped(pid));
        process.kill(pid, 'SIGCONT');
        await eventually(() => !stopped(pid));
      }
      process.kill(pid, 'SIGUSR2');
    },
  );
  assert.is(outcome.code, 3, outcome.output);
});

test.run();
