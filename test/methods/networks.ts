import { Explainer, type ExplainOptions, type Explanation } from '../../src/index.ts';
import { Emitter, type Ref } from '../../src/onnx/emitter.ts';
import { type FloatTensor, floatTensor } from '../../src/runtime/tensor.ts';
import { normal, uniform } from '../helpers/random.ts';

/** A network small enough to differentiate on paper. */
export interface Small {
  readonly model: Uint8Array;
  /** Names of the values that were marked as layers. */
  readonly layers: readonly string[];
}

type Build = (e: Emitter, x: Ref) => { layers: readonly Ref[]; y: Ref };

/** A network of one input x [N, C, H, W] and one output y; N is open, or `batch`. */
export function network(
  [channels, height, width]: readonly number[],
  build: Build,
  batch: number | string = 'N',
): Small {
  const e = new Emitter('v');
  const { layers, y } = build(e, e.input('x', 'float32', [batch, channels, height, width]));
  e.output(y, 'y');
  return { model: e.bytes(), layers };
}

/** [N, C, H, W] to the mean of each channel, times weights [C, classes], plus nothing. */
export function pooledClassifier(e: Emitter, features: Ref, weights: readonly (readonly number[])[]): Ref {
  const pooled = e.op('Flatten', [e.op('GlobalAveragePool', [features])]);
  const flat = weights.flat();
  return e.op('Gemm', [pooled, e.constant('float32', [weights.length, weights[0].length], flat)]);
}

/** y = Wᵀ · mean(f(x)) over space: the linear head of CAM. */
export const linear = (
  shape: readonly number[],
  weights: readonly (readonly number[])[],
  f: (e: Emitter, x: Ref) => Ref = (e, x) => e.op('Relu', [x]),
): Small =>
  network(shape, (e, x) => {
    const A = f(e, x);
    return { layers: [A], y: pooledClassifier(e, A, weights) };
  });

/** Normal numbers. */
export const noise = (count: number, seed: number): Float32Array => {
  const draw = normal(seed);
  return Float32Array.from({ length: count }, draw);
};

/** Numbers in [0, 1). */
export const positive = (count: number, seed: number): Float32Array => {
  const draw = uniform(seed);
  return Float32Array.from({ length: count }, draw);
};

export const tensor = (shape: readonly number[], data: Float32Array): FloatTensor =>
  floatTensor([1, ...shape], data);

/** One explanation by one method; the network is loaded for it and closed. */
export async function explain(
  { model, layers }: Small,
  input: FloatTensor,
  options: ExplainOptions,
): Promise<Explanation> {
  const explainer = await Explainer.load(model);
  try {
    return await explainer.explain(input, { layer: layers, target: 0, ...options });
  } finally {
    await explainer.close();
  }
}

/** Mean of every channel of [C, positions]. */
export const means = (data: Float32Array, channels: number): number[] => {
  const positions = data.length / channels;
  return Array.from(
    { length: channels },
    (_, k) => data.subarray(k * positions, (k + 1) * positions).reduce((a, b) => a + b, 0) / positions,
  );
};

/** Σ_k w_k A_k over [C, positions]. */
export const weighted = (data: Float32Array, weights: ArrayLike<number>): number[] => {
  const positions = data.length / weights.length;
  return Array.from({ length: positions }, (_, p) =>
    Array.from(weights).reduce((sum, w, k) => sum + w * data[k * positions + p], 0),
  );
};
