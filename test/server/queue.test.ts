import { suite } from 'uvu';
import type { Problem } from '../../src/server/problem.ts';
import { queue } from '../../src/server/queue.ts';
import * as assert from '../helpers/assert.ts';

const test = suite('queue');

const signal = new AbortController().signal;

/** A queue on a clock that its work moves. */
function timed(bound: number) {
  let now = 0;
  const line = queue(bound, () => now);
  const waits = new Map<number, () => void>();
  return {
    line,
    pass: (seconds: number) => void (now += 1000 * seconds),
    /** Work that takes some seconds. */
    done: (seconds: number) => line.run(() => Promise.resolve((now += 1000 * seconds)), signal),
    /** Work that runs until it is told to end. */
    held: (name: number) => line.run(() => new Promise<void>((end) => waits.set(name, end)), signal),
    end: (name: number) => waits.get(name)!(),
  };
}

const retryAfter = ({ headers }: Problem): number => Number(headers['retry-after']);

test('Retry-After is the number of requests times what recent ones took', async () => {
  const { line, done, held, end } = timed(3);
  assert.is(retryAfter(line.busy('')), 1, 'nothing waits');
  await done(2);
  await done(6);
  const waiting = [held(1), held(2), held(3)];
  assert.is(retryAfter(line.busy('')), 3 * 4);
  for (const name of [1, 2, 3]) {
    end(name);
    await waiting[name - 1];
  }
  assert.is(retryAfter(line.busy('')), 1);
});

test('it follows a change: what was long ago counts no more', async () => {
  const { line, done, held, end } = timed(3);
  await done(1000);
  for (let i = 0; i < 16; i++) await done(3);
  const waiting = [held(1), held(2)];
  assert.is(retryAfter(line.busy('')), 2 * 3);
  for (const name of [1, 2]) {
    end(name);
    await waiting[name - 1];
  }
});

test('before any is done, the first one is taken to be as long as it runs', async () => {
  const { line, pass, held, end } = timed(3);
  const first = held(1);
  pass(5);
  assert.is(retryAfter(line.busy('')), 5);
  end(1);
  await first;
});

test('beyond the bound there is no room', async () => {
  const { line, held, end } = timed(1);
  line.checkRoom();
  const first = held(1);
  assert.throws(line.checkRoom, ({ code }: Problem) => code === 'BUSY');
  await held(2).then(
    () => assert.unreachable('was let in'),
    ({ code, message }: Problem) => {
      assert.is(code, 'BUSY');
      assert.match(message, /limit of 1 waiting/);
    },
  );
  end(1);
  await first;
  line.checkRoom();
});

test('a drained queue does what it has, and takes nothing', async () => {
  const { line, held, end } = timed(5);
  let ended = 0;
  const work = [held(1), held(2)].map((one) => one.then(() => ended++));
  const drained = line.drain();
  assert.throws(line.checkRoom, /stopping/);
  end(1);
  await work[0];
  end(2);
  await drained;
  await work[1];
  assert.is(ended, 2);
  await queue(1).drain();
});

test.run();
