import type { ErrorCode } from './errors.ts';
import type { ColorChannels } from './image/channels.ts';
import type { ColormapId, ColormapInput } from './image/colormaps.ts';
import type { CodecModules } from './image/decode.ts';
import type { OverlayOptions } from './image/overlay.ts';
import type { Fit, Placement, Size } from './image/placement.ts';
import type { Preprocessing, TensorLayout } from './image/preprocess.ts';
import type { Box } from './image/resize.ts';
import type { ImageInput, Picture } from './image/source.ts';
import type { Plane, Volume } from './kernels/index.ts';
import type { Baseline } from './methods/baseline.ts';
import type { MethodId } from './methods/index.ts';
import type { Compat, Fusion, Need } from './methods/method.ts';
import type { ModelFiles, ModelInput } from './models/source.ts';
import type { TokenGrid } from './network/axes.ts';
import type { InputTensor } from './network/inputs.ts';
import type { Layout } from './network/layout.ts';
import type { Port, ValueInfo } from './onnx/model.ts';
import type { Link } from './operators/operator.ts';
import type { Codec } from './platform/codecs.ts';
import type { OrtModule, RuntimeOptions, Threads } from './runtime/ort.ts';
import type { FloatTensor, Numbers, NumericArray, Tensor } from './runtime/tensor.ts';
import type { ClassScore } from './targets/classes.ts';
import type { Score, TargetInput } from './targets/target.ts';

/**
 * Everything that camwasm runs as WebAssembly, compiled: for runtimes that only run modules deployed with the code, such
 * as Cloudflare Workers. Missing modules are found or fetched by the package itself where it can.
 */
export interface WasmModules extends CodecModules {
  /** `onnxruntime-web/ort-wasm-simd-threaded.wasm`; runs on one thread. */
  readonly runtime?: WebAssembly.Module;
  /** `camwasm/kernels.wasm`. */
  readonly kernels?: WebAssembly.Module;
}

/** Options of `Explainer.load`. */
export interface LoadOptions extends Omit<RuntimeOptions, 'module'>, ModelFiles {
  /** Class names by index, or the path or URL of a file that lists them: one per line, or JSON. */
  labels?: readonly string[] | string | URL;
  /** How pictures become the model's input; missing settings come from the model's files, then from defaults. */
  preprocessing?: Partial<Preprocessing>;
  /** Name of the input that takes the image. Default: the first with four axes. */
  imageInput?: string;
  /** Compiled WebAssembly, in place of what the package finds by itself. */
  modules?: WasmModules;
}

/** Name of a method: an id, or any other spelling that `findMethod` knows. `all` is every method that costs no runs of its own. */
export type MethodName = MethodId | 'all' | (string & {});

/** Options of `explain` and `explainAll`. */
export interface ExplainOptions {
  /** One or several methods; several share one forward pass. Default `gradcam`. */
  method?: MethodName | readonly MethodName[];
  /** The class to explain, by index or label, or several. Default: the predicted class. */
  class?: number | string | readonly (number | string)[];
  /** What to explain instead of a class: any target (docs/targets.md), or several. */
  target?: TargetInput | readonly TargetInput[];
  /** Explains the N best classes. */
  top?: number;
  /** Name of the model's output to explain. Default: the one that a target names, or the first. */
  output?: string;
  /** Inputs of the model besides the image, by name. */
  inputs?: Readonly<Record<string, InputTensor>>;
  /** Value name of the layer, or several whose maps are fused. Default: chosen from the graph. */
  layer?: string | readonly string[];
  /** Grid of a transformer's tokens, where the graph does not tell: rows, columns, and prefix tokens. */
  tokens?: TokenGrid;
  /** Differentiate the logit (default) or the probability of the class. */
  score?: Score;
  /** Reproduce the numbers of another library instead of the paper's. */
  compat?: Compat;
  /** Number of masked inputs to run at once in methods that perturb. Default 16. */
  batchSize?: number;
  /** How several layers become one map. Default: what the method's paper says, else their mean. */
  fuse?: Fusion;
  /** Average the maps of `n` copies of the input with Gaussian noise, of deviation `sigma` times the input's range. */
  smoothNoise?: { readonly n: number; readonly sigma: number };
  /** Average the maps of the input and its mirror image, each at 0.9, 1 and 1.1 times its values. */
  smoothAug?: boolean;
  /** Use the first principal component of the weighted activations instead of their sum. */
  eigenSmooth?: boolean;
  /** Keep the sign: in the heatmap 0.5 is zero, 0 and 1 are the largest magnitude. */
  signed?: boolean;
  /** Explain the negative score: evidence against the class (Selvaraju et al. 2017, sec. 7). */
  counterfactual?: boolean;
  /** Seed of all random numbers. Default 0. */
  seed?: number;
  /** Number of samples, steps or masks. Default: the method's own (docs/methods.md). */
  samples?: number;
  /** Limit for methods that go through the channels of a layer one by one: they use the N that vary most. Default: all. */
  channels?: number;
  /** Number of concepts for `dff`. Default 5. */
  concepts?: number;
  /** Baseline of methods that compare with an image without content. Default: what the method's paper says. */
  baseline?: Baseline;
  /** CAM that `guided-gradcam`, `finercam` and `refinecam` build on. Default: what their papers say. */
  base?: string;
  /** Also return activations and gradients (`Explanation.tensors`). */
  tensors?: boolean;
  /** Encoded pictures that claim more pixels are refused before any are allocated. Default 100 million. */
  maxPixels?: number;
  /** Checked between runs of the model: a run cannot be interrupted. */
  signal?: AbortSignal;
  onProgress?: (progress: Progress) => void;
}

