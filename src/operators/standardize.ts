import type { Emitter, Ref } from '../onnx/emitter.ts';

export interface Standardized {
  readonly normal: Ref;
  /** ∂s/∂x from ∂s/∂(what `normal` is). */
  cotangent(g: Ref): Ref;
}

/**
 * x̂ = (x − mean)/√(variance + ε) over `axes`, the heart of every normalisation that takes its statistics from the
 * input: ∂s/∂x = (g − mean(g) − x̂·mean(g·x̂))/√(variance + ε). Not centred, the means of x and g are left out (root
 * mean square normalisation; Zhang & Sennrich 2019, arXiv:1910.07467).
 */
export function standardize(
  e: Emitter,
  x: Ref,
  axes: readonly number[],
  epsilon: number,
  centred = true,
): Standardized {
  const centre = (value: Ref) => (centred ? e.sub(value, e.reduceMean(value, axes)) : value);
  const inner = centre(x);
  const deviation = e.sqrt(e.add(e.reduceMean(e.mul(inner, inner), axes), epsilon));
  const normal = e.div(inner, deviation);
  return {
    normal,
    cotangent(g) {
      const along = e.mul(normal, e.reduceMean(e.mul(g, normal), axes));
      return e.div(e.sub(centre(g), along), deviation);
    },
  };
}
