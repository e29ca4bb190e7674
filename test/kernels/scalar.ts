import type { KernelExports } from '../../src/kernels/load.ts';

/**
 * A plain twin of every kernel, over the same memory and byte offsets: the oracle of the tests and the baseline of the
 * benchmark. Sums and interpolation are carried out in float64; the rest rounds where the kernels round.
 */
export function scalarKernels(memory: WebAssembly.Memory): KernelExports {
  const f32 = new Float32Array(memory.buffer);
  const i32 = new Int32Array(memory.buffer);
  const u8 = new Uint8Array(memory.buffer);
  const { fround } = Math;

  const clamp = (value: number, low: number, high: number): number => Math.min(Math.max(value, low), high);

  // `| 0` takes the whole part, and 0 of a NaN.
  const entry = (value: number): number => clamp(fround(fround(value * 255) + 0.5), 0, 255) | 0;

  return {
    weightedSum(out, a, w, _scratch, channels, size) {
      [out, a, w] = [out >> 2, a >> 2, w >> 2];
      for (let p = 0; p < size; p++) {
        let sum = 0;
        for (let k = 0; k < channels; k++) sum += f32[w + k] * f32[a + k * size + p];
        f32[out + p] = sum;
      }
    },

    productSum(out, a, w, _scratch, channels, size) {
      [out, a, w] = [out >> 2, a >> 2, w >> 2];
      for (let p = 0; p < size; p++) {
        let sum = 0;
        for (let k = 0; k < channels; k++) sum += f32[w + k * size + p] * f32[a + k * size + p];
        f32[out + p] = sum;
      }
    },

    reluProductSum(out, a, w, _scratch, channels, size) {
      [out, a, w] = [out >> 2, a >> 2, w >> 2];
      for (let p = 0; p < size; p++) {
        let sum = 0;
        for (let k = 0; k < channels; k++) sum += Math.max(f32[w + k * size + p] * f32[a + k * size + p], 0);
        f32[out + p] = sum;
      }
    },

    spatialSum(out, a, channels, size) {
      [out, a] = [out >> 2, a >> 2];
      for (let k = 0; k < channels; k++) {
        let sum = 0;
        for (let p = k * size; p < (k + 1) * size; p++) sum += f32[a + p];
        f32[out + k] = sum;
      }
    },

    spatialDot(out, a, b, channels, size) {
      [out, a, b] = [out >> 2, a >> 2, b >> 2];
      for (let k = 0; k < channels; k++) {
        let sum = 0;
        for (let p = k * size; p < (k + 1) * size; p++) sum += f32[a + p] * f32[b + p];
        f32[out + k] = sum;
      }
    },

    relu(out, a, count) {
      [out, a] = [out >> 2, a >> 2];
      for (let i = 0; i < count; i++) f32[out + i] = Math.max(f32[a + i], 0);
    },

    minMax(out, a, count, epsilon) {
      [out, a] = [out >> 2, a >> 2];
      let [low, high] = [Infinity, -Infinity];
      for (let i = 0; i < count; i++) {
        low = Math.min(low, f32[a + i]);
        high = Math.max(high, f32[a + i]);
      }
      const range = fround(fround(high - low) + fround(epsilon));
      for (let i = 0; i < count; i++) f32[out + i] = range === 0 ? 0 : fround(f32[a + i] - low) / range;
    },

    multiplyMask(out, a, m, channels, size) {
      [out, a, m] = [out >> 2, a >> 2, m >> 2];
      for (let c = 0; c < channels; c++) {
        for (let p = 0; p < size; p++) f32[out + c * size + p] = f32[a + c * size + p] * f32[m + p];
      }
    },

    magnitudes(out, a, w, channels, size) {
      [out, a, w] = [out >> 2, a >> 2, w >> 2];
      for (let c = 0; c < channels; c++) {
        for (let p = 0; p < size; p++) f32[out + c * size + p] = Math.abs(f32[a + c * size + p] * f32[w + c]);
      }
    },

    resample(out, a, _scratch, height, width, rows, columns, scaleY, offsetY, scaleX, offsetX, zero) {
      [out, a] = [out >> 2, a >> 2];
      for (let i = 0; i < rows; i++) {
        const y = (i + 0.5) * scaleY + offsetY - 0.5;
        const top = clamp(Math.floor(y), 0, height - 1);
        const down = clamp(y, 0, height - 1) - top;
        const below = Math.min(top + 1, height - 1);
        for (let j = 0; j < columns; j++) {
          const x = (j + 0.5) * scaleX + offsetX - 0.5;
          const left = clamp(Math.floor(x), 0, width - 1);
          const across = clamp(x, 0, width - 1) - left;
          const right = Math.min(left + 1, width - 1);
          const beyond = y < -0.5 || y >= height - 0.5 || x < -0.5 || x >= width - 0.5;
          const upper = lerp(f32[a + top * width + left], f32[a + top * width + right], across);
          const lower = lerp(f32[a + below * width + left], f32[a + below * width + right], across);
          f32[out + i * columns + j] = zero && beyond ? 0 : lerp(upper, lower, down);
        }
      }
    },

    transpose(out, a, rows, columns) {
      [out, a] = [out >> 2, a >> 2];
      for (let r = 0; r < rows; r++) {
        for (let c = 0; c < columns; c++) i32[out + c * rows + r] = i32[a + r * columns + c];
      }
    },

    gram(out, a, _scratch, rows, columns) {
      [out, a] = [out >> 2, a >> 2];
      for (let i = 0; i < columns; i++) {
        for (let j = 0; j < columns; j++) {
          let sum = 0;
          for (let r = 0; r < rows; r++) sum += f32[a + r * columns + i] * f32[a + r * columns + j];
          f32[out + i * columns + j] = sum;
        }
      }
    },

    colorize(out, v, table, count) {
      [out, v, table] = [out >> 2, v >> 2, table >> 2];
      for (let i = 0; i < count; i++) i32[out + i] = i32[table + entry(f32[v + i])];
    },

    overlay(out, image, v, table, weight, count) {
      v >>= 2;
      for (let i = 0; i < count; i++) {
        const color = table + entry(f32[v + i]) * 4;
        for (let c = 0; c < 3; c++) {
          const mixed = (16384 - weight) * u8[image + i * 4 + c] + weight * u8[color + c];
          u8[out + i * 4 + c] = (mixed + 8192) >> 14;
        }
        u8[out + i * 4 + 3] = u8[image + i * 4 + 3];
      }
    },
  };
}

const lerp = (from: number, to: number, t: number): number => from + t * (to - from);
