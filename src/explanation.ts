import type { Plane, Volume } from './kernels/volume.ts';
import type { OverlayOptions } from './image/overlay.ts';
import type { Picture } from './image/picture.ts';
import type { Placement } from './image/placement.ts';
import type { Preprocessing } from './image/preprocess.ts';
import type { Compat } from './methods/method.ts';
import type { FloatTensor } from './runtime/tensor.ts';
import type { Score, TargetInput } from './targets/target.ts';

/** What can be explained: an encoded picture, its pixels, or a tensor that the model takes as it is (batch 1). */
export type ImageInput = Uint8Array | ArrayBuffer | Blob | Picture | FloatTensor;

export interface LoadOptions {
  /** Class names, by index. */
  labels?: readonly string[];
  /** How pictures become the model's input; whatever is missing is taken from the model, then from the defaults. */
  preprocessing?: Partial<Preprocessing>;
  /** Threads of the wasm runtime, set by the first model that the process loads. Default: the machine's cores, capped. */
  threads?: number;
  /** Files that hold the model's external weights, by the path that the model gives. Read from beside a model path. */
  external?: readonly { path: string; data: Uint8Array }[];
}

export interface ExplainOptions {
  /** Method id or alias; several share one forward pass. Default `gradcam`. */
  method?: string | readonly string[];
  /** What is explained: a class by index or label, or any other target. Default: the predicted class. */
  target?: TargetInput | readonly TargetInput[];
  /** Explains the N best classes instead of `target`. */
  top?: number;
  /** Value name of the layer, or several whose maps are fused. Default: chosen from the graph. */
  layer?: string | readonly string[];
  /** Differentiate the logit (default) or the probability of the class. */
  score?: Score;
  /** Reproduce another library's numbers instead of the paper's. */
  compat?: Compat;
  /** How many masked inputs are run at once by methods that perturb. Default 16. */
  batchSize?: number;
  /** Also keep activations and gradients at the layer (`Explanation.tensors`). */
  tensors?: boolean;
  /** Checked between runs: a run itself cannot be stopped. */
  signal?: AbortSignal;
  onProgress?: (progress: Progress) => void;
}

/** Where a long method stands. */
export interface Progress {
  readonly method: string;
  readonly done: number;
  readonly total: number;
}

export interface ClassScore {
  readonly index: number;
  /** The label, or the index as text where the model has no labels. */
  readonly label: string;
  /** Softmax probability, 0..1. */
  readonly probability: number;
  readonly logit: number;
}

/** What the methods found for one image: one explanation per method and target that worked. */
export interface Report {
  /** Best classes first, at most five; empty where the output is no vector of classes. */
  readonly prediction: readonly ClassScore[];
  readonly explanations: readonly Explanation[];
  /** Methods that could not explain this: the others' results stand. */
  readonly failures: readonly Failure[];
  readonly preprocessing: Preprocessing | undefined;
  /** Milliseconds by stage: decode, prepare, forward, backward, method, heatmap. */
  readonly timings: Readonly<Record<string, number>>;
}

export interface Failure {
  readonly method: string;
  readonly target: TargetInfo;
  readonly error: Error;
}

export interface TargetInfo {
  /** Index of the class; undefined for targets that are not one class. */
  readonly index: number | undefined;
  /** Label of the class, or the target as its author wrote it. */
  readonly label: string;
  /** Value of the explained score. */
  readonly score: number;
  readonly probability: number | undefined;
}

export interface Explanation {
  readonly method: string;
  readonly target: TargetInfo;
  /** Value names of the layers that were looked at; empty for methods that look at the input. */
  readonly layers: readonly string[];
  /** Values in [0, 1] at the image's size (the tensor's, for a tensor). */
  readonly heatmap: Plane;
  /**
   * Before any normalisation. CAM methods: one signed map per layer at feature resolution ([1, h, w]). Gradient
   * methods: the signed map at the model's input size ([C, H, W]). Class visualisation: the synthesised input.
   */
  readonly raw: readonly Volume[];
  /** Shown in the picture: `heatmap` over the image, the `signed` map centred on grey, or an `image` that was made. */
  readonly shows: 'heatmap' | 'signed' | 'image';
  readonly warnings: readonly string[];
  /** What the layers and the input carried; only when `tensors` was asked for. */
  readonly tensors: Tensors | undefined;
  /** How the image lies in the model's input. */
  readonly placement: Placement;
  /** The picture that shows this explanation: the heatmap blended over the image, or the signed map on grey. */
  overlay(options?: OverlayOptions): Picture;
}

export interface Tensors {
  /** At each layer, in the ONNX value's own layout. */
  readonly activations: readonly FloatTensor[];
  /** Of the plain target, at each layer; missing where the graph cannot be differentiated. */
  readonly gradients: readonly FloatTensor[];
  /** Of the plain target, at the input; when a method needed it. */
  readonly inputGradient: FloatTensor | undefined;
}
