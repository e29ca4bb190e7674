import type { ErrorCode } from './errors.ts';
import type { DownloadOptions, DownloadProgress } from './hub/options.ts';
import type { ColorChannels } from './image/channels.ts';
import type { ColormapId, ColormapInput } from './image/colormaps.ts';
import type { CodecModules } from './image/decode.ts';
import type { OverlayOptions } from './image/overlay.ts';
import type { Fit, Placement, Resizing, Size } from './image/placement.ts';
import type { Preprocessing, TensorLayout } from './image/preprocess.ts';
import type { Box, Resample } from './image/resize.ts';
import type { ImageInput, Picture } from './image/source.ts';
import type { Extent, Plane, Volume } from './kernels/index.ts';
import type { Baseline } from './methods/baseline.ts';
import type { MethodId } from './methods/index.ts';
import type { Compat, FormulaOptions, Fusion, Need } from './methods/method.ts';
import type { PreprocessingSources, SettingsOrigin, SettingSource } from './models/preprocessing.ts';
import type { PresetName } from './models/presets.ts';
import type { ModelFiles, ModelInput } from './models/source.ts';
import type { TokenGrid } from './network/axes.ts';
import type { InputForm } from './network/input-layout.ts';
import type { InputTensor } from './network/inputs.ts';
import type { Layout } from './network/layout.ts';
import type { OutputActivation, OutputKind } from './network/output-kind.ts';
import type { Port, ValueInfo } from './onnx/model.ts';
import type { Link } from './operators/operator.ts';
import type { Codec } from './platform/codecs.ts';
import type { OrtModule, RuntimeOptions, Threads } from './runtime/ort.ts';
import type { FloatTensor, Numbers, NumericArray, Tensor } from './runtime/tensor.ts';
import type { ClassScore } from './targets/classes.ts';
import type { Score, TargetInput } from './targets/target.ts';

/**
 * Compiled WebAssembly, for runtimes that only run modules deployed with the code, such as Cloudflare Workers. The
 * package loads missing modules itself where it can.
 */
export interface WasmModules extends CodecModules {
  /** `onnxruntime-web/ort-wasm-simd-threaded.wasm`; runs on one thread. */
  readonly runtime?: WebAssembly.Module;
  /** `camwasm/kernels.wasm`. */
  readonly kernels?: WebAssembly.Module;
}

/** Options of `Explainer.load`. */
export interface LoadOptions extends Omit<RuntimeOptions, 'module'>, ModelFiles, DownloadOptions {
  /** Class names by index, or the path or URL of a file that lists them: one per line, or JSON. */
  labels?: readonly string[] | string | URL;
  /**
   * Preprocessing and kind of output of a family of models (`PRESETS`), instead of the settings in the model's files.
   */
  preset?: PresetName;
  /** Preprocessing of pictures; missing settings come from the preset or the model's files, then from defaults. */
  preprocessing?: Partial<Preprocessing>;
  /** Name of the image input. Default: the first with four axes, five or three. */
  imageInput?: string;
  /** Compiled WebAssembly that replaces the package's. */
  modules?: WasmModules;
}

/**
 * Name of a method: an id, or any other spelling known to `findMethod`. `all` is every method without additional runs.
 */
export type MethodName = MethodId | 'all' | (string & {});

