import { suite } from 'uvu';
import type { Volume } from '../../src/kernels/index.ts';
import { blurred } from '../../src/methods/blur.ts';
import * as assert from '../helpers/assert.ts';
import { cpuSeconds } from '../helpers/cpu.ts';
import { blurredAt, blurredAxes } from './gaussian.ts';
import { noise } from './networks.ts';

const test = suite('Gaussian blur');

test('a volume is blurred along its three axes', () => {
  const [depth, height, width] = [3, 4, 5];
  const volume: Volume = { data: noise(2 * 60, 1), channels: 2, depth, height, width };
  const found = blurred(volume, 1.2).data;
  const values = blurredAxes(volume.data, [width, height, depth], 1.2, 3);
  values.forEach((value, at) => assert.ok(Math.abs(value - found[at]) < 1e-6));
});

test('a long signal takes no more taps, and loses a thousandth of the range at most', async () => {
  const width = 20000;
  const channel = (f: (i: number) => number) => Array.from({ length: width }, (_, i) => f(i));
  const lines = [channel((i) => Number(i > 9000)), channel((i) => Math.sin(i / 500)), [...noise(width, 2)]];
  const signal: Volume = { data: Float32Array.from(lines.flat()), channels: 3, height: 1, width };
  const [deviation, cut] = [(50 / 224) * width, 0.5];
  let { data } = signal;
  assert.ok((await cpuSeconds(() => ({ data } = blurred(signal, deviation, cut)))) < 5);
  lines.forEach((line, c) => {
    for (const at of [0, 1, 777, 7800, 9000, 10200, 15000, width - 1])
      assert.ok(Math.abs(data[c * width + at] - blurredAt(line, at, deviation, cut)) < 1e-3, `${c} ${at}`);
  });
});

test.run();
