import { CamError } from '../errors.ts';
import type { Pixels } from '../platform/bytes.ts';
import { type Arena, withArena } from './arena.ts';
import {
  checkGrid,
  checkLength,
  checkNotEmpty,
  checkPlane,
  checkSameShape,
  checkSizes,
  checkVolume,
} from './check.ts';
import { alignCorners, type Grid, halfPixel } from './grid.ts';
import type { Kernels } from './kernels.ts';
import type { KernelExports } from './load.ts';
import type { Plane, Volume } from './volume.ts';

type MapSize = Pick<Plane, 'height' | 'width'>;
type Fill = (out: number, arena: Arena) => void;

/** Typed wrappers of the wasm exports: they check sizes and copy data through `memory`, and nothing stays there. */
export function bind(wasm: KernelExports, memory: WebAssembly.Memory): Kernels {
  const floats = (count: number, fill: Fill): Float32Array =>
    withArena(memory, (arena) => {
      const out = arena.take(count * 4);
      fill(out, arena);
      return new Float32Array(memory.buffer, out, count).slice();
    });

  const pixels = (count: number, fill: Fill): Pixels =>
    withArena(memory, (arena) => {
      const out = arena.take(count * 4);
      fill(out, arena);
      return new Uint8ClampedArray(memory.buffer as ArrayBuffer, out, count * 4).slice();
    });

  const plane = ({ height, width }: MapSize, fill: Fill): Plane => ({
    data: floats(height * width, fill),
    height,
    width,
  });

  const resampled = (
    out: number,
    a: number,
    scratch: number,
    from: MapSize,
    to: MapSize,
    grid: Grid,
  ): void => {
    const { y, x, outside } = grid;
    const sizes = [from.height, from.width, to.height, to.width] as const;
    const axes = [y.scale, y.offset, x.scale, x.offset] as const;
    wasm.resample(out, a, scratch, ...sizes, ...axes, Number(outside === 'zero'));
  };

  const kernels: Kernels = {
    weightedSum(A, weights) {
      checkVolume(A);
      checkLength('weights', weights, { channels: A.channels });
      return plane(A, (out, { put, take }) => {
        wasm.weightedSum(out, put(A.data), put(weights), take(area(A) * 4), A.channels, area(A));
      });
    },

    productSum(A, W) {
      checkSameShape(A, W);
      return plane(A, (out, { put, take }) => {
        wasm.productSum(out, put(A.data), put(W.data), take(area(A) * 4), A.channels, area(A));
      });
    },

    reluProductSum(A, W) {
      checkSameShape(A, W);
      return plane(A, (out, { put, take }) => {
        wasm.reluProductSum(out, put(A.data), put(W.data), take(area(A) * 4), A.channels, area(A));
      });
    },

    spatialSum(A) {
      checkVolume(A);
      return floats(A.channels, (out, { put }) => {
        wasm.spatialSum(out, put(A.data), A.channels, area(A));
      });
    },

    spatialMean: (A) => kernels.spatialSum(A).map((sum) => sum / area(A)),

    spatialDot(A, B) {
      checkSameShape(A, B);
      return floats(A.channels, (out, { put }) => {
        wasm.spatialDot(out, put(A.data), put(B.data), A.channels, area(A));
      });
    },

    relu: (data) =>
      floats(data.length, (out, { put }) => {
        wasm.relu(out, put(data), data.length);
      }),

    minMax(map, epsilon = 0) {
      checkPlane(map);
      return plane(map, (out, { put }) => {
        wasm.minMax(out, put(map.data), area(map), epsilon);
      });
    },

    resample(map, height, width, grid = halfPixel(map, height, width)) {
      checkPlane(map);
      checkNotEmpty(map);
      checkSizes({ height, width });
      checkGrid(grid);
      return plane({ height, width }, (out, { put, take }) => {
        resampled(out, put(map.data), take(2 * width * 4), map, { height, width }, grid);
      });
    },

    maskInputs(input, masks, channels, { order = 'resize-normalize', epsilon = 0, ...options } = {}) {
      checkVolume(input);
      checkVolume(masks);
      checkNotEmpty(masks);
      const stray = channels.find((k) => !(Number.isInteger(k) && k >= 0 && k < masks.channels));
      if (stray !== undefined) {
        throw new CamError(
          'BAD_TENSOR',
          `Channel ${stray} does not exist: the masks have ${masks.channels}.`,
        );
      }
      const grid = (options.alignCorners ? alignCorners : halfPixel)(masks, input.height, input.width);
      const length = input.data.length;
      const batch = new Float32Array(channels.length * length);
      // One masked input at a time stays in the processor's cache and keeps the kernels' memory small.
      withArena(memory, ({ put, take }) => {
        const [image, activations] = [put(input.data), put(masks.data)];
        const [mask, normalized] = [take(area(input) * 4), take(area(masks) * 4)];
        const [scratch, masked] = [take(2 * input.width * 4), take(length * 4)];
        const view = new Float32Array(memory.buffer, masked, length);
        for (const [n, k] of channels.entries()) {
          const activation = activations + k * area(masks) * 4;
          if (order === 'normalize-resize') {
            wasm.minMax(normalized, activation, area(masks), epsilon);
            resampled(mask, normalized, scratch, masks, input, grid);
          } else {
            resampled(mask, activation, scratch, masks, input, grid);
            wasm.minMax(mask, mask, area(input), epsilon);
          }
          wasm.multiplyMask(masked, image, mask, input.channels, area(input));
          batch.set(view, n * length);
        }
      });
      return batch;
    },

    magnitudeSum(A, weights, { each = 'volume', epsilon = 0 } = {}) {
      checkVolume(A);
      checkLength('weights', weights, { channels: A.channels });
      return plane(A, (out, { put, take }) => {
        const [a, w] = [put(A.data), put(weights)];
        wasm.magnitudes(a, a, w, A.channels, area(A));
        const [count, length] = each === 'channel' ? [A.channels, area(A)] : [1, A.data.length];
        for (let i = 0; i < count; i++) wasm.minMax(a + i * length * 4, a + i * length * 4, length, epsilon);
        const ones = put(new Float32Array(A.channels).fill(1));
        wasm.weightedSum(out, a, ones, take(area(A) * 4), A.channels, area(A));
      });
    },

    gram(data, rows, columns) {
      checkSizes({ rows, columns });
      checkLength('The data', data, { rows, columns });
      return floats(columns * columns, (out, { put, take }) => {
        wasm.gram(out, put(data), take(columns * columns * 8), rows, columns);
      });
    },

    transpose(data, rows, columns) {
      checkSizes({ rows, columns });
      checkLength('The data', data, { rows, columns });
      return floats(data.length, (out, { put }) => {
        wasm.transpose(out, put(data), rows, columns);
      });
    },

    colorize(map, table) {
      checkPlane(map);
      checkTable(table);
      return pixels(area(map), (out, { put }) => {
        wasm.colorize(out, put(map.data), put(table), area(map));
      });
    },

    overlay(rgba, map, table, alpha) {
      checkPlane(map);
      checkTable(table);
      checkLength('The image', rgba, { height: map.height, width: map.width, 'bytes per pixel': 4 });
      if (!(alpha >= 0 && alpha <= 1)) {
        throw new CamError(
          'BAD_OPTION',
          `alpha is ${alpha}: give a number from 0 (image only) to 1 (map only).`,
        );
      }
      return pixels(area(map), (out, { put }) => {
        wasm.overlay(out, put(rgba), put(map.data), put(table), Math.round(alpha * 16384), area(map));
      });
    },
  };
  return kernels;
}

const area = ({ height, width }: MapSize | Volume): number => height * width;

function checkTable(table: Uint8Array): void {
  checkLength('The color table', table, { entries: 256, 'bytes per entry': 4 });
}