/** Options of `explain` and `explainAll`. */
export interface ExplainOptions extends FormulaOptions {
  /** One or several methods; several share one forward pass. Default `gradcam`. */
  method?: MethodName | readonly MethodName[];
  /** The class to explain, by index or label, or several. Default: the predicted class. */
  class?: number | string | readonly (number | string)[];
  /** Targets instead of classes: one or several (docs/targets.md). */
  target?: TargetInput | readonly TargetInput[];
  /** Explains the N best classes. */
  top?: number;
  /** Name of the model's output to explain. Default: the one in the target, or the first. */
  output?: string;
  /** What the output holds, if the graph does not reveal it (docs/targets.md). */
  outputKind?: OutputKind;
  /** How its logits become probabilities, if the graph does not reveal it. Default: softmax, or sigmoid for one logit. */
  activation?: OutputActivation;
  /** Additional inputs of the model, by name: tensors, or images, which are preprocessed like the explained one. */
  inputs?: Readonly<Record<string, InputTensor | ImageInput>>;
  /**
   * Name of the layer, or of several whose maps are fused: of a value, of the node that computes it, or of a module
   * (`layer4.1`, `blocks.11.norm1`), which means its last value. Default: chosen from the graph.
   */
  layer?: string | readonly string[];
  /** Token grid of a transformer, if the graph does not reveal it: rows, columns, and prefix tokens. */
  tokens?: TokenGrid;
  /** Differentiate the logit (default) or the probability of the class. */
  score?: Score;
  /** Reproduce the results of another library instead of the paper's. */
  compat?: Compat;
  /** Number of masked inputs per run in perturbation methods. Default 16, or fewer if they are larger than 4 MB. */
  batchSize?: number;
  /** How several layers are fused. Default: as in the method's paper, or else the mean. */
  fuse?: Fusion;
  /**
   * Average the maps of `n` copies of the input with Gaussian noise, whose standard deviation is `sigma` times the
   * input's range.
   */
  smoothNoise?: { readonly n: number; readonly sigma: number };
  /** Average the maps of the input and its mirror image, with values multiplied by 0.9, 1 and 1.1. */
  smoothAug?: boolean;
  /** Use the first principal component of the weighted activations instead of their sum. */
  eigenSmooth?: boolean;
  /** Keep the sign: in the heatmap 0.5 is zero, and 0 or 1 the largest magnitude. */
  signed?: boolean;
  /** Explain the negative score: evidence against the class (Selvaraju et al. 2017, sec. 7). */
  counterfactual?: boolean;
  /** CAM that `guided-gradcam`, `finercam` and `refinecam` build on. Default: as in their papers. */
  base?: string;
  /** Also return activations and gradients (`Explanation.tensors`). */
  tensors?: boolean;
  /** Encoded images that declare more pixels are rejected before anything is allocated. Default 100 million. */
  maxPixels?: number;
  /** Checked between runs of the model; a run cannot be interrupted. */
  signal?: AbortSignal;
  onProgress?: (progress: Progress) => void;
}

/** Options of `predict`. */
export interface PredictOptions extends Pick<
  ExplainOptions,
  'output' | 'outputKind' | 'activation' | 'inputs' | 'maxPixels' | 'signal'
> {
  /** Number of classes to return. Default 5. */
  top?: number;
}

/** Options of `inspect`. */
export interface InspectOptions
  extends LoadOptions, Pick<ExplainOptions, 'output' | 'outputKind' | 'activation' | 'tokens'> {}

/** Options of `verifyGradients`. */
export interface VerifyOptions
  extends
    LoadOptions,
    Pick<
      ExplainOptions,
      'output' | 'outputKind' | 'activation' | 'layer' | 'tokens' | 'score' | 'inputs' | 'maxPixels' | 'seed'
    > {
  /** The class to explain. Default: the predicted one. */
  class?: number | string;
  /** A target instead of a class. */
  target?: TargetInput;
  /** Number of random directions per gradient. Default 3. */
  directions?: number;
  /** Whether to check every operator on the way of the gradient by itself, too. */
  operators?: boolean;
}

/** Who may use a server that web browsers can reach. */
export interface AccessOptions {
  /**
   * Names in the Host header that the server answers to, besides those of loopback; `*` for all. It keeps web pages from
   * reaching the server under a name of their own (DNS rebinding). Default: all.
   */
  readonly allowHosts?: readonly string[];
  /**
   * Origins of web pages that may ask and read the answers (CORS), such as `https://app.example.com`, besides those on
   * loopback and on `allowHosts`; `null` for pages without an origin, `*` for all. Default: not checked, and no CORS.
   */
  readonly allowOrigins?: readonly string[];
}

/** Progress of a method with many runs. */
export interface Progress {
  readonly method: string;
  readonly done: number;
  readonly total: number;
}

/** The explained output. */
export interface OutputInfo {
  readonly name: string;
  readonly kind: OutputKind;
  readonly dims: readonly number[];
  /** How its scores become probabilities; null if they are probabilities already. */
  readonly activation: OutputActivation | null;
  /** Why this output, or why its labels are missing. */
  readonly note: string | undefined;
}

/** The result of a call for one image: an explanation for each method and target that worked. */
export interface ExplainReport {
  readonly output: OutputInfo;
  /** Objects that a detector found in the image, best first; empty for other outputs. */
  readonly detections: readonly Detection[];
  /** Best classes first, at most five; empty if the output holds values. */
  readonly prediction: readonly ClassScore[];
  /**
   * Whether the best class is as probable as the model asks (`unsure_below` of its `config.json`), or else a guess;
   * undefined if it states no such threshold.
   */
  readonly confident: boolean | undefined;
  readonly explanations: readonly Explanation[];
  /** Methods that could not explain this image or model; the other results are unaffected. */
  readonly failures: readonly Failure[];
  /** Preprocessing of the picture; undefined for a tensor, which is used directly. */
  readonly preprocessing: Preprocessing | undefined;
  /** Who decided each setting of the preprocessing. */
  readonly preprocessingSources: PreprocessingSources | undefined;
  /** Milliseconds per stage: decode, prepare, session, forward, backward, each method, heatmap. */
  readonly timings: Readonly<Record<string, number>>;
  /** Number of runs: forward, backward, and of the part after a layer (head). */
  readonly runs: Readonly<Record<'forward' | 'backward' | 'head', number>>;
}

