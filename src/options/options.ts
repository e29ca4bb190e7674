import type { ColorChannels } from '../image/channels.ts';
import { MIXES } from '../image/channels.ts';
import { type ColormapId, COLORMAPS, DEFAULT_COLORMAP } from '../image/colormaps.ts';
import { DEFAULT_ALPHA } from '../image/overlay.ts';
import { type Fit, FITS } from '../image/placement.ts';
import { MIN_CROP_PCT, type Preprocessing, TENSOR_LAYOUTS, type TensorLayout } from '../image/preprocess.ts';
import { DEFAULT_RESAMPLE, type Resample, RESAMPLES } from '../image/resize.ts';
import { SHEET_SLICES } from '../image/slices.ts';
import { DEFAULT_BATCH_SIZE } from '../methods/ask.ts';
import { type Baseline, BASELINES } from '../methods/baseline.ts';
import { DEFAULT_CONCEPTS } from '../methods/factorization.ts';
import { type Compat, COMPATS, type Fusion, FUSIONS } from '../methods/method.ts';
import { KERAS_MODES, type KerasMode } from '../models/keras.ts';
import { type PresetName, PRESETS } from '../models/presets.ts';
import type { TokenGrid } from '../network/axes.ts';
import {
  OUTPUT_ACTIVATIONS,
  OUTPUT_KINDS,
  type OutputActivation,
  type OutputKind,
} from '../network/output-kind.ts';
import { DEFAULT_THREADS, LEAST_MEMORY, MAX_THREADS, MOST_MEMORY } from '../runtime/ort.ts';
import { type Check, type Checks, isRecord } from '../table.ts';
import { CLASS_NAME } from '../targets/class.ts';
import { type Score, SCORES } from '../targets/target.ts';
import type { AccessOptions, ExplainOptions, LoadOptions, OverlayOptions } from '../types.ts';
import {
  anything,
  extent,
  flag,
  hostNames,
  type InputFile,
  inputFile,
  item,
  items,
  named,
  noise,
  numberBetween,
  numbers,
  object,
  oneOf,
  oneOfOrNumber,
  oneOrMore,
  ordinals,
  origins,
  type Reading,
  record,
  sliceNumbers,
  text,
  tokenGrid,
  wasmModule,
  wholeNumber,
} from './reading.ts';

/** The commands of the command line. */
export const COMMAND_NAMES = [
  'explain',
  'compare',
  'inspect',
  'verify',
  'methods',
  'models',
  'serve',
  'completion',
] as const;
/** A command of the command line. */
export type CommandName = (typeof COMMAND_NAMES)[number];

/** Whether each heatmap has a separate scale, or all heatmaps of a method share one. */
export const SCALES = ['own', 'shared'] as const;
/** The scale of a heatmap's colors. */
export type Scale = (typeof SCALES)[number];

/** The formats of a result. */
export const FORMATS = ['png', 'jpg', 'npy', 'json'] as const;
/** The format of a result. */
export type Format = (typeof FORMATS)[number];

/** Values of black and white before normalization. */
const RANGES: Readonly<Record<string, Preprocessing['range']>> = {
  '0..1': [0, 1],
  '0..255': [0, 255],
  '-1..1': [-1, 1],
};

/** Values of the command-line options, by flag. */
export interface Settings {
  method: string[];
  model: string;
  preset: PresetName;
  download: boolean;
  offline: boolean;
  labels: string;
  class: string[];
  methods: string[];
  classes: string;
  target: string[];
  top: number;
  'output-name': string;
  'output-kind': OutputKind;
  activation: OutputActivation;
  input: InputFile[];
  'image-input': string;
  layer: string[];
  tokens: TokenGrid;
  detections: boolean;
  score: Score;
  compat: Compat;
  base: string;
  fuse: Fusion;
  'smooth-noise': { n: number; sigma: number };
  'smooth-aug': boolean;
  'eigen-smooth': boolean;
  signed: boolean;
  counterfactual: boolean;
  samples: number;
  concepts: number;
  baseline: Baseline;
  seed: number;
  directions: number;
  operators: boolean;
  output: string;
  format: Format;
  raw: boolean;
  'save-tensors': string;
  colormap: ColormapId;
  alpha: number;
  bands: number[];
  slice: number[];
  scale: Scale;
  size: { width: number; height: number };
  fit: Fit;
  'crop-pct': number;
  resample: Resample;
  channels: (ColorChannels | number)[];
  range: Preprocessing['range'];
  mean: number[];
  std: number[];
  'keras-mode': KerasMode;
  layout: TensorLayout;
  threads: number;
  memory: number;
  'batch-size': number;
  port: number;
  host: string;
  'allow-host': string[];
  'allow-origin': string[];
  expand: boolean;
  json: boolean;
  quiet: boolean;
  verbose: boolean;
  'no-color': boolean;
  debug: boolean;
  help: boolean;
  version: boolean;
}

