import { suite } from 'uvu';
import { processIO } from '../../src/cli/io.ts';
import { duration, progressLine, progressText } from '../../src/cli/progress.ts';
import * as assert from '../helpers/assert.ts';

const progress = suite('progress');

progress('tells count, rate and time left', () => {
  const at = (done: number, ms: number) => progressText({ method: 'scorecam', done, total: 320 }, ms);
  assert.is(at(0, 0), 'scorecam 0/320');
  assert.is(at(64, 2000), 'scorecam 64/320  32/s  8 s left');
  assert.is(at(16, 4000), 'scorecam 16/320  4.0/s  1 min 16 s left');
  assert.is(at(320, 4000), 'scorecam 320/320  80/s  0 s left');
});
progress('durations', () =>
  assert.equal([0.2, 59.5, 61, 7260].map(duration), ['1 s', '1 min 0 s', '1 min 1 s', '2 h 1 min']),
);

progress('is drawn at most ten times a second, and cut to the width of the terminal', async () => {
  let now = 0;
  const lines: string[] = [];
  const write = (chunk: string | Uint8Array) => Promise.resolve(void lines.push(String(chunk)));
  const line = progressLine({ isTTY: true, columns: 40, write }, true, () => now);
  line.image('a.jpg', 2, 3);
  for (let done = 1; done <= 20; done++) {
    now += 50;
    line.update({ method: 'scorecam', done, total: 100 });
  }
  await line.clear();
  const texts = lines.map((text) => text.replace('\r\x1b[2K', ''));
  assert.is(texts[0], '[2/3] a.jpg');
  assert.is(texts[1], '[2/3] a.jpg  scorecam 2/100  20/s  5 s ');
  assert.is(texts.length, 1 + 10 + 1);
  assert.is(texts.at(-1), '');
});
progress('is not cut where the terminal does not know its width', () => {
  const columnsOf = (columns: number | undefined) => {
    const stream = { columns, on: () => undefined };
    const fake = { stdout: stream, stderr: stream, once: () => undefined, cwd: () => '/', env: {} };
    return processIO(fake as unknown as NodeJS.Process).stderr.columns;
  };
  assert.equal([80, 0, undefined].map(columnsOf), [80, 100, 100]);
});
progress('each method has its own rate', () => {
  let now = 0;
  const lines: string[] = [];
  const write = (chunk: string | Uint8Array) => Promise.resolve(void lines.push(String(chunk)));
  const line = progressLine({ isTTY: true, columns: 80, write }, true, () => now);
  line.image('a.jpg', 1, 1);
  now = 10_000;
  line.update({ method: 'scorecam', done: 100, total: 100 });
  line.update({ method: 'class-visualization', done: 1, total: 100 });
  now = 11_000;
  line.update({ method: 'class-visualization', done: 10, total: 100 });
  assert.match(lines.at(-1)!, /class-visualization 10\/100 {2}10\/s {2}9 s left/);
});
progress.run();