/** A method that could not explain a target. */
export interface Failure {
  readonly method: MethodId;
  readonly target: TargetInfo;
  /** Code and option of `error`. A copy posted to another thread keeps them, but its error becomes a plain one. */
  readonly code: ErrorCode | 'UNEXPECTED';
  readonly option: string | undefined;
  readonly error: Error;
}

/** The explained target. */
export interface TargetInfo {
  /** Index of the class; undefined for other targets. */
  readonly index: number | undefined;
  /** Label of the class, or the target as text. */
  readonly label: string;
  /** Value of the explained score. */
  readonly score: number;
  /** Probability of the class, 0 to 1. */
  readonly probability: number | undefined;
  /** The explained detection; undefined for other targets. */
  readonly detection: Detection | undefined;
}

/** An object found by a detector. */
export interface Detection {
  /** Index of its class. */
  readonly class: number;
  readonly label: string;
  /** Score of the class, 0 to 1. */
  readonly score: number;
  /** In pixels of the image (of the tensor, for a tensor), clipped to it. */
  readonly box: Box;
}

/** The result of `explain`: one explanation with the rest of the report. */
export type Answer = Explanation & Omit<ExplainReport, 'explanations' | 'failures'>;

/** Where the model looked, for one target and method. Plain data: it can be posted to another thread and stored. */
export interface Explanation {
  readonly method: MethodId;
  readonly target: TargetInfo;
  /** Value names of the layers; empty for methods without a layer. */
  readonly layers: readonly string[];
  /** Values in [0, 1] at the image's size (the tensor's, for a tensor): [H, W], [L] for a signal, [D, H, W] for a volume. */
  readonly heatmap: Plane;
  /** Values of the map at 0 and 1 of the heatmap, before min-max: see `onScale`. */
  readonly range: HeatmapRange;
  /** Whether zero is at 0.5 instead of 0. */
  readonly signed: boolean;
  /**
   * The maps before normalization. CAM methods: one signed map per layer at feature resolution ([1, h, w]; [1, d, h, w]
   * for a volume, whose layers may lack the depth). Gradient methods: the signed map at the model's input size ([C, H, W]). Methods of the whole network: one map ([1, h, w]),
   * or one per concept ([K, h, w]). Class visualization: the generated input.
   */
  readonly raw: readonly Volume[];
  /**
   * What `overlay` draws: the heatmap over the image, the signed map centered on gray, the generated image, or the
   * concepts in one color each.
   */
  readonly shows: 'heatmap' | 'signed' | 'image' | 'concepts';
  /** Additional numbers of a method: `completeness` is the share of the score that integrated gradients explain. */
  readonly measures: Readonly<Record<string, number>>;
  readonly warnings: readonly string[];
  /** Activations and gradients; only with the `tensors` option. */
  readonly tensors: Tensors | undefined;
  /** The image, for drawing. All explanations of a call share it. */
  readonly image: ExplainedImage;
}

/** Values of the original map at 0 and 1 of a heatmap. */
export type HeatmapRange = readonly [low: number, high: number];

/** The image of a call, as given and as model input. */
export interface ExplainedImage {
  /** What the input holds; slices of a volume and frames of a video are its depth. */
  readonly form: InputForm;
  /** Its pixels; undefined for a tensor. */
  readonly picture: Picture | undefined;
  /** The model's input, channel first; undefined if it has no layout of channels and space. */
  readonly input: Volume | undefined;
  /** Position of the picture in the model's input. */
  readonly placement: Placement;
  /** The model's preprocessing; undefined if it does not take pictures. */
  readonly preprocessing: Preprocessing | undefined;
}

/** Activations and gradients of a call. */
export interface Tensors {
  /** At each layer, in the layout of the ONNX value. */
  readonly activations: readonly FloatTensor[];
  /** Of the target, at each layer; missing if the graph is not differentiable. */
  readonly gradients: readonly FloatTensor[];
  /** Of the target, at the input; only if a method needed it. */
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
  DownloadOptions,
  DownloadProgress,
  FloatTensor,
  Extent,
  Fit,
  FormulaOptions,
  Fusion,
  ImageInput,
  InputForm,
  InputTensor,
  Layout,
  Link,
  MethodId,
  ModelFiles,
  ModelInput,
  Need,
  Numbers,
  NumericArray,
  OutputActivation,
  OutputKind,
  Resample,
  Resizing,
  OrtModule,
  OverlayOptions,
  Picture,
  Placement,
  Plane,
  Port,
  PresetName,
  Preprocessing,
  PreprocessingSources,
  RuntimeOptions,
  SettingSource,
  SettingsOrigin,
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
