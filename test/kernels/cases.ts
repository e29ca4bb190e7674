import type { KernelExports } from '../../src/kernels/load.ts';

type Name = keyof KernelExports;

/** Draws the inputs of one case into memory. Offsets come at any 4-byte boundary, sizes from 0 to 70. */
export interface Draw {
  size(): number;
  number(low: number, high: number): number;
  /** Room for `count` 4-byte elements, and where it lies. */
  room(count: number): number;
  floats(count: number, low?: number, high?: number): number;
  bytes(count: number): number;
}

export interface Case<K extends Name = Name> {
  args: Parameters<KernelExports[K]>;
  /** How many 4-byte elements the kernel writes at its first argument. */
  writes: number;
  /** Which argument is scratch space, and of how many 4-byte elements. */
  scratch?: [argument: number, elements: number];
}

interface Row<K extends Name> {
  /**
   * How near kernel and twin have to be: `exact`ly; a `sum` within 1e-6 of the sum of magnitudes; an interpolation within
   * 1e-6 of the `largest` magnitude.
   */
  agree: 'exact' | 'sum' | 'largest';
  /** `n` is the extent that the test takes through every value from 0 to 70. */
  draw(d: Draw, n: number): Case<K>;
}

export const cases: { [K in Name]: Row<K> } = {
  weightedSum: {
    agree: 'sum',
    draw(d, n) {
      const channels = d.size();
      const [a, w] = [d.floats(channels * n), d.floats(channels)];
      return { args: [d.room(n), a, w, d.room(n), channels, n], writes: n, scratch: [3, n] };
    },
  },
  productSum: { agree: 'sum', draw: drawProducts },
  reluProductSum: { agree: 'sum', draw: drawProducts },
  spatialSum: {
    agree: 'sum',
    draw(d, n) {
      const channels = d.size();
      return { args: [d.room(channels), d.floats(channels * n), channels, n], writes: channels };
    },
  },
  spatialDot: {
    agree: 'sum',
    draw(d, n) {
      const channels = d.size();
      const [a, b] = [d.floats(channels * n), d.floats(channels * n)];
      return { args: [d.room(channels), a, b, channels, n], writes: channels };
    },
  },
  relu: {
    agree: 'exact',
    draw: (d, n) => ({ args: [d.room(n), d.floats(n), n], writes: n }),
  },
  minMax: {
    agree: 'exact',
    draw(d, n) {
      const epsilon = d.size() > 35 ? 1e-7 : 0;
      const spread = d.size() > 5 ? d.number(0, 100) : 0; // now and then a constant plane
      return { args: [d.room(n), d.floats(n, -spread, spread), n, epsilon], writes: n };
    },
  },
  multiplyMask: {
    agree: 'exact',
    draw(d, n) {
      const channels = d.size();
      return {
        args: [d.room(channels * n), d.floats(channels * n), d.floats(n), channels, n],
        writes: channels * n,
      };
    },
  },
  magnitudes: {
    agree: 'exact',
    draw(d, n) {
      const channels = d.size();
      const [a, w] = [d.floats(channels * n), d.floats(channels)];
      return { args: [d.room(channels * n), a, w, channels, n], writes: channels * n };
    },
  },
  resample: {
    agree: 'largest',
    draw(d, columns) {
      const [height, width, rows] = [1 + (d.size() % 20), 1 + (d.size() % 20), d.size()];
      const axis = (source: number, output: number): [scale: number, offset: number] =>
        d.size() < 35 ? [source / Math.max(output, 1), 0] : [d.number(-2, 2), d.number(-source, 2 * source)];
      const [y, x] = [axis(height, rows), axis(width, columns)];
      const [out, a, scratch] = [d.room(rows * columns), d.floats(height * width), d.room(2 * columns)];
      const zero = d.size() % 2;
      return {
        args: [out, a, scratch, height, width, rows, columns, ...y, ...x, zero],
        writes: rows * columns,
        scratch: [2, 2 * columns],
      };
    },
  },
  transpose: {
    agree: 'exact',
    draw(d, rows) {
      const columns = d.size();
      return {
        args: [d.room(rows * columns), d.floats(rows * columns), rows, columns],
        writes: rows * columns,
      };
    },
  },
  gram: {
    agree: 'sum',
    draw(d, columns) {
      const rows = d.size();
      const a = d.floats(rows * columns);
      const square = columns * columns;
      return {
        args: [d.room(square), a, d.room(2 * square), rows, columns],
        writes: square,
        scratch: [2, 2 * square],
      };
    },
  },
  colorize: {
    agree: 'exact',
    draw: (d, n) => ({ args: [d.room(n), d.floats(n, -0.2, 1.2), d.bytes(1024), n], writes: n }),
  },
  overlay: {
    agree: 'exact',
    draw(d, n) {
      const weight = [0, 8192, 16384, Math.round(d.number(0, 16384))][d.size() % 4]; // 8192 makes ties
      const [image, v, table] = [d.bytes(n * 4), d.floats(n, -0.2, 1.2), d.bytes(1024)];
      return { args: [d.room(n), image, v, table, weight, n], writes: n };
    },
  },
};

function drawProducts(d: Draw, n: number): Case<'productSum' | 'reluProductSum'> {
  const channels = d.size();
  const [a, w] = [d.floats(channels * n), d.floats(channels * n)];
  return { args: [d.room(n), a, w, d.room(n), channels, n], writes: n, scratch: [3, n] };
}
