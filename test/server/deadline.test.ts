import { spawnSync } from 'node:child_process';
import { suite } from 'uvu';
import { withDeadline } from '../../src/server/deadline.ts';
import * as assert from '../helpers/assert.ts';

const test = suite('deadline');

const until = (signal: AbortSignal): Promise<string> =>
  new Promise((resolve) =>
    signal.addEventListener('abort', () => resolve((signal.reason as DOMException).name)),
  );

test('work is stopped when its time is over', async () => {
  assert.is(await withDeadline(new AbortController().signal, 0.01, until), 'TimeoutError');
});

test('work is stopped when the client goes away, before or while it runs', async () => {
  const client = new AbortController();
  const { signal } = new Request('http://camwasm.test', { signal: client.signal });
  setTimeout(() => client.abort(), 10);
  assert.is(await withDeadline(signal, 3600, until), 'AbortError');
  assert.ok(await withDeadline(signal, 3600, (stop) => Promise.resolve(stop.aborted)));
});

test('nothing is left behind, whether the work succeeds or fails', async () => {
  // A timer of a day would keep the process.
  const deadline = new URL('../../src/server/deadline.ts', import.meta.url).href;
  const script = `import { withDeadline } from '${deadline}';
    const { signal } = new Request('http://camwasm.test');
    await withDeadline(signal, 86400, () => Promise.resolve());
    await withDeadline(signal, 86400, () => Promise.reject(new Error())).catch(() => undefined);`;
  const argv = ['--import', 'tsx', '--input-type=module', '-e', script];
  assert.is(spawnSync(process.execPath, argv, { timeout: 600e3 }).status, 0);
});

test('the signal survives the garbage collector', () => {
  // AbortSignal.any([request.signal, AbortSignal.timeout(…)]) does not, in Node 20.
  const deadline = new URL('../../src/server/deadline.ts', import.meta.url).href;
  const script = `import { withDeadline } from '${deadline}';
    const collect = setInterval(() => globalThis.gc(), 5);
    const work = async (signal) => {
      for (let i = 0; i < 100 && !signal.aborted; i++) await new Promise((done) => setTimeout(done, 10));
      return signal.aborted;
    };
    console.log(await withDeadline(new Request('http://camwasm.test').signal, 0.1, work));
    clearInterval(collect);`;
  const argv = ['--expose-gc', '--import', 'tsx', '--input-type=module', '-e', script];
  assert.is(spawnSync(process.execPath, argv, { encoding: 'utf8' }).stdout.trim(), 'true');
});

test.run();
