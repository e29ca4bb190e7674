import type { Volume } from '../kernels/index.ts';
import type { Score } from '../targets/target.ts';

/** Number of variants of the input per run. */
export const DEFAULT_BATCH_SIZE = 16;

/** Scores of `count` variants of the input or layer, created a few at a time: [to - from, C, H, W]. */
export interface ScoresRequest {
  readonly ask: 'scores' | 'headScores';
  readonly count: number;
  /** Called again if a batch did not run: it must return the same numbers. */
  readonly make: (from: number, to: number) => Float32Array;
  /** Which number of a class; by default, the explained one. */
  readonly score?: Score;
}

/** Gradient of the target for another input [C, H, W], or other activations of the layer [C, h, w]. */
export interface GradientRequest {
  readonly ask: 'inputGradient' | 'layerGradient' | 'headGradient';
  readonly data: Float32Array;
}

/** Another function of all class scores: ∂/∂y_d for every class d, from all y and the explained class. */
export type Contrast = (y: Float32Array, index: number) => Float32Array;

/** Gradient of a contrast at the layer, [C, h, w]. */
export interface ContrastRequest {
  readonly ask: 'contrastGradient';
  readonly contrast: Contrast;
}

/** Gradient of an attention layer's token score with respect to its probabilities: [heads, N, N]. */
export interface AttentionRequest {
  readonly ask: 'attentionGradient';
  readonly layer: number;
}

export type MethodRequest = ScoresRequest | GradientRequest | ContrastRequest | AttentionRequest;
export type Reply = Float32Array | Volume;

/** A computation that requests runs of the network but never runs it. */
export type Steps<Result> = Generator<MethodRequest, Result, Reply>;

/** All requests that a formula can make. */
export const ASKS: Asks = {
  *scores(count, make, score) {
    return (yield { ask: 'scores', count, make, score }) as Float32Array;
  },
  *headScores(count, make) {
    return (yield { ask: 'headScores', count, make }) as Float32Array;
  },
  *inputGradient(data) {
    return (yield { ask: 'inputGradient', data }) as Volume;
  },
  *layerGradient(data) {
    return (yield { ask: 'layerGradient', data }) as Volume;
  },
  *headGradient(data) {
    return (yield { ask: 'headGradient', data }) as Volume;
  },
  *contrastGradient(contrast) {
    return (yield { ask: 'contrastGradient', contrast }) as Volume;
  },
  *attentionGradient(layer) {
    return (yield { ask: 'attentionGradient', layer }) as Volume;
  },
};

export interface Asks {
  /** Scores of many inputs, float32 [count]. */
  readonly scores: (count: number, make: ScoresRequest['make'], score?: Score) => Steps<Float32Array>;
  /** Scores of many activations of the layer, float32 [count]; only the model after the layer runs. */
  readonly headScores: (count: number, make: ScoresRequest['make']) => Steps<Float32Array>;
  /** Gradient of the target at another input, [C, H, W]. */
  readonly inputGradient: (input: Float32Array) => Steps<Volume>;
  /** Gradient of the target at the layer, for another input, [C, h, w]. */
  readonly layerGradient: (input: Float32Array) => Steps<Volume>;
  /** Gradient of the target at other activations, [C, h, w]; every ReLU keeps its state at A. */
  readonly headGradient: (activations: Float32Array) => Steps<Volume>;
  /** Gradient of another function of the scores at the layer, [C, h, w]. */
  readonly contrastGradient: (contrast: Contrast) => Steps<Volume>;
  /** ∂s/∂(attention probabilities) of one attention layer, [heads, N, N]. */
  readonly attentionGradient: (layer: number) => Steps<Volume>;
}