/** An option, by its flag. */
export type OptionName = keyof Settings;

/** The settings present on a command line. */
export type Given = Readonly<Partial<Settings>>;

/** The part of the help that lists an option. */
export type OptionGroup =
  'Explain' | 'Change the method' | 'Result' | 'Preprocessing of images' | 'Running' | 'Terminal';

/**
 * An option of the library, with its place: `explain.layer`, `load.threads`, `preprocessing.width`, `overlay.alpha`.
 */
export type LibraryOption =
  | `explain.${keyof ExplainOptions}`
  | `load.${keyof LoadOptions}`
  | `preprocessing.${keyof Preprocessing}`
  | 'verify.directions'
  | 'verify.operators'
  | `overlay.${keyof OverlayOptions}`
  | `handler.${keyof AccessOptions}`
  | 'handler.models'
  | 'handler.limits'
  | 'jpeg.quality';

/** Validation of options of the library. */
export type LibraryChecks = Readonly<Partial<Record<LibraryOption, Check>>>;

/** An option: its words for help, how its text is read, what it sets, and who takes it. */
export interface OptionRow<Value> {
  readonly group: OptionGroup;
  readonly describe: string;
  readonly alias?: string;
  /** How its text is parsed; missing for flags. */
  readonly reading?: Reading<Value>;
  /** Whether it may appear more than once. */
  readonly repeatable?: boolean;
  /** The default, as shown in help. */
  readonly fallback?: string;
  /** The commands that accept it. */
  readonly commands: readonly CommandName[];
  /** Whether a server request may set it in the query. */
  readonly query?: true;
  /** The library options it sets, with their validation. */
  readonly sets?: LibraryChecks;
}

/** A reading whose value goes directly to a library option. */
const to = <Value>(option: LibraryOption, reading: Reading<Value>) => ({
  reading,
  sets: { [option]: reading.library ?? reading } as LibraryChecks,
});

/** A flag that sets a boolean library option. */
const flagOf = (option: LibraryOption) => ({ sets: { [option]: flag } as LibraryChecks });

const EXPLAIN = ['explain'] as const;
const COMPARE = ['compare'] as const;
const SERVE = ['serve'] as const;
const IMAGES = ['explain', 'compare'] as const;
const TARGETS = ['explain', 'compare', 'verify'] as const;
const MODEL = ['explain', 'compare', 'verify', 'serve'] as const;
const ANY_MODEL = ['explain', 'compare', 'inspect', 'verify', 'serve'] as const;
const ANALYSES = ['explain', 'compare', 'inspect', 'verify'] as const;

const methodName = text('<id>', 'a method id');
const targetChoice = anything(
  'a class, a target as text, or a target',
  (value) => value !== null && value !== '' && ['string', 'number', 'object'].includes(typeof value),
);

