import { extentOf, positionsOf, type Volume } from '../kernels/index.ts';
import { minimum } from './arrays.ts';
import { type InputMethod, inputMethod, type InputView } from './method.ts';

/** Number of concepts. */
export const DEFAULT_CONCEPTS = 5;

/** Methods that factor the activations into concepts. */
export const FACTORIZATION_METHODS: Readonly<Record<'dff', InputMethod>> = {
  dff: inputMethod({
    title: 'Deep feature factorization',
    paper: 'Collins et al. 2018, arXiv:1806.10206',
    about: 'Concepts in the activations, one color each: parts and objects, regardless of the class.',
    when: 'To see what a layer distinguishes, before asking about a class.',
    shows: 'concepts',
    collapse: 'largest',
    needs: ['activations'],
    map: factorize,
  }),
};

const ROUNDS = 200;

/**
 * Non-negative matrix factorization A − min_k ≈ W H, by multiplicative updates (Lee & Seung 2001): concepts W [C, K]
 * and their locations H [K, h·w]. Maps are scaled by the norm of their concept, which makes them comparable.
 */
function factorize({ A, options, random }: InputView<'activations'>): Volume {
  const { concepts = DEFAULT_CONCEPTS } = options;
  const { channels } = A;
  const positions = positionsOf(A);
  const V = nonNegative(A);
  const { uniform } = random();
  const W = Float64Array.from({ length: channels * concepts }, () => uniform() + 0.1);
  const H = Float64Array.from({ length: concepts * positions }, () => uniform() + 0.1);
  for (let round = 0; round < ROUNDS; round++) {
    update(H, times(transposed(W, channels, concepts), V, concepts), times(gramOf(W, concepts), H, concepts));
    const Ht = transposed(H, concepts, positions);
    update(W, times(V, Ht, channels), times(W, gramOf(Ht, concepts), channels));
  }
  const lengths = Array.from({ length: concepts }, (_, c) =>
    Math.sqrt(W.reduce((sum, value, at) => (at % concepts === c ? sum + value * value : sum), 0)),
  );
  const data = Float32Array.from(H, (value, at) => value * lengths[Math.floor(at / positions)]);
  return { ...extentOf(A), data, channels: concepts };
}

/** Every channel minus its minimum: [C, h·w]. */
function nonNegative(A: Volume): Float64Array {
  const { data, channels } = A;
  const positions = positionsOf(A);
  const lows = Array.from({ length: channels }, (_, k) =>
    minimum(data.subarray(k * positions, (k + 1) * positions)),
  );
  return Float64Array.from(data, (value, at) => value - lows[Math.floor(at / positions)]);
}

/** X ← X ∘ up / down. */
function update(X: Float64Array, up: Float64Array, down: Float64Array): void {
  for (let at = 0; at < X.length; at++) X[at] *= up[at] / (down[at] + 1e-12);
}

/** A [rows, n] times B [n, columns]. */
function times(A: Float64Array, B: Float64Array, rows: number): Float64Array {
  const n = A.length / rows;
  const columns = B.length / n;
  const out = new Float64Array(rows * columns);
  for (let r = 0; r < rows; r++) {
    for (let i = 0; i < n; i++) {
      const value = A[r * n + i];
      for (let c = 0; c < columns; c++) out[r * columns + c] += value * B[i * columns + c];
    }
  }
  return out;
}

const transposed = (A: Float64Array, rows: number, columns: number): Float64Array =>
  Float64Array.from({ length: A.length }, (_, at) => A[(at % rows) * columns + Math.floor(at / rows)]);

/** Aᵀ A of A [rows, columns]. */
const gramOf = (A: Float64Array, columns: number): Float64Array =>
  times(transposed(A, A.length / columns, columns), A, columns);
