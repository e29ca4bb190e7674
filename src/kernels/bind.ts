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
  sizesOf,
} from './check.ts';
import { alignCorners, type Axis, type Grid, halfPixel } from './grid.ts';
import type { Kernels } from './kernels.ts';
import type { KernelExports } from './load.ts';
import { type Extent, extentOf, type Plane, positionsOf } from './volume.ts';

type Fill = (out: number, arena: Arena) => void;

/** An axis that keeps its elements. */
const WHOLE: Axis = { scale: 1, offset: 0 };

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

  const plane = (extent: Extent, fill: Fill): Plane => ({
    data: floats(positionsOf(extent), fill),
    ...extentOf(extent),
  });

  /** Takes its scratch space once, and then resamples maps of one size. */
  const resampler = ({ take }: Arena, from: Extent, to: Extent, grid: Grid) => {
    const { z = WHOLE, y, x, outside } = grid;
    const zero = Number(outside === 'zero');
    const rows = take(2 * to.width * 4);
    const inPlane = (out: number, a: number): void => {
      const axes = [y.scale, y.offset, x.scale, x.offset] as const;
      wasm.resample(out, a, rows, from.height, from.width, to.height, to.width, ...axes, zero);
    };
    const slices = from.depth ?? 1;
    if (slices === 1 && (to.depth ?? 1) === 1) return inPlane;
    // Each slice, and then all of them as the rows of one plane.
    const area = to.height * to.width;
    const [resized, planes] = [take(slices * area * 4), take(2 * area * 4)];
    return (out: number, a: number): void => {
      for (let slice = 0; slice < slices; slice++)
        inPlane(resized + slice * area * 4, a + slice * from.height * from.width * 4);
      const axes = [z.scale, z.offset, WHOLE.scale, WHOLE.offset] as const;
      wasm.resample(out, resized, planes, slices, area, to.depth ?? 1, area, ...axes, zero);
    };
  };

  const kernels: Kernels = {
    weightedSum(A, weights) {
      checkVolume(A);
      checkLength('weights', weights, { channels: A.channels });
      return plane(A, (out, { put, take }) => {
        wasm.weightedSum(
          out,
          put(A.data),
          put(weights),
          take(positionsOf(A) * 4),
          A.channels,
          positionsOf(A),
        );
      });
    },

    productSum(A, W) {
      checkSameShape(A, W);
      return plane(A, (out, { put, take }) => {
        wasm.productSum(out, put(A.data), put(W.data), take(positionsOf(A) * 4), A.channels, positionsOf(A));
      });
    },

    reluProductSum(A, W) {
      checkSameShape(A, W);
      return plane(A, (out, { put, take }) => {
        wasm.reluProductSum(
          out,
          put(A.data),
          put(W.data),
          take(positionsOf(A) * 4),
          A.channels,
          positionsOf(A),
        );
      });
    },

    spatialSum(A) {
      checkVolume(A);
      return floats(A.channels, (out, { put }) => {
        wasm.spatialSum(out, put(A.data), A.channels, positionsOf(A));
      });
    },

    spatialMean: (A) => kernels.spatialSum(A).map((sum) => sum / positionsOf(A)),

    spatialDot(A, B) {
      checkSameShape(A, B);
      return floats(A.channels, (out, { put }) => {
        wasm.spatialDot(out, put(A.data), put(B.data), A.channels, positionsOf(A));
      });
    },

    relu: (data) =>
      floats(data.length, (out, { put }) => {
        wasm.relu(out, put(data), data.length);
      }),

    minMax(map, epsilon = 0) {
      checkPlane(map);
      return plane(map, (out, { put }) => {
        wasm.minMax(out, put(map.data), positionsOf(map), epsilon);
      });
    },

    resample(map, to, grid = halfPixel(map, to)) {
      checkPlane(map);
      checkNotEmpty(map);
      checkSizes(sizesOf(to));
      checkGrid(grid);
      return plane(to, (out, arena) => {
        resampler(arena, map, to, grid)(out, arena.put(map.data));
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
      const grid = (options.alignCorners ? alignCorners : halfPixel)(masks, input);
      const length = input.data.length;
      const batch = new Float32Array(channels.length * length);
      // One masked input at a time stays in the processor's cache and keeps the kernels' memory small.
      withArena(memory, (arena) => {
        const { put, take } = arena;
        const [image, activations] = [put(input.data), put(masks.data)];
        const [mask, normalized] = [take(positionsOf(input) * 4), take(positionsOf(masks) * 4)];
        const resampled = resampler(arena, masks, input, grid);
        const masked = take(length * 4);
        const view = new Float32Array(memory.buffer, masked, length);
        for (const [n, k] of channels.entries()) {
          const activation = activations + k * positionsOf(masks) * 4;
          if (order === 'normalize-resize') {
            wasm.minMax(normalized, activation, positionsOf(masks), epsilon);
            resampled(mask, normalized);
          } else {
            resampled(mask, activation);
            wasm.minMax(mask, mask, positionsOf(input), epsilon);
          }
          wasm.multiplyMask(masked, image, mask, input.channels, positionsOf(input));
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
        wasm.magnitudes(a, a, w, A.channels, positionsOf(A));
        const [count, length] = each === 'channel' ? [A.channels, positionsOf(A)] : [1, A.data.length];
        for (let i = 0; i < count; i++) wasm.minMax(a + i * length * 4, a + i * length * 4, length, epsilon);
        const ones = put(new Float32Array(A.channels).fill(1));
        wasm.weightedSum(out, a, ones, take(positionsOf(A) * 4), A.channels, positionsOf(A));
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
      return pixels(positionsOf(map), (out, { put }) => {
        wasm.colorize(out, put(map.data), put(table), positionsOf(map));
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
      return pixels(positionsOf(map), (out, { put }) => {
        wasm.overlay(out, put(rgba), put(map.data), put(table), Math.round(alpha * 16384), positionsOf(map));
      });
    },
  };
  return kernels;
}

function checkTable(table: Uint8Array): void {
  checkLength('The color table', table, { entries: 256, 'bytes per entry': 4 });
}