/** Every option of every command. Parsing, help, completion, docs, validation and errors come from these rows. */
export const OPTIONS: { readonly [Name in OptionName]: OptionRow<Settings[Name]> } = {
  // ----- Explain -----
  method: {
    group: 'Explain',
    alias: 'm',
    describe: 'methods (see `camwasm methods`); all is every method without extra runs',
    reading: items('<id[,id...]>', 'one or more method ids'),
    repeatable: true,
    fallback: 'gradcam',
    commands: EXPLAIN,
    query: true,
    sets: { 'explain.method': oneOrMore(methodName) },
  },
  model: {
    group: 'Explain',
    describe:
      'model: an ONNX file or a folder with one, a name (see `camwasm models`), hf:owner/name, or an address',
    reading: text('<file|name>', 'the path of an ONNX file, or the name of a model'),
    fallback: 'the built-in model, which knows the 1,000 classes of ImageNet',
    commands: ANY_MODEL,
    query: true,
  },
  labels: {
    group: 'Explain',
    describe: 'class names: one per line, JSON, CSV, data.yaml, pbtxt or synsets',
    reading: text('<file>', 'the path of a file of labels'),
    fallback: 'from config.json beside the model, if any',
    commands: ANY_MODEL,
    sets: {
      'load.labels': anything(
        'a list of class names, or the path or URL of one',
        (value) =>
          (typeof value === 'string' && value !== '') ||
          value instanceof URL ||
          (Array.isArray(value) && value.every((label) => typeof label === 'string')),
      ),
    },
  },
  preset: {
    group: 'Explain',
    describe: 'preprocessing and kind of output of a family of models, in one word (docs/models.md)',
    fallback: "from the model's files and graph",
    commands: ANY_MODEL,
    ...to('load.preset', oneOf(Object.keys(PRESETS) as PresetName[])),
  },
  download: {
    group: 'Explain',
    describe: 'download a named model that is not here; a terminal does so without asking',
    commands: ANY_MODEL,
  },
  offline: {
    group: 'Explain',
    describe: 'never use the network',
    commands: [...ANY_MODEL, 'models'],
    ...flagOf('load.offline'),
  },
  class: {
    group: 'Explain',
    alias: 'c',
    describe: 'class to explain; separate several by commas, or repeat the option',
    reading: item('<index|label>', 'a class index or label'),
    repeatable: true,
    fallback: 'the predicted class',
    commands: ['explain', 'verify'],
    query: true,
    sets: { 'explain.class': oneOrMore(CLASS_NAME) },
  },
  methods: {
    group: 'Explain',
    describe: 'columns of the sheet; all is every method without extra runs',
    reading: items('<all|id[,id...]>', 'all, or one or more method ids'),
    fallback: 'all',
    commands: COMPARE,
  },
  classes: {
    group: 'Explain',
    describe: 'rows of the sheet: the N best classes, or indices and labels',
    reading: text('<topN|class[,class...]>', 'topN, or class indices or labels'),
    fallback: 'the predicted class',
    commands: COMPARE,
  },
  target: {
    group: 'Explain',
    describe: 'target instead of a class: elements, masks, differences, similarity (docs/targets.md)',
    reading: item('<target>', 'a target such as output[0,5,17], class:12@predicted or similar:other.jpg'),
    repeatable: true,
    commands: ['explain', 'verify'],
    sets: { 'explain.target': oneOrMore(targetChoice) },
  },
  top: {
    group: 'Explain',
    describe: 'explain the N best classes',
    commands: EXPLAIN,
    query: true,
    ...to('explain.top', wholeNumber(1)),
  },
  'output-name': {
    group: 'Explain',
    describe: 'name of the output to explain',
    fallback: 'the first',
    commands: ANALYSES,
    ...to('explain.output', text('<name>', 'the name of an output')),
  },
  'output-kind': {
    group: 'Explain',
    describe: 'what the output holds: scores of classes, one mask, or other values',
    fallback: 'found in the graph',
    commands: ANALYSES,
    ...to('explain.outputKind', oneOf(OUTPUT_KINDS)),
  },
  activation: {
    group: 'Explain',
    describe: 'how the scores of the output become probabilities',
    fallback: 'found in the graph; softmax, or sigmoid for one score',
    commands: ANALYSES,
    ...to('explain.activation', oneOf(OUTPUT_ACTIVATIONS)),
  },
  input: {
    group: 'Explain',
    describe: 'an additional input of the model: a .npy tensor, or a picture',
    reading: inputFile,
    repeatable: true,
    commands: TARGETS,
    sets: { 'explain.inputs': object },
  },
  'image-input': {
    group: 'Explain',
    describe: 'name of the image input',
    fallback: 'the first with four axes, five or three',
    commands: ANALYSES,
    ...to('load.imageInput', text('<name>', 'the name of an input')),
  },
  detections: {
    group: 'Terminal',
    describe: 'list what a detector found: number, class, score, box in pixels of the image',
    commands: EXPLAIN,
  },
  layer: {
    group: 'Explain',
    alias: 'l',
    describe: 'layer, by module (layer4.1), node or value (see `camwasm inspect`); several are fused',
    reading: item('<name[,name...]>', 'the name of a module, node or value of the model'),
    repeatable: true,
    fallback: 'the last one with a spatial extent',
    commands: TARGETS,
    query: true,
    sets: { 'explain.layer': oneOrMore(text('<name>', 'the name of a module, node or value of the model')) },
  },
  tokens: {
    group: 'Explain',
    describe: 'token grid of a transformer: rows, columns, and prefix tokens',
    fallback: 'found in the graph',
    commands: ANALYSES,
    ...to('explain.tokens', tokenGrid),
  },
  score: {
    group: 'Explain',
    describe: 'explain the logit of the class, or its probability',
    fallback: 'logit',
    commands: TARGETS,
    query: true,
    ...to('explain.score', oneOf(SCORES)),
  },
  compat: {
    group: 'Explain',
    describe: 'reproduce the results of a library instead of the paper',
    commands: IMAGES,
    query: true,
    ...to('explain.compat', oneOf(COMPATS)),
  },
  // ----- Change the method -----
  base: {
    group: 'Change the method',
    describe: 'CAM that guided-gradcam, finercam and refinecam build on',
    fallback: 'as in their papers',
    commands: IMAGES,
    ...to('explain.base', methodName),
  },
  fuse: {
    group: 'Change the method',
    describe: 'how several layers are fused',
    fallback: "as in the method's paper, else mean",
    commands: IMAGES,
    ...to('explain.fuse', oneOf(FUSIONS)),
  },
  'smooth-noise': {
    group: 'Change the method',
    describe: "average over n noisy copies; sigma is relative to the input's range",
    commands: IMAGES,
    ...to('explain.smoothNoise', noise),
  },
  'smooth-aug': {
    group: 'Change the method',
    describe: 'average over the image and its mirror image, with values multiplied by 0.9, 1 and 1.1',
    commands: IMAGES,
    ...flagOf('explain.smoothAug'),
  },
  'eigen-smooth': {
    group: 'Change the method',
    describe: 'use the first principal component of the weighted activations instead of their sum',
    commands: IMAGES,
    ...flagOf('explain.eigenSmooth'),
  },
  signed: {
    group: 'Change the method',
    describe: 'keep the sign: in the heatmap 0.5 is zero, and lower values are evidence against',
    commands: IMAGES,
    ...flagOf('explain.signed'),
  },
  counterfactual: {
    group: 'Change the method',
    describe: 'explain the negative score: evidence against the class',
    commands: IMAGES,
    ...flagOf('explain.counterfactual'),
  },
  samples: {
    group: 'Change the method',
    describe: 'number of samples, steps or masks',
    fallback: 'depends on the method (docs/methods.md)',
    commands: IMAGES,
    ...to('explain.samples', wholeNumber(1)),
  },
  concepts: {
    group: 'Change the method',
    describe: 'number of concepts for dff',
    fallback: String(DEFAULT_CONCEPTS),
    commands: IMAGES,
    ...to('explain.concepts', wholeNumber(1)),
  },
  baseline: {
    group: 'Change the method',
    describe: 'baseline image of methods that compare with one',
    fallback: "as in the method's paper",
    commands: IMAGES,
    ...to('explain.baseline', oneOf(BASELINES)),
  },
  seed: {
    group: 'Change the method',
    describe: 'seed of all random numbers',
    fallback: '0',
    commands: TARGETS,
    ...to('explain.seed', wholeNumber(0)),
  },
  directions: {
    group: 'Change the method',
    describe: 'number of random directions per gradient',
    fallback: '3',
    commands: ['verify'],
    ...to('verify.directions', wholeNumber(0)),
  },
  operators: {
    group: 'Change the method',
    describe: 'also check every operator by itself',
    commands: ['verify'],
    ...flagOf('verify.operators'),
  },
  // ----- Result -----
  output: {
    group: 'Result',
    alias: 'o',
    describe: 'where to write: `-` is standard output, a trailing / means a folder',
    reading: text('<file|folder|->', 'a file, a folder or -'),
    fallback: '<image>.<method>.<format>, or <image>.compare.png, in the current folder',
    commands: IMAGES,
  },
  format: {
    group: 'Result',
    alias: 'f',
    describe: 'image or numbers',
    reading: oneOf(FORMATS),
    fallback: 'by the extension of -o, else png (npy with --raw)',
    commands: EXPLAIN,
    query: true,
  },
  raw: {
    group: 'Result',
    describe: 'write the signed, unnormalized map at feature resolution instead of the heatmap',
    commands: EXPLAIN,
    query: true,
  },
  'save-tensors': {
    group: 'Result',
    describe: 'also write activations, gradients and raw maps as .npy',
    reading: text('<folder>', 'a folder'),
    commands: EXPLAIN,
  },
  colormap: {
    group: 'Result',
    describe: 'colors of the heatmap',
    fallback: `${DEFAULT_COLORMAP}; coolwarm with --signed`,
    commands: IMAGES,
    query: true,
    ...to('overlay.colormap', {
      ...oneOf(Object.keys(COLORMAPS) as ColormapId[]),
      library: anything('a color map', (value) => typeof value !== 'symbol'),
    }),
  },
  alpha: {
    group: 'Result',
    describe: 'opacity of the heatmap over the image',
    fallback: String(DEFAULT_ALPHA),
    commands: IMAGES,
    query: true,
    ...to('overlay.alpha', numberBetween(0, 1)),
  },
  bands: {
    group: 'Result',
    describe: 'channels of a tensor below the heatmap, from 1: red,green,blue, or one; curves of a signal',
    commands: IMAGES,
    query: true,
    ...to('overlay.bands', ordinals('channels counted from 1')),
  },
  slice: {
    group: 'Result',
    describe: 'slices of a volume or frames of a video to draw, from 1',
    fallback: `a sheet of at most ${SHEET_SLICES}`,
    commands: IMAGES,
    query: true,
    ...to('overlay.slice', sliceNumbers),
  },
  scale: {
    group: 'Result',
    describe: 'shared makes heatmaps of a method comparable, and writes them after the last image',
    reading: oneOf(SCALES),
    fallback: 'own',
    commands: EXPLAIN,
  },
  // ----- Preprocessing of images -----
  size: {
    group: 'Preprocessing of images',
    describe: "size of the model's input, if the model does not fix it",
    reading: extent,
    fallback: 'from the model',
    commands: ANY_MODEL,
    sets: { 'preprocessing.width': wholeNumber(1), 'preprocessing.height': wholeNumber(1) },
  },
  fit: {
    group: 'Preprocessing of images',
    describe: 'resize mode for images with other proportions',
    fallback: 'stretch',
    commands: MODEL,
    ...to('preprocessing.fit', oneOf(Object.keys(FITS) as Fit[])),
  },
  'crop-pct': {
    group: 'Preprocessing of images',
    describe: 'share of the resized image that a center crop keeps: crop_pct of timm',
    fallback: '1',
    commands: MODEL,
    ...to('preprocessing.cropPct', numberBetween(MIN_CROP_PCT, 1)),
  },
  resample: {
    group: 'Preprocessing of images',
    describe: 'how images are resized: as Pillow (antialias, bicubic) or OpenCV (bilinear)',
    fallback: DEFAULT_RESAMPLE,
    commands: MODEL,
    ...to('preprocessing.resample', oneOf(Object.keys(RESAMPLES) as Resample[])),
  },
  channels: {
    group: 'Preprocessing of images',
    describe:
      'color channels of the input; a number instead limits methods that run once per channel of a layer ' +
      'to the n channels that vary most',
    reading: oneOfOrNumber(Object.keys(MIXES) as ColorChannels[]),
    repeatable: true,
    fallback: 'rgb, gray for one channel; all channels of a layer',
    commands: MODEL,
    sets: {
      'preprocessing.channels': oneOf(Object.keys(MIXES)),
      'explain.channels': wholeNumber(1),
    },
  },
  range: {
    group: 'Preprocessing of images',
    describe: 'values of black and white, before normalization',
    fallback: '0..1',
    commands: MODEL,
    ...to(
      'preprocessing.range',
      named(
        RANGES,
        anything(
          'two different numbers, for black and white',
          (value) =>
            Array.isArray(value) &&
            value.length === 2 &&
            value.every(Number.isFinite) &&
            value[0] !== value[1],
        ),
      ),
    ),
  },
  mean: {
    group: 'Preprocessing of images',
    describe: 'subtracted from each channel',
    fallback: "ImageNet's",
    commands: MODEL,
    ...to(
      'preprocessing.mean',
      numbers('one number, or one per channel, such as 0.5,0.5,0.5', () => true),
    ),
  },
  std: {
    group: 'Preprocessing of images',
    describe: 'divides each channel',
    fallback: "ImageNet's",
    commands: MODEL,
    ...to(
      'preprocessing.std',
      numbers('one number above 0, or one per channel, such as 0.5,0.5,0.5', (value) => value > 0),
    ),
  },
  'keras-mode': {
    group: 'Preprocessing of images',
    describe: "channels, range, mean and std of this mode of Keras' preprocess_input",
    reading: oneOf(Object.keys(KERAS_MODES) as KerasMode[]),
    commands: MODEL,
  },
  layout: {
    group: 'Preprocessing of images',
    describe: 'order of the axes of the input',
    fallback: 'from the model',
    commands: ANY_MODEL,
    ...to('preprocessing.layout', oneOf(TENSOR_LAYOUTS)),
  },
  // ----- Running -----
  threads: {
    group: 'Running',
    describe: 'threads of the runtime',
    fallback: `the cores of the machine, at most ${DEFAULT_THREADS}; 1 where one image takes one run of the built-in model`,
    commands: ANY_MODEL,
    ...to('load.threads', wholeNumber(1, MAX_THREADS)),
  },
  memory: {
    group: 'Running',
    describe: 'the most memory that the runtime takes, in MB',
    fallback: String(MOST_MEMORY),
    commands: ANY_MODEL,
    ...to('load.memory', wholeNumber(LEAST_MEMORY, MOST_MEMORY)),
  },
  'batch-size': {
    group: 'Running',
    describe: 'number of masked images per run (scorecam and others)',
    fallback: String(DEFAULT_BATCH_SIZE),
    commands: IMAGES,
    query: true,
    ...to('explain.batchSize', wholeNumber(1)),
  },
  port: {
    group: 'Running',
    describe: 'port to listen on; 0 picks a free one',
    reading: wholeNumber(0, 65535),
    fallback: '8080',
    commands: SERVE,
  },
  host: {
    group: 'Running',
    describe: 'address to listen on; 0.0.0.0 opens it to the network',
    reading: text('<address>', 'an address of this machine'),
    fallback: '127.0.0.1',
    commands: SERVE,
  },
  'allow-host': {
    group: 'Running',
    describe: 'also answer to this name in the Host header; * to all',
    repeatable: true,
    fallback: 'loopback and --host; all if --host opens it to the network',
    commands: SERVE,
    ...to('handler.allowHosts', hostNames),
  },
  'allow-origin': {
    group: 'Running',
    describe: 'also let web pages of this origin ask (CORS); * all',
    repeatable: true,
    fallback: 'pages on loopback and on the names of the server',
    commands: SERVE,
    ...to('handler.allowOrigins', origins),
  },
  // ----- Terminal -----
  expand: {
    group: 'Terminal',
    describe: 'list every layer, not only modules',
    commands: ['inspect'],
  },
  json: {
    group: 'Terminal',
    describe: 'one JSON object per line on standard output instead of text',
    commands: ['explain', 'inspect', 'verify', 'methods', 'models'],
  },
  quiet: {
    group: 'Terminal',
    alias: 'q',
    describe: 'print only errors (and --json)',
    commands: COMMAND_NAMES,
  },
  verbose: {
    group: 'Terminal',
    describe: 'also print settings and timings',
    commands: COMMAND_NAMES,
  },
  'no-color': { group: 'Terminal', describe: 'print without colors', commands: COMMAND_NAMES },
  debug: { group: 'Terminal', describe: 'print the stack of errors', commands: COMMAND_NAMES },
  help: { group: 'Terminal', alias: 'h', describe: 'print this help', commands: COMMAND_NAMES },
  version: { group: 'Terminal', describe: 'print the version', commands: COMMAND_NAMES },
};

