import type { Pixels } from '../platform/bytes.ts';
import type { Grid } from './grid.ts';
import type { Extent, Plane, Volume } from './volume.ts';

/** How `maskInputs` turns an activation channel into a mask. */
export interface MaskOptions {
  /** Order of the two steps. Default `resize-normalize`. */
  order?: 'resize-normalize' | 'normalize-resize';
  /** Samples from corner center to corner center instead of half-pixel centers. Default false. */
  alignCorners?: boolean;
  /** Added to the channel's range before the division. Default 0. */
  epsilon?: number;
}

/**
 * The methods' array operations, in WebAssembly SIMD. Arguments are copied and never changed; results are new arrays.
 *
 * Arithmetic is float32 under IEEE 754: NaN and infinities propagate, as each function documents. Sums are within 1e-6
 * of the sum of magnitudes. Arrays that do not match their sizes, and sizes that do not match each other, throw a
 * CamError with code `BAD_TENSOR`.
 */
export interface Kernels {
  /** Σ_k weights[k] A_k. A NaN or infinity affects only its own position. */
  weightedSum(A: Volume, weights: Float32Array): Plane;
  /** Σ_k W_k(i,j) A_k(i,j). A NaN or infinity affects only its own position. */
  productSum(A: Volume, W: Volume): Plane;
  /** Σ_k max(W_k(i,j) A_k(i,j), 0). A NaN or infinity affects only its own position. */
  reluProductSum(A: Volume, W: Volume): Plane;
  /** Σ_ij A_k(i,j): [channels]. A NaN or infinity affects only its own channel. */
  spatialSum(A: Volume): Float32Array;
  /** The mean over positions: [channels]. NaN for a volume without positions. */
  spatialMean(A: Volume): Float32Array;
  /** Σ_ij A_k(i,j) B_k(i,j): [channels]. A NaN or infinity affects only its own channel. */
  spatialDot(A: Volume, B: Volume): Float32Array;
  /** max(v, 0); NaN stays NaN. */
  relu(data: Float32Array): Float32Array;
  /**
   * (v - min) / (max - min + epsilon), in [0,1]; all 0 if that denominator is 0. `epsilon` is 0 by default. One NaN
   * makes every element NaN; next to an infinity, finite elements become 0 (+∞) or NaN (-∞).
   */
  minMax(plane: Plane, epsilon?: number): Plane;
  /**
   * Linear interpolation along every axis (trilinear with depth) to another size, over the source's whole area by default
   * or by `grid`; samples beyond the source take its edge. A NaN or infinity affects outputs with it next to them.
   */
  resample(plane: Plane, to: Extent, grid?: Grid): Plane;
  /**
   * Masked inputs for Score-CAM: each listed channel of `masks` is resampled to the input's size, min-maxed, and
   * multiplied with every channel of `input` [C, H, W]. Returns [channels.length, C, H, W].
   */
  maskInputs(
    input: Volume,
    masks: Volume,
    channels: Uint32Array | readonly number[],
    options?: MaskOptions,
  ): Float32Array;
  /**
   * Σ_k of |weights[k] A_k| after min-max, per channel or over the whole volume (the default). `epsilon` is added to
   * the range. A NaN or infinity spreads as far as its min-max.
   */
  magnitudeSum(
    A: Volume,
    weights: Float32Array,
    options?: { each?: 'channel' | 'volume'; epsilon?: number },
  ): Plane;
  /**
   * Σ_r data[r,i] data[r,j] of a matrix [rows, columns]: [columns, columns], summed in float64. A NaN or infinity
   * affects the row and column of its own column.
   */
  gram(data: Float32Array, rows: number, columns: number): Float32Array;
  /** [rows, columns] to [columns, rows], for tokens or channel-last data. */
  transpose(data: Float32Array, rows: number, columns: number): Float32Array;
  /**
   * Values in [0,1] to RGBA bytes [height, width, 4]: v maps to entry ⌊255 v + ½⌋ of `table`, 256 RGBA entries. Values
   * outside [0,1] map to the nearest end, NaN to the first entry.
   */
  colorize(plane: Plane, table: Uint8Array): Pixels;
  /**
   * (1 - alpha) image + alpha color, rounded to nearest, with alpha in steps of 1/16384; the image's alpha bytes are
   * kept. `rgba` is [height, width, 4]; colors are as in `colorize`.
   */
  overlay(rgba: Uint8Array | Uint8ClampedArray, plane: Plane, table: Uint8Array, alpha: number): Pixels;
}
