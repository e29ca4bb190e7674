import { extentOf, type Kernels, type Plane, positionsOf, type Volume } from '../kernels/index.ts';

/**
 * Coordinates of the positions along the first principal component of a matrix [positions, channels], as a map. The
 * sign, which is arbitrary, makes the map agree with the mean over channels: the map of nonnegative activations is
 * nonnegative.
 */
export function firstComponent(A: Volume, k: Kernels, options: { centered: boolean }): Plane {
  const X = options.centered ? centered(A, k) : A;
  return oriented(positionsOf(A) <= A.channels ? byPositions(X, k) : byChannels(X, k), X, k);
}

/** For X Xᵀ as the smaller matrix: its first eigenvector u is the map, up to σ = √λ. */
function byPositions(X: Volume, k: Kernels): Plane {
  const positions = positionsOf(X);
  const { vector, value } = firstEigenvector(k.gram(X.data, X.channels, positions), positions, k);
  return { ...extentOf(X), data: vector.map((v) => v * Math.sqrt(value)) };
}

/** For Xᵀ X as the smaller matrix: the map is X v. */
function byChannels(X: Volume, k: Kernels): Plane {
  const positions = positionsOf(X);
  const rows = k.transpose(X.data, X.channels, positions);
  return k.weightedSum(X, firstEigenvector(k.gram(rows, positions, X.channels), X.channels, k).vector);
}

/** Number of squarings that eliminate an eigenvalue smaller by a thousandth. */
const SQUARINGS = 16;

/** Eigenvector of the largest eigenvalue of a symmetric positive semidefinite matrix [n, n], by repeated squaring. */
export function firstEigenvector(
  matrix: Float32Array,
  n: number,
  k: Kernels,
): { vector: Float32Array; value: number } {
  let power = unitTrace(matrix, n);
  for (let i = 0; i < SQUARINGS && !hasRankOne(power); i++) power = unitTrace(k.gram(power, n, n), n);
  const best = [...Array(n).keys()].reduce((a, b) => (power[b * n + b] > power[a * n + a] ? b : a), 0);
  const column = power.subarray(best * n, (best + 1) * n);
  const length = Math.hypot(...column) || 1;
  const vector = column.map((v) => v / length);
  return { vector, value: quotient(matrix, vector) };
}

/** The Rayleigh quotient. */
function quotient(matrix: Float32Array, vector: Float32Array): number {
  const n = vector.length;
  let value = 0;
  for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) value += vector[i] * matrix[i * n + j] * vector[j];
  return Math.max(value, 0);
}

function unitTrace(matrix: Float32Array, n: number): Float32Array {
  let trace = 0;
  for (let i = 0; i < n; i++) trace += matrix[i * n + i];
  return trace > 0 ? matrix.map((value) => value / trace) : matrix;
}

/** For a matrix with trace 1: Σλ² = 1 only with a single nonzero eigenvalue. */
const hasRankOne = (matrix: Float32Array): boolean =>
  Math.abs(matrix.reduce((sum, value) => sum + value * value, 0) - 1) < 1e-12;

/** Every channel minus its mean. */
export function centered(A: Volume, k: Kernels): Volume {
  const means = k.spatialMean(A);
  const positions = positionsOf(A);
  return { ...A, data: A.data.map((value, at) => value - means[Math.floor(at / positions)]) };
}

/** The map, negated if its product with the mean over channels of X is negative. */
export function oriented(map: Plane, X: Volume, k: Kernels): Plane {
  const sums = k.weightedSum(X, new Float32Array(X.channels).fill(1)).data;
  return map.data.reduce((total, value, at) => total + value * sums[at], 0) < 0 ? negative(map) : map;
}

export const negative = (map: Plane): Plane => ({ ...map, data: map.data.map((value) => -value) });

/**
 * Kernels that return the first principal component instead of a sum over channels: smooths any map that sums weighted
 * activations (Gildenblat et al. 2021, pytorch-grad-cam's eigen_smooth).
 */
export function eigenSmoothing(k: Kernels): Kernels {
  const component = (A: Volume, weight: (channel: number, at: number) => number): Plane => {
    const positions = positionsOf(A);
    const weighted = A.data.map((value, at) => value * weight(Math.floor(at / positions), at));
    return firstComponent({ ...A, data: weighted }, k, { centered: true });
  };
  return {
    ...k,
    weightedSum: (A, weights) => component(A, (channel) => weights[channel]),
    productSum: (A, W) => component(A, (_, at) => W.data[at]),
    reluProductSum: (A, W) => component(A, (_, at) => (A.data[at] * W.data[at] > 0 ? W.data[at] : 0)),
  };
}