const MODULES: Checks = new Map(['runtime', 'kernels', 'jpeg', 'webp'].map((key) => [key, wasmModule]));

const abortSignal = anything(
  'an AbortSignal',
  (value) => typeof value === 'object' && value !== null && 'aborted' in value,
);
const callback = anything('a function', (value) => typeof value === 'function');

/** Options without a flag. */
const LIBRARY_ONLY: LibraryChecks = {
  'explain.tensors': flag,
  'explain.maxPixels': wholeNumber(1),
  'explain.signal': abortSignal,
  'explain.onProgress': callback,
  'load.preprocessing': record(() => checksOf('preprocessing')),
  'load.modules': record(() => MODULES),
  'load.ort': anything(
    'the module onnxruntime-web, or another build of it',
    (value) => typeof value === 'object' && value !== null && 'InferenceSession' in value && 'env' in value,
  ),
  'load.executionProviders': oneOrMore(oneOf(['wasm', 'webgpu', 'webnn'])),
  'load.external': anything(
    'a list of { path, data }, with the data as a Uint8Array',
    (value) =>
      Array.isArray(value) &&
      value.every(
        (file) => isRecord(file) && typeof file.path === 'string' && file.data instanceof Uint8Array,
      ),
  ),
  'load.signal': abortSignal,
  'load.onDownload': callback,
  'load.cacheFolder': text('<folder>', 'the path of a folder'),
  'load.hubToken': text('<token>', 'a token'),
  'load.hubEndpoint': anything(
    'an address',
    (value) => (typeof value === 'string' && value !== '') || value instanceof URL,
  ),
  'load.config': object,
  'load.preprocessor': object,
  'jpeg.quality': wholeNumber(1, 100),
  'handler.models': object,
  'handler.limits': object,
};

