import { InternalError } from '../errors.ts';
import type { Kernels } from '../kernels/index.ts';
import type { MethodId } from '../methods/index.ts';
import type { Layer } from '../network/layers.ts';
import type { ExplainOptions } from '../types.ts';
import type { TargetRun } from './target-run.ts';

/** Scores that several targets of a call share, where a method changes the image in the same way for each. */
export interface SharedScores {
  readonly targets: readonly TargetRun[];
  /** By request and layer. */
  readonly scores: Map<string, ReadonlyMap<TargetRun, Float32Array>>;
}

/** A running method: one target, and one layer if it uses one. */
export interface MethodRun {
  readonly id: MethodId;
  readonly target: TargetRun;
  readonly shared: SharedScores | undefined;
  readonly layer: Layer | undefined;
  readonly kernels: Kernels;
  readonly options: Pick<ExplainOptions, 'batchSize' | 'counterfactual' | 'onProgress' | 'score' | 'signal'>;
}

/** The layer of a method that uses one. */
export function layerOf({ id, layer }: MethodRun): Layer {
  if (layer) return layer;
  throw new InternalError(`${id} requires a layer but has none.`);
}
