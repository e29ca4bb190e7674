import { COLORMAPS, DEFAULT_COLORMAP, type ColormapId } from '../image/colormaps.ts';
import type { ColorChannels } from '../image/channels.ts';
import type { Fit } from '../image/placement.ts';
import type { TensorLayout } from '../image/preprocess.ts';
import { BASELINES, type Baseline } from '../methods/baseline.ts';
import { COMPATS, FUSIONS, type Compat, type Fusion } from '../methods/method.ts';
import type { TokenGrid } from '../network/axes.ts';
import type { Score } from '../targets/target.ts';
import {
  extent,
  fraction,
  item,
  noise,
  oneOfOrNumber,
  items,
  numbers,
  oneOf,
  text,
  wholeNumber,
  tokenGrid,
  type Reading,
  inputFile,
  type InputFile,
} from './reading.ts';

/** Each heatmap from its own least to its own largest value, or all of a method on the same scale. */
export const SCALES = ['own', 'shared'] as const;
export type Scale = (typeof SCALES)[number];

export const FORMATS = ['png', 'jpg', 'npy', 'json'] as const;
export type Format = (typeof FORMATS)[number];

/** What black and white are before mean and deviation. */
export const RANGES = { '0..1': [0, 1], '0..255': [0, 255], '-1..1': [-1, 1] } as const;
export type RangeName = keyof typeof RANGES;

/** What a command line can say, by the name of the option. */
export interface Settings {
  method: string[];
  model: string;
  labels: string;
  class: string[];
  methods: string[];
  classes: string;
  target: string[];
  top: number;
  'output-name': string;
  input: InputFile[];
  'image-input': string;
  layer: string[];
  tokens: TokenGrid;
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
  output: string;
  format: Format;
  raw: boolean;
  'save-tensors': string;
  colormap: ColormapId;
  alpha: number;
  scale: Scale;
  size: { width: number; height: number };
  fit: Fit;
  channels: (ColorChannels | number)[];
  range: RangeName;
  mean: number[];
  std: number[];
  layout: TensorLayout;
  threads: number;
  'batch-size': number;
  port: number;
  host: string;
  json: boolean;
  quiet: boolean;
  verbose: boolean;
  'no-color': boolean;
  debug: boolean;
  help: boolean;
  version: boolean;
}

export type OptionName = keyof Settings;

export type Group =
  'Explain' | 'Change the method' | 'Result' | 'Preprocessing of pictures' | 'Running' | 'Terminal';

export interface Option<Value> {
  readonly group: Group;
  readonly describe: string;
  readonly alias?: string;
  /** Missing for flags. */
  readonly reading?: Reading<Value>;
  /** May be given more than once. */
  readonly repeatable?: boolean;
  /** What holds when it is not given, as help tells it. */
  readonly fallback?: string;
}