/** Options of `predict`. */
export interface PredictOptions extends Pick<ExplainOptions, 'output' | 'inputs' | 'maxPixels' | 'signal'> {
  /** Number of classes to return. Default 5. */
  top?: number;
}

/** Options of `inspect`. */
export interface InspectOptions extends LoadOptions {
  /** Name of the model's output to explain. Default: the first with floating-point values. */
  output?: string;
  /** Grid of a transformer's tokens, where the graph does not tell. */
  tokens?: TokenGrid;
}

/** Progress of a method with many runs. */
export interface Progress {
  readonly method: string;
  readonly done: number;
  readonly total: number;
}

/** The result of one call for one image: an explanation per method and target that worked. */
export interface ExplainReport {
  /** Best classes first, at most five; empty where the output is not a vector of classes. */
  readonly prediction: readonly ClassScore[];
  readonly explanations: readonly Explanation[];
  /** Methods that could not explain this image or model; the other results stand. */
  readonly failures: readonly Failure[];
  /** How the picture became the model's input; undefined for a tensor, which is used as it is. */
  readonly preprocessing: Preprocessing | undefined;
  /** Milliseconds by stage: decode, prepare, session, forward, backward, each method, heatmap. */
  readonly timings: Readonly<Record<string, number>>;
  /** Runs of the model: forward, backward, and of the part after a layer (head). */
  readonly runs: Readonly<Record<'forward' | 'backward' | 'head', number>>;
}

/** A method that could not explain a target. */
export interface Failure {
  readonly method: MethodId;
  readonly target: TargetInfo;
  /** As in its error: a copy posted to another thread keeps these, where the error becomes a plain one. */
  readonly code: ErrorCode | 'UNEXPECTED';
  readonly option: string | undefined;
  readonly error: Error;
}

/** What was explained. */
export interface TargetInfo {
  /** Index of the class; undefined for targets that are not a class. */
  readonly index: number | undefined;
  /** Label of the class, or the target as text. */
  readonly label: string;
  /** Value of the explained score. */
  readonly score: number;
  /** Probability of the class, 0 to 1. */
  readonly probability: number | undefined;
}

/** The result of `explain`: one explanation, with what the call found besides. */
export type Answer = Explanation & Omit<ExplainReport, 'explanations' | 'failures'>;

/** Where a method looked, for one target. Plain data: it can be posted to another thread and stored. */
export interface Explanation {
  readonly method: MethodId;
  readonly target: TargetInfo;
  /** Value names of the layers; empty for methods that look at the input. */
  readonly layers: readonly string[];
  /** Values in [0, 1] at the image's size (the tensor's, for a tensor). */
  readonly heatmap: Plane;
  /** What 0 and 1 stand for in the map before min-max: see `onScale`. */
  readonly range: HeatmapRange;
  /** Whether 0.5 is zero, rather than 0. */
  readonly signed: boolean;
  /**
   * The maps before any normalization. CAM methods: one signed map per layer at feature resolution ([1, h, w]). Gradient
   * methods: the signed map at the model's input size ([C, H, W]). Methods of the whole network: one map ([1, h, w]), or one
   * per concept ([K, h, w]). Class visualization: the synthesized input.
   */
  readonly raw: readonly Volume[];
  /** What `overlay` draws: the heatmap over the image, the signed map centered on gray, the synthesized image, or the concepts in a color each. */
  readonly shows: 'heatmap' | 'signed' | 'image' | 'concepts';
  /** Other numbers of a method: `completeness` is the share of the score that integrated gradients explain. */
  readonly measures: Readonly<Record<string, number>>;
  readonly warnings: readonly string[];
  /** Activations and gradients; only with the option `tensors`. */
  readonly tensors: Tensors | undefined;
  /** The image, for drawing. All explanations of a call share it. */
  readonly image: ExplainedImage;
}

/** What the values 0 and 1 of a heatmap stand for in the map that it was made from. */
export type HeatmapRange = readonly [low: number, high: number];

/** The image of a call, as it was given and as the model took it. */
export interface ExplainedImage {
  /** Its pixels; undefined for a tensor. */
  readonly picture: Picture | undefined;
  /** The model's input, channel first; undefined where it is not an image. */
  readonly input: Volume | undefined;
  /** Which part of the picture lies where in the model's input. */
  readonly placement: Placement;
  /** The model's preprocessing; undefined where it takes no pictures. */
  readonly preprocessing: Preprocessing | undefined;
}

/** Activations and gradients of a call. */
export interface Tensors {
  /** At each layer, in the ONNX value's own layout. */
  readonly activations: readonly FloatTensor[];
  /** Of the target, at each layer; missing where the graph cannot be differentiated. */
  readonly gradients: readonly FloatTensor[];
  /** Of the target, at the input; where a method needed it. */
  readonly inputGradient: FloatTensor | undefined;
}

export type {
  Baseline,
  Box,
  Codec,
  CodecModules,
  ClassScore,
  ColorChannels,
  ColormapId,
  ColormapInput,
  Compat,
  FloatTensor,
  Fit,
  Fusion,
  ImageInput,
  InputTensor,
  Layout,
  Link,
  MethodId,
  ModelFiles,
  ModelInput,
  Need,
  Numbers,
  NumericArray,
  OrtModule,
  OverlayOptions,
  Picture,
  Placement,
  Plane,
  Port,
  Preprocessing,
  RuntimeOptions,
  Size,
  Tensor,
  TensorLayout,
  Threads,
  TokenGrid,
  ValueInfo,
  Volume,
};
export type { ErrorDetails } from './errors.ts';
export type { Drawable } from './image/drawable.ts';
export type { FileSource, PictureInput, Pixels } from './image/source.ts';
export type { DataType } from './onnx/data-type.ts';
export type * from './targets/target.ts';