/** Every option of the library, with its validation. */
export const LIBRARY_OPTIONS: Checks = new Map(
  [...Object.values(OPTIONS).map(({ sets = {} }) => sets), LIBRARY_ONLY].flatMap((checks) =>
    Object.entries(checks),
  ),
);

const BY_PLACE = new Map<string, Map<string, Check>>();
for (const [option, check] of LIBRARY_OPTIONS) {
  const [place, key] = option.split('.');
  BY_PLACE.set(place, (BY_PLACE.get(place) ?? new Map<string, Check>()).set(key, check));
}

/** Validation of one place in the library, such as `explain` or `preprocessing`. */
export const checksOf = (place: string): Checks => BY_PLACE.get(place) ?? new Map<string, Check>();

/**
 * The flags of a command, in table order.
 *
 * @example
 * optionsOf('methods'); // ['json', 'quiet', …]
 */
export const optionsOf = (command: CommandName): OptionName[] =>
  (Object.keys(OPTIONS) as OptionName[]).filter((name) => OPTIONS[name].commands.includes(command));

/**
 * The settings that go directly to the library, under the library's names, for one place: `explain`.
 *
 * @example
 * librarySettings({ 'batch-size': 4, threads: 2 }, 'explain'); // { batchSize: 4 }
 */
export function librarySettings(settings: Given, place: string): Record<string, unknown> {
  const values = Object.entries(OPTIONS).flatMap(([name, { reading, sets = {} }]) => {
    const value = settings[name as OptionName];
    if (value === undefined) return [];
    return Object.entries(sets).flatMap(([option, check]) => {
      const [where, key] = option.split('.');
      const plain = reading === undefined || check === reading || check === reading.library;
      return where === place && plain ? [[key, value] as const] : [];
    });
  });
  return Object.fromEntries(values);
}