/** Every option of every command, once: parsing, help and errors are made from these rows. */
export const OPTIONS: { readonly [Name in OptionName]: Option<Settings[Name]> } = {
  // ----- Explain -----
  method: {
    group: 'Explain',
    alias: 'm',
    describe: 'how to explain: `camwasm methods` lists them; all is every one that shares its passes',
    reading: items('<id[,id...]>', 'one or more method ids'),
    repeatable: true,
    fallback: 'gradcam',
  },
  model: {
    group: 'Explain',
    describe: 'ONNX file of the model',
    reading: text('<file>', 'the path of an ONNX file'),
    fallback: 'the built-in one, 36 everyday things',
  },
  labels: {
    group: 'Explain',
    describe: 'class names, one per line or JSON',
    reading: text('<file>', 'the path of a file with one label per line, or JSON'),
    fallback: 'those beside the model (config.json), if any',
  },
  class: {
    group: 'Explain',
    alias: 'c',
    describe: 'class to explain; several by commas or by repeating the option',
    reading: item('<index|label>', 'a class index or label'),
    repeatable: true,
    fallback: 'the predicted class',
  },
  methods: {
    group: 'Explain',
    describe: 'columns of the sheet; all is every one that shares its passes',
    reading: items('<all|id[,id...]>', 'all, or one or more method ids'),
    fallback: 'all',
  },
  classes: {
    group: 'Explain',
    describe: 'rows of the sheet: the N best classes, or indices and labels',
    reading: text('<topN|class[,class...]>', 'topN, or class indices or labels'),
    fallback: 'the predicted class',
  },
  target: {
    group: 'Explain',
    describe: 'what to explain besides classes: elements, masks, differences, similarity (docs/targets.md)',
    reading: item('<target>', 'a target such as output[0,5,17], class:12@predicted or similar:other.jpg'),
    repeatable: true,
  },
  top: {
    group: 'Explain',
    describe: 'explain the N best classes',
    reading: wholeNumber(1),
  },
  'output-name': {
    group: 'Explain',
    describe: "the model's output that is explained",
    reading: text('<name>', 'the name of an output'),
    fallback: 'the first',
  },
  input: {
    group: 'Explain',
    describe: 'what the model takes besides the image',
    reading: inputFile,
    repeatable: true,
  },
  'image-input': {
    group: 'Explain',
    describe: 'the input that takes the image',
    reading: text('<name>', 'the name of an input'),
    fallback: 'the first with four axes',
  },
  layer: {
    group: 'Explain',
    alias: 'l',
    describe: 'value name of the layer; several are fused; `camwasm inspect` lists them',
    reading: item('<name[,name...]>', 'the name of a value in the model'),
    repeatable: true,
    fallback: 'the last one with spatial extent',
  },
  tokens: {
    group: 'Explain',
    describe: 'how the tokens of a transformer lie: rows, columns, and the tokens before them',
    reading: tokenGrid,
    fallback: 'found out from the graph',
  },
  score: {
    group: 'Explain',
    describe: 'explain the logit of the class, or its probability',
    reading: oneOf(['logit', 'probability']),
    fallback: 'logit',
  },
  compat: {
    group: 'Explain',
    describe: "reproduce a library's numbers instead of the paper's",
    reading: oneOf(COMPATS),
  },
  // ----- Change the method -----
  base: {
    group: 'Change the method',
    describe: 'CAM that guided-gradcam, finercam and refinecam build on',
    reading: text('<id>', 'a method id'),
    fallback: 'as their papers say',
  },
  fuse: {
    group: 'Change the method',
    describe: 'how several layers become one map',
    reading: oneOf(FUSIONS),
    fallback: "as the method's paper says, else mean",
  },
  'smooth-noise': {
    group: 'Change the method',
    describe: "average over n noisy copies; sigma is a share of the input's range",
    reading: noise,
  },
  'smooth-aug': {
    group: 'Change the method',
    describe: 'average over the image as it is and mirrored, at 0.9, 1 and 1.1 times its values',
  },
  'eigen-smooth': {
    group: 'Change the method',
    describe: 'first principal component of the weighted activations in place of their sum',
  },
  signed: {
    group: 'Change the method',
    describe: 'keep the sign: in the heatmap 0.5 is zero, and below it is what speaks against',
  },
  counterfactual: {
    group: 'Change the method',
    describe: 'explain the negative score: what speaks against the class',
  },
  samples: {
    group: 'Change the method',
    describe: 'samples, steps or masks that a method takes',
    reading: wholeNumber(1),
    fallback: 'its own (docs/methods.md)',
  },
  concepts: {
    group: 'Change the method',
    describe: 'concepts that dff looks for',
    reading: wholeNumber(1),
    fallback: '5',
  },
  baseline: {
    group: 'Change the method',
    describe: 'what stands for nothing there',
    reading: oneOf(BASELINES),
    fallback: "as the method's paper says",
  },
  seed: {
    group: 'Change the method',
    describe: 'decides what is drawn at random',
    reading: wholeNumber(0),
    fallback: '0',
  },
  // ----- Result -----
  output: {
    group: 'Result',
    alias: 'o',
    describe: 'where to write; `-` is standard output, a trailing / means a folder',
    reading: text('<file|folder|->', 'a file, a folder or -'),
    fallback: '<image>.<method>.<format>, or <image>.compare.png, in the current folder',
  },
  format: {
    group: 'Result',
    alias: 'f',
    describe: 'a picture, or the numbers',
    reading: oneOf(FORMATS),
    fallback: 'by the extension of -o, else png (npy with --raw)',
  },
  raw: {
    group: 'Result',
    describe: 'write the signed, un-normalised map at feature resolution instead of the heatmap',
  },
  'save-tensors': {
    group: 'Result',
    describe: 'also write activations, gradients and raw maps as .npy',
    reading: text('<folder>', 'a folder'),
  },
  colormap: {
    group: 'Result',
    describe: 'colours of the heatmap',
    reading: oneOf(Object.keys(COLORMAPS) as ColormapId[]),
    fallback: `${DEFAULT_COLORMAP}; coolwarm with --signed`,
  },
  alpha: {
    group: 'Result',
    describe: 'how much of the heatmap shows over the image',
    reading: fraction,
    fallback: '0.5',
  },
  scale: {
    group: 'Result',
    describe:
      'shared makes the heatmaps of a method comparable; they are written when all images are explained',
    reading: oneOf(SCALES),
    fallback: 'own',
  },
  // ----- Preprocessing of pictures -----
  size: {
    group: 'Preprocessing of pictures',
    describe: 'size of the model input, where the model leaves it open',
    reading: extent,
    fallback: "the model's own",
  },
  fit: {
    group: 'Preprocessing of pictures',
    describe: 'how a picture of other proportions comes into it',
    reading: oneOf(['stretch', 'crop', 'letterbox']),
    fallback: 'stretch',
  },
  channels: {
    group: 'Preprocessing of pictures',
    describe:
      'colour channels of the input; a number is something else: methods that go through the channels of a layer ' +
      'one by one take the n that vary most',
    reading: oneOfOrNumber(['rgb', 'bgr', 'gray']),
    repeatable: true,
    fallback: 'rgb, gray for one channel; all channels of a layer',
  },
  range: {
    group: 'Preprocessing of pictures',
    describe: 'black and white, before mean and deviation',
    reading: oneOf(Object.keys(RANGES) as RangeName[]),
    fallback: '0..1',
  },
  mean: {
    group: 'Preprocessing of pictures',
    describe: 'subtracted from each channel',
    reading: numbers('one number, or one for each channel, such as 0.5,0.5,0.5', () => true),
    fallback: "ImageNet's",
  },
  std: {
    group: 'Preprocessing of pictures',
    describe: 'divides each channel',
    reading: numbers(
      'one number above 0, or one for each channel, such as 0.5,0.5,0.5',
      (value) => value > 0,
    ),
    fallback: "ImageNet's",
  },
  layout: {
    group: 'Preprocessing of pictures',
    describe: 'order of the axes of the input',
    reading: oneOf(['nchw', 'nhwc']),
    fallback: "the model's own",
  },
  // ----- Running -----
  threads: {
    group: 'Running',
    describe: 'threads of the runtime',
    reading: wholeNumber(1, 64),
    fallback: 'the cores of the machine, at most 8',
  },
  'batch-size': {
    group: 'Running',
    describe: 'masked images that are run at once (scorecam)',
    reading: wholeNumber(1),
    fallback: '16',
  },
  port: {
    group: 'Running',
    describe: 'port to listen on; 0 takes a free one',
    reading: wholeNumber(0, 65535),
    fallback: '8080',
  },
  host: {
    group: 'Running',
    describe: 'address to listen on; 0.0.0.0 is open to the network',
    reading: text('<address>', 'an address of this machine'),
    fallback: '127.0.0.1',
  },
  // ----- Terminal -----
  json: { group: 'Terminal', describe: 'one JSON object per line on standard output instead of text' },
  quiet: { group: 'Terminal', alias: 'q', describe: 'print nothing but errors (and --json)' },
  verbose: { group: 'Terminal', describe: 'also print what was used and where the time goes' },
  'no-color': { group: 'Terminal', describe: 'print without colours' },
  debug: { group: 'Terminal', describe: 'print the stack of errors' },
  help: { group: 'Terminal', alias: 'h', describe: 'print this help' },
  version: { group: 'Terminal', describe: 'print the version' },
};
