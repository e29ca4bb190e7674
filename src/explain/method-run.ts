import { InternalError } from '../errors.ts';
import type { Kernels } from '../kernels/index.ts';
import type { MethodId } from '../methods/index.ts';
import type { Layer } from '../network/layers.ts';
import type { ExplainOptions } from '../types.ts';
import type { TargetRun } from './target-run.ts';

/** A running method: one target, and one layer if it uses one. */
export interface MethodRun {
  readonly id: MethodId;
  readonly target: TargetRun;
  readonly layer: Layer | undefined;
  readonly kernels: Kernels;
  readonly options: Pick<ExplainOptions, 'batchSize' | 'counterfactual' | 'onProgress' | 'score' | 'signal'>;
}

/** The layer of a method that uses one. */
export function layerOf({ id, layer }: MethodRun): Layer {
  if (layer) return layer;
  throw new InternalError(`${id} requires a layer but has none.`);
}
