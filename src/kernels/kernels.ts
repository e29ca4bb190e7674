import type { Pixels } from '../platform/bytes.ts';
import type { Grid } from './grid.ts';
import type { Plane, Volume } from './volume.ts';

/** How `maskInputs` makes a mask from an activation channel. */
export interface MaskOptions {
  /** Which comes first. Default `resize-normalize`. */
  order?: 'resize-normalize' | 'normalize-resize';
  /** Sample from corner center to corner center instead of half-pixel centers. Default false. */
  alignCorners?: boolean;
  /** Added to the range that the channel is divided by. Default 0. */
  epsilon?: number;
}

/**
 * The array work of the methods, done by WebAssembly SIMD. Arguments are copied in and never changed, results are new.
 *
 * Arithmetic is float32 and follows IEEE 754: NaN and infinities are not hidden, and each function says how far they
 * spread. Sums are within 1e-6 of the sum of magnitudes. Arrays whose length is not what their sizes say, or sizes that
 * do not fit each other, throw a CamError with code `BAD_TENSOR`.
 */
export interface Kernels {
  /** Σ_k weights[k] A_k. A NaN or infinity reaches its own position only. */
  weightedSum(A: Volume, weights: Float32Array): Plane;
  /** Σ_k W_k(i,j) A_k(i,j). A NaN or infinity reaches its own position only. */
  productSum(A: Volume, W: Volume): Plane;
  /** Σ_k max(W_k(i,j) A_k(i,j), 0). A NaN or infinity reaches its own position only. */
  reluProductSum(A: Volume, W: Volume): Plane;
  /** Σ_ij A_k(i,j): [channels]. A NaN or infinity reaches its own channel only. */
  spatialSum(A: Volume): Float32Array;
  /** The mean over positions: [channels]. NaN for a volume without positions. */
  spatialMean(A: Volume): Float32Array;
  /** Σ_ij A_k(i,j) B_k(i,j): [channels]. A NaN or infinity reaches its own channel only. */
  spatialDot(A: Volume, B: Volume): Float32Array;
  /** max(v, 0); NaN stays NaN. */
  relu(data: Float32Array): Float32Array;
  /**
   * (v - min) / (max - min + epsilon), which is [0,1]; all 0 where that denominator is 0. `epsilon` is 0 by default.
   * One NaN makes every element NaN; next to an infinity the finite elements become 0 (+∞) or NaN (-∞).
   */
  minMax(plane: Plane, epsilon?: number): Plane;
  /**
   * Bilinear interpolation to [height, width]: over the source's whole area by default, or as `grid` says, with samples
   * beyond the source's edge taken from the edge. A NaN or infinity reaches the outputs whose 2×2 neighborhood holds it.
   */
  resample(plane: Plane, height: number, width: number, grid?: Grid): Plane;
  /**
   * Masked inputs as Score-CAM needs them: each listed channel of `masks` is resampled to the input's size and min-maxed,
   * and every channel of `input` [C, H, W] is multiplied by it. Gives [channels.length, C, H, W].
   */
  maskInputs(
    input: Volume,
    masks: Volume,
    channels: Uint32Array | readonly number[],
    options?: MaskOptions,
  ): Float32Array;
  /**
   * Σ_k of |weights[k] A_k| after min-max: each channel by itself, or all of them as one (the default). `epsilon` is
   * added to the range. Each NaN or infinity spreads as far as its min-max.
   */
  magnitudeSum(
    A: Volume,
    weights: Float32Array,
    options?: { each?: 'channel' | 'volume'; epsilon?: number },
  ): Plane;
  /**
   * Σ_r data[r,i] data[r,j] of a matrix [rows, columns]: [columns, columns], summed in float64. A NaN or infinity
   * reaches the row and the column of its own column.
   */
  gram(data: Float32Array, rows: number, columns: number): Float32Array;
  /** [rows, columns] to [columns, rows]: tokens or channel-last data to channel-first. */
  transpose(data: Float32Array, rows: number, columns: number): Float32Array;
  /**
   * Values in [0,1] to RGBA bytes [height, width, 4]: v takes entry ⌊255 v + ½⌋ of `table`, 256 RGBA entries. Values
   * outside [0,1] take the entry at the end, NaN the first.
   */
  colorize(plane: Plane, table: Uint8Array): Pixels;
  /**
   * (1 - alpha) image + alpha color, rounded to nearest with alpha in steps of 1/16384; the image's own alpha bytes are
   * kept. `rgba` is [height, width, 4], colors are those of `colorize`.
   */
  overlay(rgba: Uint8Array | Uint8ClampedArray, plane: Plane, table: Uint8Array, alpha: number): Pixels;
}
