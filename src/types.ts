import type { Plane, Volume } from './kernels/volume.ts';
import type { OverlayOptions } from './image/overlay.ts';
import type { Picture } from './image/picture.ts';
import type { CodecModules } from './image/decode.ts';
import type { RuntimeOptions } from './runtime/ort.ts';
import type { Placement } from './image/placement.ts';
import type { Preprocessing } from './image/preprocess.ts';
import type { ModelFiles } from './models/source.ts';
import type { Baseline } from './methods/baseline.ts';
import type { Range } from './explain/heatmap.ts';
import type { Compat, Fusion } from './methods/method.ts';
import type { TokenGrid } from './network/axes.ts';
import type { InputTensor } from './network/inputs.ts';
import type { FloatTensor } from './runtime/tensor.ts';
import type { ClassScore } from './targets/classes.ts';
import type { Score, TargetInput } from './targets/target.ts';

export type { FileSource, ImageInput } from './image/source.ts';
export type { TokenGrid } from './network/axes.ts';
export type { InputTensor } from './network/inputs.ts';
export type { ClassScore } from './targets/classes.ts';
export type * from './targets/target.ts';

/**
 * Everything that camwasm runs as wasm, compiled: for runtimes that run no other modules than those deployed with the
 * code, such as Cloudflare Workers. What is missing is found or fetched by the package itself, where it can.
 */
export interface WasmModules extends CodecModules {
  /** `onnxruntime-web/ort-wasm-simd-threaded.wasm`; runs on one thread. */
  readonly runtime?: WebAssembly.Module;
  /** `camwasm/kernels.wasm`. */
  readonly kernels?: WebAssembly.Module;
}

export interface LoadOptions extends Omit<RuntimeOptions, 'module'>, ModelFiles {
  /** Class names, by index. */
  labels?: readonly string[];
  /** How pictures become the model's input; whatever is missing is taken from the model, then from the defaults. */
  preprocessing?: Partial<Preprocessing>;
  /** Name of the input that takes the image. Default: the first with four axes. */
  imageInput?: string;
  /** Compiled wasm, in place of what the package finds by itself. */
  modules?: WasmModules;
}

export interface ExplainOptions {
  /** Method id or alias; several share one forward pass; `all` is every one that costs no passes of its own. Default `gradcam`. */
  method?: string | readonly string[];
  /** What is explained: a class by index or label, or any other target (docs/targets.md). Default: the predicted class. */
  target?: TargetInput | readonly TargetInput[];
  /** Name of the model's output that is explained. Default: the one that a target names, or the first. */
  output?: string;
  /** What the model takes besides the image, by name of the input. */
  inputs?: Readonly<Record<string, InputTensor>>;
  /** Explains the N best classes instead of `target`. */
  top?: number;
  /** Value name of the layer, or several whose maps are fused. Default: chosen from the graph. */
  layer?: string | readonly string[];
  /** How the tokens of a transformer lie, where it is not found out: rows, columns, and tokens before them. */
  tokens?: TokenGrid;
  /** Differentiate the logit (default) or the probability of the class. */
  score?: Score;
  /** Reproduce another library's numbers instead of the paper's. */
  compat?: Compat;
  /** How many masked inputs are run at once by methods that perturb. Default 16. */
  batchSize?: number;
  /** How several layers become one map. Default: as the method's paper says, else their mean. */
  fuse?: Fusion;
  /** Averages the maps of `n` copies of the input with Gaussian noise, of deviation `sigma` times the input's range. */
  smoothNoise?: { readonly n: number; readonly sigma: number };
  /** Averages the maps of the input as it is and mirrored, each at 0.9, 1 and 1.1 times its values. */
  smoothAug?: boolean;
  /** Takes the first principal component of the weighted activations in place of their sum. */
  eigenSmooth?: boolean;
  /** Keeps the sign: in the heatmap 0.5 is zero, 0 and 1 are the largest magnitude. */
  signed?: boolean;
  /** Explains the negative score: what speaks against the class (Selvaraju et al. 2017, sec. 7). */
  counterfactual?: boolean;
  /** Decides what methods draw at random. Default 0. */
  seed?: number;
  /** How many samples, steps or masks a method takes. Default: its own, as docs/methods.md says. */
  samples?: number;
  /** Methods that go through channels one by one take the N that vary most over space. Default: all. */
  channels?: number;
  /** How many concepts `dff` looks for. Default 5. */
  concepts?: number;
  /** What stands for "nothing there". Default: as the method's paper says. */
  baseline?: Baseline;
  /** CAM that `guided-gradcam`, `finercam` and `refinecam` build on. Default: as their papers say. */
  base?: string;
  /** Also keep activations and gradients at the layer (`Explanation.tensors`). */
  tensors?: boolean;
  /** Encoded pictures that claim more pixels are refused before anything is allocated. Default 100 million. */
  maxPixels?: number;
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

/** What the methods found for one image: one explanation per method and target that worked. */
export interface Report {
  /** Best classes first, at most five; empty where the output is no vector of classes. */
  readonly prediction: readonly ClassScore[];
  readonly explanations: readonly Explanation[];
  /** Methods that could not explain this: the others' results stand. */
  readonly failures: readonly Failure[];
  /** What made the image the model's input; undefined for a tensor, which is fed as it is. */
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

/** The answer to one question: an explanation with what its call found besides. */
export type Answer = Explanation & Omit<Report, 'explanations' | 'failures'>;

export interface Explanation {
  readonly method: string;
  readonly target: TargetInfo;
  /** Value names of the layers that were looked at; empty for methods that look at the input. */
  readonly layers: readonly string[];
  /** Values in [0, 1] at the image's size (the tensor's, for a tensor). */
  readonly heatmap: Plane;
  /** What 0 and 1 stand for in the map before min-max: to compare heatmaps, see `onScale`. */
  readonly range: Range;
  /** Is 0.5 zero, rather than 0? */
  readonly signed: boolean;
  /**
   * Before any normalisation. CAM methods: one signed map per layer at feature resolution ([1, h, w]). Gradient
   * methods: the signed map at the model's input size ([C, H, W]). Methods of the whole network: one map ([1, h, w]), or one
   * for each concept ([K, h, w]). Class visualisation: the synthesised input.
   */
  readonly raw: readonly Volume[];
  /**
   * Shown in the picture: `heatmap` over the image, the `signed` map centred on grey, an `image` that was made, or
   * `concepts` in a colour each.
   */
  readonly shows: 'heatmap' | 'signed' | 'image' | 'concepts';
  /** Numbers that a method gives besides: `completeness` is the share of the score that integrated gradients explain. */
  readonly measures: Readonly<Record<string, number>>;
  readonly warnings: readonly string[];
  /** What the layers and the input carried; only when `tensors` was asked for. */
  readonly tensors: Tensors | undefined;
  /** How the image lies in the model's input. */
  readonly placement: Placement;
  /** The picture that shows this explanation: the heatmap blended over the image, or the signed map on grey. */
  overlay(options?: OverlayOptions): Picture;
  /** The same with a heatmap in which 0 and 1 stand for what `range` says: one range for several images makes them compare. */
  onScale(range: Range): Explanation;
}

export interface Tensors {
  /** At each layer, in the ONNX value's own layout. */
  readonly activations: readonly FloatTensor[];
  /** Of the plain target, at each layer; missing where the graph cannot be differentiated. */
  readonly gradients: readonly FloatTensor[];
  /** Of the plain target, at the input; when a method needed it. */
  readonly inputGradient: FloatTensor | undefined;
}
