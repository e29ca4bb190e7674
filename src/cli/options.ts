import { COLORMAPS, DEFAULT_COLORMAP, type ColormapId } from '../image/colormaps.ts';
import type { ColorChannels } from '../image/channels.ts';
import type { Fit } from '../image/placement.ts';
import type { TensorLayout } from '../image/preprocess.ts';
import { COMPATS, type Compat } from '../methods/method.ts';
import type { Score } from '../targets/target.ts';
import { extent, fraction, item, items, numbers, oneOf, text, wholeNumber, type Reading } from './reading.ts';

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
  top: number;
  layer: string[];
  score: Score;
  compat: Compat;
  output: string;
  format: Format;
  raw: boolean;
  'save-tensors': string;
  colormap: ColormapId;
  alpha: number;
  size: { width: number; height: number };
  fit: Fit;
  channels: ColorChannels;
  range: RangeName;
  mean: number[];
  std: number[];
  layout: TensorLayout;
  threads: number;
  'batch-size': number;
  json: boolean;
  quiet: boolean;
  verbose: boolean;
  'no-color': boolean;
  debug: boolean;
  help: boolean;
  version: boolean;
}

export type OptionName = keyof Settings;

export type Group = 'Explain' | 'Result' | 'Preprocessing of pictures' | 'Running' | 'Terminal';

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
    describe: 'how to explain: `camwasm methods` lists them',
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
  top: {
    group: 'Explain',
    describe: 'explain the N best classes',
    reading: wholeNumber(1),
  },
  layer: {
    group: 'Explain',
    alias: 'l',
    describe: 'value name of the layer; several are fused; `camwasm inspect` lists them',
    reading: item('<name[,name...]>', 'the name of a value in the model'),
    repeatable: true,
    fallback: 'the last one with spatial extent',
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
  // ----- Result -----
  output: {
    group: 'Result',
    alias: 'o',
    describe: 'where to write; `-` is standard output, a trailing / means a folder',
    reading: text('<file|folder|->', 'a file, a folder or -'),
    fallback: '<image>.<method>.<format> in the current folder',
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
    fallback: DEFAULT_COLORMAP,
  },
  alpha: {
    group: 'Result',
    describe: 'how much of the heatmap shows over the image',
    reading: fraction,
    fallback: '0.5',
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
    describe: 'colour channels of the input',
    reading: oneOf(['rgb', 'bgr', 'gray']),
    fallback: 'rgb, gray for one channel',
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
    reading: numbers('a number for each channel, such as 0.5,0.5,0.5', () => true),
    fallback: "ImageNet's",
  },
  std: {
    group: 'Preprocessing of pictures',
    describe: 'divides each channel',
    reading: numbers('a number above 0 for each channel, such as 0.5,0.5,0.5', (value) => value > 0),
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
  // ----- Terminal -----
  json: { group: 'Terminal', describe: 'one JSON object per line on standard output instead of text' },
  quiet: { group: 'Terminal', alias: 'q', describe: 'print nothing but errors (and --json)' },
  verbose: { group: 'Terminal', describe: 'also print what was used and where the time goes' },
  'no-color': { group: 'Terminal', describe: 'print without colours' },
  debug: { group: 'Terminal', describe: 'print the stack of errors' },
  help: { group: 'Terminal', alias: 'h', describe: 'print this help' },
  version: { group: 'Terminal', describe: 'print the version' },
};
