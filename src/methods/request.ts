import type { Volume } from '../kernels/volume.ts';
import type { Score } from '../targets/target.ts';

/** Scores of `count` variants of the input, or of the layer, made a few at a time: [to - from, C, H, W]. */
export interface ScoresRequest {
  readonly ask: 'scores';
  readonly of: 'input' | 'layer';
  readonly count: number;
  /** Called again for a part that did not run: the same numbers must come. */
  readonly make: (from: number, to: number) => Float32Array;
  /** Which number of a class; default: what the caller explains. */
  readonly score?: Score;
}

/** Which of how many runs a request is: for progress. */
export type Step = readonly [done: number, total: number];

/** Gradient of the target by the input [C, H, W], for another input. */
export interface InputGradientRequest {
  readonly ask: 'input-gradient';
  readonly input: Float32Array;
  readonly step: Step;
}

/** Gradient of the target by the layer [C, h, w], for another input, or for other activations of the layer. */
export interface LayerGradientRequest {
  readonly ask: 'layer-gradient';
  readonly of: 'input' | 'layer';
  readonly data: Float32Array;
  readonly step: Step;
}

/** Another function of the scores of all classes: ∂/∂y_d for every class d, given all y and the class explained. */
export type Contrast = (y: Float32Array, index: number) => Float32Array;

/** Gradient of a contrast by the layer, [C, h, w]. */
export interface ContrastGradientRequest {
  readonly ask: 'contrast-gradient';
  readonly contrast: Contrast;
}

/** Gradient of the score that one attention layer's tokens would get by its probabilities, [heads, N, N]. */
export interface AttentionGradientRequest {
  readonly ask: 'attention-gradient';
  readonly layer: number;
  readonly step: Step;
}

export type Request =
  | ScoresRequest
  | InputGradientRequest
  | LayerGradientRequest
  | ContrastGradientRequest
  | AttentionGradientRequest;
export type Reply = Float32Array | Volume;

/** A computation that asks for runs of the network and never makes one itself. */
export type Steps<Result> = Generator<Request, Result, Reply>;

/** Scores of many inputs, float32 [count]. */
export function* scores(count: number, make: ScoresRequest['make'], score?: Score): Steps<Float32Array> {
  return (yield { ask: 'scores', of: 'input', count, make, score }) as Float32Array;
}

/** Scores of many activations of the layer, float32 [count]: only what lies behind the layer is run. */
export function* headScores(count: number, make: ScoresRequest['make']): Steps<Float32Array> {
  return (yield { ask: 'scores', of: 'layer', count, make }) as Float32Array;
}

/** Gradient of the target by the input where it is `input`, [C, H, W]. */
export function* inputGradient(input: Float32Array, step: Step): Steps<Volume> {
  return (yield { ask: 'input-gradient', input, step }) as Volume;
}

/** Gradient of the target by the layer for another input, [C, h, w]. */
export function* layerGradient(data: Float32Array, step: Step): Steps<Volume> {
  return (yield { ask: 'layer-gradient', of: 'input', data, step }) as Volume;
}

/** Gradient of the target by the layer where its activations are `data`, [C, h, w]; every ReLU stays as it is at A. */
export function* headGradient(data: Float32Array, step: Step): Steps<Volume> {
  return (yield { ask: 'layer-gradient', of: 'layer', data, step }) as Volume;
}

/** Gradient of another function of the scores by the layer, [C, h, w]. */
export function* contrastGradient(contrast: Contrast): Steps<Volume> {
  return (yield { ask: 'contrast-gradient', contrast }) as Volume;
}

/** ∂s/∂(attention probabilities) of one attention layer, [heads, N, N]. */
export function* attentionGradient(layer: number, step: Step): Steps<Volume> {
  return (yield { ask: 'attention-gradient', layer, step }) as Volume;
}
