import { getEventListeners } from 'node:events';
import { suite } from 'uvu';
import { CamError } from '../../src/errors.ts';
import { turns } from '../../src/runtime/turns.ts';
import * as assert from '../helpers/assert.ts';
import { rejection } from '../helpers/failure.ts';

const test = suite('turns');

/** Work that ends when it is told to. */
function held(): { work: () => Promise<void>; begun: () => boolean; end: () => void } {
  let [begun, end] = [false, (): void => undefined];
  const ended = new Promise<void>((resolve) => (end = resolve));
  return {
    work: () => {
      begun = true;
      return ended;
    },
    begun: () => begun,
    end,
  };
}

test('work runs one at a time, in the order of its arrival', async () => {
  const { take } = turns();
  const events: string[] = [];
  const work = (name: string, ticks: number) => async () => {
    events.push(`${name} begins`);
    for (let i = 0; i < ticks; i++) await undefined;
    events.push(`${name} ends`);
    return name;
  };
  const found = await Promise.all([take(work('a', 9)), take(work('b', 0)), take(work('c', 3))]);
  assert.equal(found, ['a', 'b', 'c']);
  assert.equal(events, ['a begins', 'a ends', 'b begins', 'b ends', 'c begins', 'c ends']);
  // The line goes on after it was empty, and while the last work ends.
  const later = await take(work('d', 1)).then(() => take(work('e', 1)));
  assert.is(later, 'e');
});

test('an error is that of its work alone', async () => {
  const { take } = turns();
  const throws = () => {
    throw new Error('at once');
  };
  const found = await Promise.allSettled([
    take(() => Promise.reject(new Error('later'))),
    take(throws),
    take(() => Promise.resolve('fine')),
  ]);
  assert.equal(
    found.map((one) => (one.status === 'fulfilled' ? one.value : (one.reason as Error).message)),
    ['later', 'at once', 'fine'],
  );
});

test('work whose signal is aborted while it waits is rejected at once, and never begins', async () => {
  const { take } = turns();
  const [first, second, third] = [held(), held(), held()];
  const stop = new AbortController();
  const running = take(first.work);
  const waiting = take(second.work, stop.signal);
  const last = take(third.work);
  stop.abort(new Error('why'));
  const error = await rejection(waiting);
  assert.instance(error, CamError);
  assert.equal([error.code, error.name, (error.cause as Error).message], ['ABORTED', 'AbortError', 'why']);
  first.end();
  await running;
  third.end();
  await last;
  assert.not(second.begun());
});

test('work whose signal is aborted while it runs is rejected at once; the next begins when it has ended', async () => {
  const { take } = turns();
  const [first, second] = [held(), held()];
  const stop = new AbortController();
  const running = take(first.work, stop.signal);
  const next = take(second.work);
  stop.abort();
  assert.is((await rejection(running)).code, 'ABORTED');
  assert.not(second.begun());
  first.end();
  second.end();
  await next;
  assert.ok(second.begun());
});

test('work whose signal is aborted beforehand does not begin', async () => {
  const { take } = turns();
  const work = held();
  assert.is((await rejection(take(work.work, AbortSignal.abort()))).code, 'ABORTED');
  assert.not(work.begun());
});

test('nothing listens to a signal whose work is done', async () => {
  const { take } = turns();
  const { signal } = new AbortController();
  await take(() => Promise.resolve(), signal);
  await rejection(take(() => Promise.reject(new Error('no')), signal));
  assert.equal(getEventListeners(signal, 'abort'), []);
});

test('dismissed work is rejected at once, and that which runs goes on', async () => {
  const { take, dismiss } = turns();
  const first = held();
  const waiting = [held(), held()];
  const { signal } = new AbortController();
  const running = take(() => first.work().then(() => 'done'));
  const queued = waiting.map(({ work }) => take(work, signal));
  dismiss(new CamError('RUNTIME', 'Closed.'));
  for (const one of queued) assert.is((await rejection(one)).message, 'Closed.');
  assert.equal(getEventListeners(signal, 'abort'), []);
  first.end();
  assert.is(await running, 'done');
  assert.ok(waiting.every(({ begun }) => !begun()));
  assert.is(await take(() => Promise.resolve('open')), 'open');
});

test.run();
