import type { Emitter, Ref } from '../onnx/emitter.ts';

export interface Standardized {
  readonly normal: Ref;
  /** ∂s/∂x from ∂s/∂normal. */
  cotangent(g: Ref): Ref;
}

/**
 * x̂ = (x − mean)/√(variance + ε) over `axes`, the core of normalizations with input statistics: ∂s/∂x = (g − mean(g) −
 * x̂·mean(g·x̂))/√(variance + ε). If not centered, the means of x and g are omitted (root mean square normalization;
 * Zhang & Sennrich 2019, arXiv:1910.07467).
 */
export function standardize(
  e: Emitter,
  x: Ref,
  axes: readonly number[],
  epsilon: number,
  centered = true,
): Standardized {
  const center = (value: Ref) => (centered ? e.sub(value, e.reduceMean(value, axes)) : value);
  const inner = center(x);
  const deviation = e.sqrt(e.add(e.reduceMean(e.mul(inner, inner), axes), epsilon));
  const normal = e.div(inner, deviation);
  return {
    normal,
    cotangent(g) {
      const along = e.mul(normal, e.reduceMean(e.mul(g, normal), axes));
      return e.div(e.sub(center(g), along), deviation);
    },
  };
}
