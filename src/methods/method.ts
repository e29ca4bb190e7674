import type { Kernels } from '../kernels/index.ts';
import type { Plane, Volume } from '../kernels/volume.ts';

/** Libraries whose numbers can be reproduced. */
export const COMPATS = ['pytorch-grad-cam', 'torch-cam'] as const;
export type Compat = (typeof COMPATS)[number];

/** What a method wants to have before it starts. Everything asked for in one call comes out of one forward pass. */
export type Need = 'activations' | 'gradients' | 'input-gradient' | 'guided' | 'deconvnet' | 'classifier';

/** Gradient rules at rectifiers: the true one, or those of guided backpropagation and the deconvnet. */
export type Rectifier = 'plain' | 'guided' | 'deconvnet';

/** Scores of `count` inputs, made a few at a time: [to - from, C, H, W] for each batch that is asked for. */
export interface ScoresRequest {
  readonly ask: 'scores';
  readonly count: number;
  readonly make: (from: number, to: number) => Float32Array;
}

/** Gradient of the target by an input [C, H, W] other than the image's. */
export interface InputGradientRequest {
  readonly ask: 'input-gradient';
  readonly input: Float32Array;
  /** For progress: which step of how many this is. */
  readonly step: readonly [done: number, total: number];
}

export type Request = ScoresRequest | InputGradientRequest;
export type Reply = Float32Array | Volume;

/** A computation that asks for runs of the network and never makes one itself. */
export type Steps<Result> = Generator<Request, Result, Reply>;

/** Scores of many inputs, float32 [count]. */
export function* scores(count: number, make: ScoresRequest['make']): Steps<Float32Array> {
  return (yield { ask: 'scores', count, make }) as Float32Array;
}

/** Gradient of the target by `input`, [C, H, W]. */
export function* inputGradient(input: Float32Array, step: InputGradientRequest['step']): Steps<Volume> {
  return (yield { ask: 'input-gradient', input, step }) as Volume;
}

/** What every formula may use. */
interface View {
  readonly k: Kernels;
  /** The model's input, channel first. */
  readonly input: Volume;
  readonly compat: Compat | undefined;
  /** Says why a map looks as it does: an unreliable weight, an empty map. */
  readonly warn: (text: string) => void;
}

/** One layer, as the formulas of CAM methods see it. */
export interface LayerView extends View {
  /** Activations A, [C, h, w]. */
  readonly A: Volume;
  /** Gradients g = ∂y/∂A, [C, h, w]. */
  readonly g: Volume;
  /** Row of the classifier for the target's class, [C]: where the layer ends in pooling and a linear head. */
  readonly classifier: Float32Array;
}

/** The input, as methods at its level see it. Each gradient is there when the row needs it. */
export interface InputView extends View {
  /** ∂y/∂input under each rule for rectifiers, [C, H, W]. */
  readonly gradient: Readonly<Record<Rectifier, Volume>>;
  /** The CAM of another row at the input's size, in [0, 1]. */
  readonly cam: () => Plane;
}

interface Row {
  readonly title: string;
  /** Authors, year and where to find the paper. */
  readonly paper: string;
  /** One sentence: what the map shows. */
  readonly about: string;
  readonly needs: readonly Need[];
}

/** A map per layer: Σ_k of something. Several layers are fused. */
export interface LayerMethod extends Row {
  readonly level: 'layer';
  /** How several layers become one map; default `mean`. */
  readonly fuse?: Fusion;
  readonly map: (view: LayerView) => Plane | Steps<Plane>;
  /** Where a library's formula differs from the paper's. */
  readonly compat?: Partial<Record<Compat, (view: LayerView) => Plane | Steps<Plane>>>;
}

/** A map of the input itself. */
export interface InputMethod extends Row {
  readonly level: 'input';
  readonly shows: 'heatmap' | 'signed' | 'image';
  /** Row whose CAM `view.cam()` gives. */
  readonly cam?: string;
  readonly map: (view: InputView) => Volume | Steps<Volume>;
}

export type Method = LayerMethod | InputMethod;

export type Fusion = 'mean' | 'max' | 'layercam';
