import { suite } from 'uvu';
import { type Background, background } from '../../src/platform/worker.ts';
import * as assert from '../helpers/assert.ts';
import { rejection } from '../helpers/failure.ts';
import type { Chore } from './tasks.ts';

const test = suite('work in a thread that is replaced');

const thread = (): Background<Chore> =>
  background<Chore>(new URL('./tasks.ts', import.meta.url), 'data', {
    failed: (failure) => new Error(`failed: ${(failure as Error).message}`),
    lost: (how, cause) => new Error(`lost: ${how} ${cause === undefined ? '' : (cause as Error).message}`),
  });

const messageOf = async (work: Promise<unknown>): Promise<string> => (await rejection(work)).message;

/** Stops a task when it has begun. */
const stopped = (patience: number, transfer: ArrayBuffer[] = []) => {
  const stop = new AbortController();
  setTimeout(() => stop.abort(), 20);
  return { signal: stop.signal, patience, transfer };
};

async function using(work: (worker: Background<Chore>) => Promise<void>): Promise<void> {
  const worker = thread();
  try {
    await work(worker);
  } finally {
    await worker.stop();
  }
}

test('tasks are answered, several at once too, and buffers move', () =>
  using(async (worker) => {
    assert.equal(await worker.run({ echo: 1 }), ['data', 1]);
    const bytes = new Uint8Array([1, 2, 3]);
    const both = [
      worker.run({ echo: bytes }, { ...stopped(60), transfer: [bytes.buffer] }),
      worker.run({ echo: 2 }),
    ];
    assert.is(bytes.length, 0);
    assert.equal(await Promise.all(both), [
      ['data', new Uint8Array([1, 2, 3])],
      ['data', 2],
    ]);
  }));

test('an error comes over, and the thread goes on', () =>
  using(async (worker) => {
    assert.is(await messageOf(worker.run({ fail: 'no' })), 'failed: no');
    assert.equal(await worker.run({ echo: 1 }), ['data', 1]);
    assert.match(await messageOf(worker.run({ echo: () => 1 })), /could not be cloned/);
  }));

test('a task that is aborted can end by itself', () =>
  using(async (worker) => {
    const work = worker.run({ forever: 'waiting' }, stopped(60));
    assert.is(await messageOf(work), 'failed: stopped by TimeoutError');
    const before = { ...stopped(60), signal: AbortSignal.abort() };
    assert.is(await messageOf(worker.run({ forever: 'waiting' }, before)), 'failed: stopped by TimeoutError');
  }));

test('a task that does not end costs the thread, and the next one gets another', () =>
  using(async (worker) => {
    assert.is(await messageOf(worker.run({ forever: 'spinning' }, stopped(0.02))), 'lost: stuck ');
    assert.equal(await worker.run({ echo: 1 }), ['data', 1]);
  }));

test('a crash ends the tasks of the thread, and the next one gets another', () =>
  using(async (worker) => {
    const lost = await Promise.all([
      messageOf(worker.run({ forever: 'waiting' })),
      messageOf(worker.run({ crash: 'bang' })),
    ]);
    assert.equal(lost, ['lost: crashed bang', 'lost: crashed bang']);
    assert.equal(await worker.run({ echo: 1 }), ['data', 1]);
  }));

test('a thread that cannot start is an error', async () => {
  const nowhere = background(new URL('./nowhere.js', import.meta.url), null, {
    failed: () => new Error('failed'),
    lost: (how, cause) => new Error(`lost: ${how} ${(cause as Error).message}`),
  });
  assert.match(await messageOf(nowhere.run(1)), /lost: crashed .*nowhere/);
});

test.run();
